"""Chunks taken out of a partition: what rested on them, or lay beside them, stands on its own afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.errors import DamagedError, GoneError
from carnet.model.record import Scope
from carnet.records.removing import remove
from carnet.records.surveying import partitions

if TYPE_CHECKING:
    from carnet.model.record import Chunk, Partition
    from tests.records.kept import Shelf

HOUR = timedelta(hours=1)


def chunks(shelf: Shelf) -> list[tuple[Partition, Chunk]]:
    return [(part, one) for part in partitions(shelf.store) for one in shelf.store.partition(part.name).chunks(Scope())]


def taken(shelf: Shelf, *places: int) -> None:
    """Remove chunks by their place."""
    found = chunks(shelf)
    with shelf.store.lock():
        remove(shelf.store, shelf.keyring, found[0][0], [found[place][1] for place in places])


def conversation(shelf: Shelf, turns: int = 4) -> list[str]:
    """Records of one session, each compressed against the one before."""
    return [shelf.later(minutes=1).kept("the same words again and again " * 20 + str(turn)) for turn in range(turns)]


def test_a_chunk_that_rested_on_a_removed_one_is_sealed_anew(shelf: Shelf) -> None:
    ids = conversation(shelf)
    assert [bool(one.base) for _, one in chunks(shelf)] == [False, True, True, True]
    taken(shelf, 1)
    assert [bool(one.base) for _, one in chunks(shelf)] == [False, False, True]
    assert [shelf.shown(ids[place])[-1:] for place in (0, 2, 3)] == [b"0", b"2", b"3"]
    with pytest.raises(GoneError):
        shelf.shown(ids[1])
    assert shelf.faults() == []


def test_of_neighbours_that_go_together_only_the_next_is_sealed_anew(shelf: Shelf) -> None:
    ids = conversation(shelf)
    before = [one.digest for _, one in chunks(shelf)]
    taken(shelf, 0, 1)
    after = chunks(shelf)
    assert [bool(one.base) for _, one in after] == [False, True]
    assert after[1][1].digest == before[3]
    assert shelf.shown(ids[3]).endswith(b"3")


def test_an_object_is_taken_apart_and_no_bytes_of_the_removed_stay_in_one(shelf: Shelf) -> None:
    ids = conversation(shelf)
    assert shelf.later(hours=1).keep().packed == 1
    (name,) = shelf.store.objects.names("bodies")
    taken(shelf, 3)
    assert list(shelf.store.objects.names("bodies")) == []
    assert all(not one.object for _, one in chunks(shelf))
    assert [shelf.shown(one)[-1:] for one in ids[:3]] == [b"0", b"1", b"2"]
    assert shelf.faults() == []
    assert shelf.later(hours=1).keep().packed == 1
    assert list(shelf.store.objects.names("bodies")) != [name]


def test_what_lies_with_a_chunk_that_is_sealed_anew_leaves_that_object_too(shelf: Shelf) -> None:
    ids = conversation(shelf, 2)
    shelf.later(hours=1).keep()
    ids += [shelf.kept("more of the same"), shelf.later(minutes=1).kept("and still more")]
    shelf.later(hours=1).keep()
    assert len(list(shelf.store.objects.names("bodies"))) == 2
    taken(shelf, 1)
    assert all(not one.object for _, one in chunks(shelf))
    assert shelf.shown(ids[0]).endswith(b"0")
    assert shelf.shown(ids[3]) == b"and still more"
    assert shelf.keep(idle=timedelta(0)).swept == 1, "the object nobody lies in any more"
    assert shelf.faults() == []


def test_a_key_lasts_as_long_as_something_is_sealed_under_it(shelf: Shelf) -> None:
    conversation(shelf, 2)
    (partition, one), _ = chunks(shelf)
    taken(shelf, 0)
    assert shelf.store.keys.used(partition.name) == [one.key.slot]
    taken(shelf, 0)
    assert shelf.store.keys.used(partition.name) == []
    assert shelf.store.partition(partition.name).sessions(Scope()) == []


def test_a_session_keeps_its_place_when_another_goes(shelf: Shelf) -> None:
    shelf.kept("one", session="s1")
    other = shelf.kept("two", session="s2")
    taken(shelf, 0)
    assert shelf.shown(other) == b"two"
    assert [one.session.name for one in shelf.everything()] == ["s2"]


def test_so_many_sessions_that_the_whole_partition_is_read(shelf: Shelf) -> None:
    shelf.put(*[shelf.draft(str(number), session=f"s{number}") for number in range(205)])
    later = shelf.later(minutes=1).kept("again", session="s0")
    taken(shelf, *range(205))
    assert shelf.shown(later) == b"again"
    assert shelf.ids() == {later}


def test_nothing_to_remove_is_nothing(shelf: Shelf) -> None:
    kept = shelf.kept()
    taken(shelf)
    assert shelf.ids() == {kept}


def test_a_damaged_neighbour_does_not_keep_a_chunk_from_its_end(shelf: Shelf) -> None:
    ids = conversation(shelf, 3)
    partition, last = chunks(shelf)[2]
    shelf.later(hours=1).keep()
    (name,) = shelf.store.objects.names("bodies")
    whole = bytearray(shelf.store.objects.get(name))
    whole[-1] ^= 1
    shelf.store.objects.put(name, bytes(whole))
    taken(shelf, 1)
    assert shelf.ids() == {ids[0], ids[2]}
    assert shelf.shown(ids[0]).endswith(b"0")
    with pytest.raises(DamagedError):
        shelf.shown(ids[2])
    assert [fault for fault in shelf.faults() if last.uid.hex() in fault]
    shelf.erase(session="s1")
    assert shelf.store.keys.used(partition.name) == []
