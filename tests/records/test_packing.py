"""Packing: a session's chunks as one object, when it rests."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.model.record import HOLD, Scope
from carnet.records import packing
from carnet.records.holding import hold
from carnet.records.packing import pack, sweep_keys, sweep_objects
from carnet.records.surveying import partitions
from tests.records.kept import NOW, Shelf

if TYPE_CHECKING:
    from pathlib import Path

IDLE = timedelta(minutes=15)


def packed(shelf: Shelf) -> int:
    return pack(shelf.store, shelf.keyring, shelf.now, IDLE)


def objects(shelf: Shelf) -> list[str]:
    return sorted(shelf.store.objects.names("bodies"))


def test_a_session_that_rests_becomes_one_object_and_stays_readable(shelf: Shelf) -> None:
    records = [shelf.later(seconds=1).kept(f"turn {number} " * 50) for number in range(20)]
    shelf.later(minutes=15)

    assert packed(shelf) == 1
    assert len(objects(shelf)) == 1
    assert [shelf.shown(one) for one in records] == [f"turn {number} ".encode() * 50 for number in range(20)]
    assert shelf.faults() == []


def test_a_session_that_goes_on_is_not_packed_yet(shelf: Shelf) -> None:
    shelf.kept()
    shelf.later(minutes=14)

    assert packed(shelf) == 0
    assert objects(shelf) == []


def test_two_sessions_never_lie_in_one_object(shelf: Shelf) -> None:
    shelf.put(shelf.draft("a", session="one"), shelf.draft("b", session="two"))
    shelf.later(hours=1)

    assert packed(shelf) == 2
    assert len(objects(shelf)) == 2


def test_a_busy_session_is_packed_when_it_is_large(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "PACK_BYTES", 1000)
    shelf.kept(os.urandom(2000))

    assert packed(shelf) == 1


def test_packing_again_finds_nothing(shelf: Shelf) -> None:
    shelf.kept()
    shelf.later(hours=1)

    assert (packed(shelf), packed(shelf)) == (1, 0)


def test_what_comes_later_becomes_another_object(shelf: Shelf) -> None:
    first = shelf.kept("first")
    shelf.later(hours=1)
    packed(shelf)
    second = shelf.kept("second")
    shelf.later(hours=1)

    assert packed(shelf) == 1
    assert len(objects(shelf)) == 2
    assert (shelf.shown(first), shelf.shown(second)) == (b"first", b"second")


def test_what_ends_soon_is_not_packed_any_more(shelf: Shelf) -> None:
    shelf.kept(at=NOW - timedelta(days=29))
    shelf.later(hours=1)

    assert packed(shelf) == 0


def test_what_is_held_is_packed_like_everything_else(shelf: Shelf) -> None:
    record = shelf.kept()
    hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    shelf.later(hours=1)

    assert packed(shelf) == 1
    assert [name.split("/")[1] for name in objects(shelf)] == [HOLD]
    assert shelf.shown(record) == b"words"


def test_the_index_holds_no_bytes_of_what_is_packed(shelf: Shelf, data: Path) -> None:
    shelf.kept()
    (partition,) = partitions(shelf.store)
    (chunk,) = shelf.store.partition(partition.name).chunks(Scope())
    sealed = shelf.store.partition(partition.name).data([chunk.uid])[chunk.uid]
    shelf.later(hours=1).keep()
    index = data / "records" / f"part-{partition.name}.db"

    assert sealed not in index.read_bytes()
    assert sealed in (data / "objects" / objects(shelf)[0]).read_bytes()


def test_a_disk_that_is_full_leaves_everything_where_it_was(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    record = shelf.kept()
    shelf.later(hours=1)

    def full(*_: object) -> None:
        raise StoreError("no space left on the disk")

    with monkeypatch.context() as patch:
        patch.setattr(type(shelf.store.objects), "put", full)
        with pytest.raises(StoreError):
            packed(shelf)
    assert shelf.shown(record) == b"words"
    assert shelf.faults() == []
    assert packed(shelf) == 1


def test_an_object_whose_rows_were_never_written_is_swept(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    record = shelf.kept()
    shelf.later(hours=1)
    (partition,) = partitions(shelf.store)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(shelf.store.partition(partition.name)), "settle", stop)
        with pytest.raises(KeyboardInterrupt):
            packed(shelf)
    assert len(objects(shelf)) == 1
    assert sweep_objects(shelf.store) == 1
    assert objects(shelf) == []
    assert shelf.shown(record) == b"words"


def test_objects_and_keys_in_use_are_never_swept(shelf: Shelf) -> None:
    record = shelf.kept()
    shelf.later(hours=1).keep()

    assert (sweep_objects(shelf.store), sweep_keys(shelf.store, shelf.keyring)) == (0, 0)
    assert shelf.shown(record) == b"words"


def test_the_keys_of_a_partition_nobody_knows_are_dropped(shelf: Shelf) -> None:
    shelf.store.keys.append("days1-2020-01-01", [b"k" * 64])
    sweep_keys(shelf.store, shelf.keyring)

    assert "days1-2020-01-01" not in shelf.store.keys.files()
