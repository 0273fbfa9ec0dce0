"""All partitions asked at once: one order, each thing once, and no silence about what cannot be read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.errors import DamagedError, StoreError, UnreadError
from carnet.model.record import Scope
from carnet.records import holding
from carnet.records.surveying import Unread, asked, hand_over, merged, partitions, refuse_unread, told
from tests.records.kept import PAT, QUINN, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.model.record import Partition, Record
    from carnet.stores.embedded.records import EmbeddedRecords
    from carnet.stores.records_contract import PartitionStore

DAMAGED = DamagedError("its rows make no sense")


def fill(shelf: Shelf, rounds: int = 40) -> list[str]:
    """Records of classes that end at very different times; their ids, oldest first."""
    ids, start = [], shelf.now
    for number in range(rounds):
        shelf.now = start + timedelta(hours=7 * number)
        kind = {"kind": "feedback", "flow": "feedback"} if number % 3 else {}
        ids.append(shelf.kept(f"body {number}", PAT if number % 2 else QUINN, f"s{number % 5}", **kind))
    return ids


def walked(shelf: Shelf, unread: list[Unread] | None = None) -> list[tuple[Partition, Record]]:
    return list(merged(shelf.store, lambda where: where.records(Scope()), lambda one: (one.created, one.id), unread))


def break_off(monkeypatch: pytest.MonkeyPatch, shelf: Shelf, name: str, after: int) -> None:
    """Let the reading of one partition end in a fault after some records."""
    kind = type(shelf.store.partition(name))
    records = kind.records

    def broken(self: PartitionStore, scope: Scope, kind: str = "") -> Iterator[Record]:
        for number, one in enumerate(records(self, scope, kind)):
            if one.partition == name and number == after:
                raise DAMAGED
            yield one

    monkeypatch.setattr(kind, "records", broken)


def test_all_of_them_in_one_order(shelf: Shelf) -> None:
    ids = fill(shelf)
    assert [one.id for _, one in walked(shelf)] == ids
    assert all(partition.name == one.partition for partition, one in walked(shelf))


def test_what_is_held_stands_among_the_others(shelf: Shelf) -> None:
    ids = fill(shelf)
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    assert [one.id for _, one in walked(shelf)] == ids


def test_a_partition_is_opened_when_its_first_record_is_due(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        shelf.kept("a metric", kind="metric", flow="metrics")
        shelf.later(days=1)
    opened: list[str] = []
    partition = type(shelf.store).partition

    def watched(store: EmbeddedRecords, name: str) -> PartitionStore:
        opened.append(name)
        return partition(store, name)

    monkeypatch.setattr(type(shelf.store), "partition", watched)
    walking = merged(shelf.store, lambda where: where.records(Scope()), lambda one: (one.created, one.id))
    for number in range(1, 6):
        next(walking)
        assert len(opened) == number


@pytest.mark.parametrize("after", [0, 1])
def test_what_cannot_be_read_to_its_end_hides_nothing_else_and_is_named(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    lost = shelf.kept("lost", at=shelf.now)
    shelf.later(hours=1)
    ids = [lost, shelf.kept("more", session="s2")]
    shelf.later(days=3)
    ids.append(shelf.kept("else"))
    break_off(monkeypatch, shelf, "days30-2026-05-01", after)
    unread = list[Unread]()
    assert [one.id for _, one in walked(shelf, unread)] == [*ids[:after], ids[-1]]
    assert unread == [Unread("days30-2026-05-01", DAMAGED)]


def test_where_nobody_takes_it_a_fault_is_raised(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.kept()
    break_off(monkeypatch, shelf, "days30-2026-05-01", 0)
    with pytest.raises(DamagedError):
        walked(shelf)


def test_answers_come_from_all_that_can_be_read(shelf: Shelf) -> None:
    shelf.kept()
    shelf.later(days=1).kept()

    def question(where: PartitionStore) -> int:
        names = {one.partition for one in where.records(Scope())}
        if names == {"days30-2026-05-01"}:
            raise StoreError("the file is damaged")
        return len(names)

    unread = list[Unread]()
    assert [(one.name, answer) for one, answer in asked(shelf.store, question, unread)] == [("days30-2026-05-02", 1)]
    assert told(unread) == "days30-2026-05-01 cannot be read: the file is damaged"
    with pytest.raises(StoreError):
        list(asked(shelf.store, question))


def test_the_same_fault_is_told_once_and_none_is_no_reason_to_stop() -> None:
    one = Unread("hold", DAMAGED)
    refuse_unread([], "never")
    hand_over([], None)
    with pytest.raises(UnreadError, match=r"^this is not all: hold cannot be read: its rows make no sense$"):
        refuse_unread([one, one], "this is not all")


def test_what_is_being_dropped_is_asked_nothing(shelf: Shelf) -> None:
    shelf.kept()
    (one,) = partitions(shelf.store)
    shelf.store.catalogue.add_partition(type(one)(one.name, one.end, -1))
    assert partitions(shelf.store) == []
