"""Chunks in another form: the same bodies, under another seal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from carnet.errors import DamagedError
from carnet.model.record import Scope
from carnet.records.opening import Opening
from carnet.records.resealing import alone, decide, decided, loosened, neighbours
from carnet.records.surveying import partitions

if TYPE_CHECKING:
    from carnet.model.record import Chunk, Partition
    from tests.records.kept import Shelf


def conversation(shelf: Shelf, turns: int = 3) -> list[str]:
    """Records of one session, each compressed against the one before, in one object."""
    ids = [shelf.later(minutes=1).kept("the same words again and again " * 20 + str(turn)) for turn in range(turns)]
    shelf.later(hours=1).keep()
    return ids


def found(shelf: Shelf) -> tuple[Partition, list[Chunk], Opening]:
    (partition,) = partitions(shelf.store)
    chunks = shelf.store.partition(partition.name).chunks(Scope())
    return partition, chunks, Opening(shelf.store, shelf.keyring, partition)


def redecided(shelf: Shelf, *places: int) -> set[bytes]:
    partition, chunks, opening = found(shelf)
    changes = [
        (chunks[place], replace(chunks[place].lane, rules=("another",)), chunks[place].expires - timedelta(days=1))
        for place in places
    ]
    with shelf.store.lock():
        return decide(opening, shelf.store.partition(partition.name), shelf.store.objects, changes)


def test_forms_of_a_chunk_on_its_own(shelf: Shelf) -> None:
    conversation(shelf, 2)
    _, (_, second), opening = found(shelf)
    other = replace(second.lane, purposes=("another",))
    out = loosened(opening, second)
    assert (out.chunk.object, out.chunk.base, out.chunk.digest) == ("", second.base, second.digest)
    free = alone(opening, second)
    assert (free.chunk.object, free.chunk.base, free.chunk.depth, free.chunk.lane) == ("", b"", 0, second.lane)
    assert free.chunk.uid == second.uid
    assert alone(opening, second, other).chunk.lane == other
    under = decided(opening, second, other)
    assert (under.chunk.lane, under.chunk.base, under.chunk.object) == (other, second.base, "")
    assert under.chunk.digest != second.digest


def test_another_decision_and_end_are_sealed_and_what_lies_beside_it_leaves_the_object(shelf: Shelf) -> None:
    ids = conversation(shelf)
    _, before, _ = found(shelf)
    assert redecided(shelf, 1) == {before[1].uid}
    _, after, _ = found(shelf)
    assert [one.lane.rules == ("another",) for one in after] == [False, True, False]
    assert [one.expires == had.expires for one, had in zip(after, before, strict=True)] == [True, False, True]
    assert [one.digest == had.digest for one, had in zip(after, before, strict=True)] == [True, False, True]
    assert [shelf.shown(one)[-1:] for one in ids] == [b"0", b"1", b"2"]
    assert list(shelf.store.objects.names("bodies")) == []


def test_what_cannot_be_opened_stays_as_it_is_and_hinders_no_other(shelf: Shelf) -> None:
    shelf.kept("whole", session="s0")
    conversation(shelf, 1)
    partition, (_, spoiled), _ = found(shelf)
    (form,) = shelf.store.keys.read(partition.name, [spoiled.key.slot])
    shelf.store.keys.overwrite(partition.name, {spoiled.key.slot: form[:-1] + bytes([form[-1] ^ 1])})
    _, (first, second), _ = found(shelf)
    assert redecided(shelf, 0, 1) == {first.uid}
    _, after, _ = found(shelf)
    assert after[1] == second
    assert after[0].lane.rules == ("another",)
    with pytest.raises(DamagedError):
        shelf.shown(shelf.listed(session="s1")[0].id)


def test_where_nothing_can_be_opened_nothing_is_written(shelf: Shelf) -> None:
    conversation(shelf, 1)
    shelf.store.objects.delete(list(shelf.store.objects.names("bodies")))
    partition, chunks, _ = found(shelf)
    before = shelf.store.partition(partition.name).removals()
    assert redecided(shelf, 0) == set()
    assert found(shelf)[1] == chunks
    assert shelf.store.partition(partition.name).removals() == before


def test_neighbours_are_the_chunks_of_the_same_sessions(shelf: Shelf) -> None:
    shelf.put(*[shelf.draft(str(number), session=f"s{number}") for number in range(205)])
    shelf.later(minutes=1).kept("again", session="s0")
    shelf.kept("another's", session="other")
    partition, chunks, _ = found(shelf)
    where = shelf.store.partition(partition.name)
    assert [one.uid for one in neighbours(where, chunks[:1])] == [chunks[0].uid, chunks[205].uid]
    assert len(neighbours(where, chunks[:205])) == 206
    assert neighbours(where, []) == []
