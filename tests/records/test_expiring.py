"""Ending what is due: single chunks at their instant, partitions whole."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.records.expiring import expire
from carnet.records.holding import hold
from carnet.records.surveying import partitions
from tests.records.kept import NOW, PAT, QUINN, Shelf

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import pytest

    from carnet.records.expiring import Ended

SECOND = timedelta(seconds=1)
MONTH = timedelta(days=30)


def ended(shelf: Shelf, due: datetime) -> Ended:
    return expire(shelf.store, shelf.keyring, due, shelf.now)


def test_a_record_ends_at_its_instant_and_not_before(shelf: Shelf) -> None:
    record = shelf.kept()
    assert ended(shelf, NOW + MONTH - SECOND).records == 0
    assert shelf.ids() == {record}
    assert ended(shelf, NOW + MONTH).records == 1
    assert shelf.ids() == set()


def test_neighbours_that_end_later_the_same_day_stay_readable(shelf: Shelf) -> None:
    first = shelf.kept("the first turn " * 40)
    second = shelf.later(hours=1).kept("the first turn " * 40 + "and the second")
    third = shelf.later(hours=1).kept("the first turn " * 40 + "and the second, and the third")
    ended(shelf, NOW + MONTH)

    assert shelf.ids() == {second, third}
    assert first not in shelf.ids()
    assert shelf.shown(second).endswith(b"second")
    assert shelf.shown(third).endswith(b"third")
    assert shelf.faults() == []


def test_out_of_an_object_only_what_is_due_is_taken(shelf: Shelf) -> None:
    shelf.kept("first")
    second = shelf.later(hours=1).kept("second")
    shelf.later(hours=1).keep()
    before = set(shelf.store.objects.names("bodies"))
    ended(shelf, NOW + MONTH)

    assert shelf.shown(second) == b"second"
    assert before.isdisjoint(shelf.store.objects.names("bodies"))
    assert shelf.faults() == []


def test_a_whole_day_goes_with_its_files(shelf: Shelf, data: Path) -> None:
    for number in range(3):
        shelf.kept(session=f"s{number}")
    shelf.later(hours=1).keep()
    (partition,) = partitions(shelf.store)
    done = ended(shelf, NOW + MONTH + timedelta(days=1))

    assert done.partitions == (partition.name,)
    assert not list((data / "records").glob(f"part-{partition.name}*"))
    assert not (data / "keys" / f"{partition.name}.slots").exists()
    assert list(shelf.store.objects.names("bodies")) == []
    assert shelf.store.keys.read("ring", [partition.slot]) == [b""]
    assert shelf.faults() == []


def test_to_drop_a_partition_no_chunk_is_read(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.kept()
    (partition,) = partitions(shelf.store)

    def read(*_: object) -> None:
        raise AssertionError("a chunk was read")

    monkeypatch.setattr(type(shelf.store.partition(partition.name)), "chunks", read)
    assert ended(shelf, NOW + timedelta(days=40)).partitions == (partition.name,)


def test_other_classes_go_on(shelf: Shelf) -> None:
    shelf.kept(account=QUINN, session="q")
    years = shelf.kept(account=PAT, session="p")
    ended(shelf, NOW + timedelta(days=366))

    assert shelf.ids() == {years}


def test_what_is_held_does_not_end(shelf: Shelf) -> None:
    held, other = shelf.kept(session="held"), shelf.kept(session="other")
    hold(shelf.store, shelf.keyring, shelf.sessions("held"), "case", shelf.now)
    ended(shelf, NOW + timedelta(days=4000))

    assert shelf.ids() == {held}
    assert other not in shelf.ids()
    assert shelf.shown(held) == b"words"


def test_a_drop_that_was_cut_short_is_finished(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.kept()
    (partition,) = partitions(shelf.store)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(shelf.store), "drop_partition", stop)
        with suppress(KeyboardInterrupt):
            ended(shelf, NOW + timedelta(days=40))
    assert shelf.everything() == []
    assert ended(shelf, NOW).partitions == (partition.name,)
    assert shelf.store.partition_names() == []


def test_ending_twice_is_ending_once(shelf: Shelf) -> None:
    shelf.kept()
    due = NOW + timedelta(days=40)

    assert len(ended(shelf, due).partitions) == 1
    assert ended(shelf, due) == ended(shelf, due)
    assert ended(shelf, due).partitions == ()


def test_a_dropped_partition_is_in_the_log(shelf: Shelf) -> None:
    shelf.kept()
    ended(shelf, NOW + timedelta(days=40))

    assert [opening["event"] for _, opening in shelf.store.catalogue.openings(5)] == ["expiry"]
