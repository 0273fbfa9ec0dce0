"""Files that are lost: nothing is made anew in their place, and nothing that belonged to them is swept away."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from carnet.records.exporting import subject
from carnet.records.holding import hold
from carnet.records.surveying import told
from carnet.stores.embedded.records import EmbeddedRecords
from tests.records.kept import PAT, Shelf

if TYPE_CHECKING:
    from pathlib import Path


def test_a_held_partition_that_comes_back_has_all_it_had(data: Path) -> None:
    with closing(EmbeddedRecords(data)) as store:
        shelf = Shelf(store).settle()
        record = shelf.kept("evidence")
        hold(store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
        shelf.later(hours=1).keep()
        now = shelf.now
    file = data / "records" / "part-hold.db"
    away = file.rename(data / "away")
    with closing(EmbeddedRecords(data)) as store:
        assert "part-hold.db is missing" in told(Shelf(store, now).keep().unread)
    assert not file.exists()
    away.rename(file)
    with closing(EmbeddedRecords(data)) as store:
        assert Shelf(store, now).shown(record) == b"evidence"


def test_a_lost_file_of_keys_gets_no_new_one(shelf: Shelf, data: Path) -> None:
    record = shelf.kept("one", session="one")
    (file,) = (data / "keys").glob("days30-*.slots")
    away = file.rename(data / "away")
    (unkept,) = shelf.put(shelf.draft("two", session="two"))
    assert "is missing: restore it" in str(unkept)
    assert not file.exists()
    away.rename(file)
    assert shelf.shown(record) == b"one"


def test_a_hold_is_of_the_session_whatever_repository_comes_next(shelf: Shelf) -> None:
    shelf.kept()
    hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    later = shelf.kept("more", repository="another")
    shelf.erase(session="s1")
    assert shelf.shown(later) == b"more"


def test_what_has_ended_is_in_nobodys_export(shelf: Shelf) -> None:
    shelf.kept("ended words", PAT, "p", kind="metric", flow="metrics")
    shelf.later(days=31)
    lines = b"".join(subject(shelf.store, shelf.keyring, shelf.account(PAT), shelf.now))
    assert b"ended words" not in lines
