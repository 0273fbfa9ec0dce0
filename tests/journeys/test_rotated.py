"""Keys change under a process that remembers the old ones: it goes on, and whoever comes later reads everything."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.records import rotating
from carnet.stores.embedded.records import EmbeddedRecords
from tests.records.kept import PAT, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def organisation(shelf: Shelf) -> None:
    work = rotating.begin(shelf.store, shelf.keyring, shelf.organisation("people").id, shelf.now)
    rotating.rotate(shelf.store, shelf.keyring, work, shelf.now)


def root(shelf: Shelf) -> None:
    shelf.keyring.rotate_root()


@pytest.mark.parametrize("rotated", [organisation, root])
def test_a_process_with_old_keys_in_its_memory_goes_on(
    shelf: Shelf, data: Path, rotated: Callable[[Shelf], None]
) -> None:
    ids = {shelf.kept("before", PAT): b"before"}
    with closing(EmbeddedRecords(data)) as store:
        other = Shelf(store, shelf.now)
        ids[other.kept("of the other process", PAT)] = b"of the other process"
        rotated(shelf)
        for process in (other, shelf):
            ids[process.kept("in the same session", PAT)] = b"in the same session"
            ids[process.kept("in a new one", PAT, "s9")] = b"in a new one"
            ids[process.kept("in a new partition", PAT, kind="feedback", flow="feedback")] = b"in a new partition"
            assert {one: process.shown(one) for one in ids} == ids
    with closing(EmbeddedRecords(data)) as store:
        fresh = Shelf(store, shelf.now)
        assert {one: fresh.shown(one) for one in ids} == ids
        fresh.keep()
        assert {one: fresh.shown(one) for one in ids} == ids
        assert fresh.faults() == []


def test_a_conversation_goes_on_through_every_change_of_keys(shelf: Shelf) -> None:
    ids = []
    for turn in range(6):
        ids.append(shelf.later(minutes=1).kept("the same words " * 40 + str(turn), PAT))
        (root if turn % 2 else organisation)(shelf)
    assert [shelf.shown(one)[-1:] for one in ids] == [b"%d" % turn for turn in range(6)]
    assert shelf.faults() == []


def test_the_old_root_opens_nothing_any_more(shelf: Shelf, data: Path) -> None:
    kept = shelf.kept("sealed")
    file = data / "keys" / "root.key"
    old = file.read_bytes()
    shelf.keyring.rotate_root()
    new = file.read_bytes()
    assert new != old
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (data / "keys").iterdir() if path.suffix != ".slots"] == ["root.key"]
    file.write_bytes(old)
    with closing(EmbeddedRecords(data)) as store, pytest.raises(StoreError, match="not the one"):
        Shelf(store, shelf.now).shown(kept)
    file.write_bytes(new)
    assert shelf.shown(kept) == b"sealed"
