"""What something under way still means, and what it never does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.model.record import Hold, Scope, Session, Work
from carnet.records.works import ERASE, RECLASSIFY, is_due, means, waiting
from tests.records.kept import NOW

if TYPE_CHECKING:
    from tests.records.kept import Shelf

MINE, OTHER, NOBODYS = Session(1, 2, "s1"), Session(1, 2, "s2"), Session(1, 3, "s1")
LEFT = [1, 2, "s1", ""]


def work(**done: object) -> Work:
    return Work(0, ERASE, Scope(1, 2), NOW, done)


def test_before_it_has_come_by_it_means_all_of_its_scope() -> None:
    assert [means(work(), one) for one in (MINE, OTHER, NOBODYS)] == [True, True, False]


def test_then_only_what_it_had_to_leave() -> None:
    assert [means(work(left=[LEFT]), one) for one in (MINE, OTHER, NOBODYS)] == [True, False, False]
    assert not means(work(left=[]), MINE)


@pytest.mark.parametrize(("partition", "meant"), [("x", True), ("y", False), ("", True)])
def test_and_all_of_its_scope_where_it_could_not_read(partition: str, meant: bool) -> None:  # noqa: FBT001
    undone = work(left=[LEFT], unread=["x"])
    assert means(undone, OTHER, partition) == meant
    assert means(undone, MINE, partition)
    assert not means(undone, NOBODYS, partition)


def test_it_is_due_until_it_has_come_by_everywhere_and_at_each_release(shelf: Shelf) -> None:
    assert is_due(shelf.store, work())
    assert is_due(shelf.store, work(left=[LEFT]))
    shelf.store.catalogue.add_hold(Hold(0, MINE, "court", NOW))
    assert not is_due(shelf.store, work(left=[LEFT], unread=[]))
    assert is_due(shelf.store, work(left=[LEFT], unread=["x"]))


def test_what_waits_is_told_whatever_it_waits_for(shelf: Shelf) -> None:
    add = shelf.store.catalogue.add_work
    blind = add(work(left=[], unread=["x"]))
    queued = add(work(left=[LEFT]))
    add(Work(0, RECLASSIFY, Scope(1, 2), NOW, {"unread": ["x"]}))
    assert [one.id for one in waiting(shelf.store)] == [blind.id]
    shelf.store.catalogue.add_hold(Hold(0, MINE, "court", NOW))
    assert [one.id for one in waiting(shelf.store)] == [blind.id, queued.id]
