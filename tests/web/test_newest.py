"""The newest records come first, whatever partition they lie in, and pages of them are neither short nor twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.model.record import Scope
from carnet.records import holding
from carnet.web.newest import newest
from tests.records.kept import PAT, QUINN

if TYPE_CHECKING:
    from tests.records.kept import Shelf


def fill(shelf: Shelf, rounds: int = 40) -> list[str]:
    """Records of classes that end at very different times; their ids, newest first."""
    ids = []
    start = shelf.now
    for number in range(rounds):
        shelf.now = start + timedelta(hours=7 * number)
        kind = {"kind": "feedback", "flow": "feedback"} if number % 3 else {}
        ids.append(shelf.kept(f"body {number}", PAT if number % 2 else QUINN, f"s{number % 5}", **kind))
    return ids[::-1]


def test_all_of_them_newest_first(shelf: Shelf) -> None:
    ids = fill(shelf)
    assert [one.id for one in newest(shelf.store, Scope(), "", 100)] == ids


def test_pages_follow_each_other(shelf: Shelf) -> None:
    ids = fill(shelf)
    found: list[str] = []
    while page := newest(shelf.store, Scope(), "", 7, found[-1] if found else ""):
        found += [one.id for one in page]
    assert found == ids


def test_what_is_held_stands_among_the_others(shelf: Shelf) -> None:
    ids = fill(shelf)
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    assert [one.id for one in newest(shelf.store, Scope(), "", 100)] == ids


def test_a_kind_and_a_scope_narrow(shelf: Shelf) -> None:
    fill(shelf)
    found = newest(shelf.store, Scope(session="s1"), "feedback", 100)
    assert {(one.session.name, one.lane.kind) for one in found} == {("s1", "feedback")}


def test_partitions_that_are_certainly_older_are_not_read(shelf: Shelf) -> None:
    shelf.kept("old")
    shelf.later(days=20)
    shelf.kept("new")
    read = []
    partition = shelf.store.partition

    class Watched:
        catalogue = shelf.store.catalogue

        @staticmethod
        def partition(name: str) -> object:
            read.append(name)
            return partition(name)

    assert len(newest(Watched(), Scope(), "", 1)) == 1  # type: ignore[arg-type]
    assert len(read) == 1
