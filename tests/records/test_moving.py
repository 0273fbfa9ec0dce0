"""Chunks from one partition to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from carnet.model.record import HOLD, Scope
from carnet.records import moving
from carnet.records.moving import Move, move
from carnet.records.retention import HELD, partition_of
from carnet.records.surveying import partitions
from tests.records.kept import PAT

if TYPE_CHECKING:
    from carnet.model.record import Chunk, Partition
    from tests.records.kept import Shelf


@pytest.fixture(autouse=True, params=[None, 1], ids=["at once", "one by one"])
def portion(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param:
        monkeypatch.setattr(moving, "_AHEAD", request.param)
        monkeypatch.setattr(moving, "_CHUNKS", request.param)


def here(shelf: Shelf, name: str = "") -> tuple[Partition, list[Chunk]]:
    (partition,) = [one for one in partitions(shelf.store) if name in one.name]
    return partition, shelf.store.partition(partition.name).chunks(Scope())


def moved(shelf: Shelf, source: Partition, *found: Chunk, to: Partition = HELD) -> None:
    with shelf.store.lock():
        move(shelf.store, shelf.keyring, source, [Move(one, to, one.lane, one.expires) for one in found])


def test_it_is_there_and_no_longer_here(shelf: Shelf) -> None:
    kept = shelf.kept("to be moved")
    source, found = here(shelf)
    moved(shelf, source, *found)
    assert [one.partition for one in shelf.everything()] == [HOLD]
    assert shelf.shown(kept) == b"to be moved"
    assert shelf.store.keys.used(source.name) == []
    assert len(shelf.store.keys.used(HOLD)) == 1


def test_what_rests_on_a_chunk_that_stays_is_sealed_anew(shelf: Shelf) -> None:
    ids = [shelf.later(minutes=1).kept("words " * 50 + str(turn)) for turn in range(3)]
    source, found = here(shelf)
    moved(shelf, source, found[1])
    assert [shelf.shown(one)[-1:] for one in ids] == [b"0", b"1", b"2"]
    _, (there,) = here(shelf, HOLD)
    assert not there.base
    _, stayed = here(shelf, source.name)
    assert [one.base for one in stayed] == [b"", b""]


def test_what_moves_together_stays_as_it_was_sealed(shelf: Shelf) -> None:
    for turn in range(3):
        shelf.later(minutes=1).kept("words " * 50 + str(turn))
    shelf.later(hours=1).keep()
    source, found = here(shelf)
    moved(shelf, source, *found)
    _, there = here(shelf, HOLD)
    assert [one.digest for one in there] == [one.digest for one in found]
    assert {one.object for one in there} == {""}
    assert list(shelf.store.objects.names("bodies")) == []


def test_a_key_that_is_there_already_is_not_written_a_second_time(shelf: Shelf) -> None:
    for turn in range(3):
        shelf.later(minutes=1).kept(str(turn))
    source, (first, second, third) = here(shelf)
    moved(shelf, source, first)
    moved(shelf, source, second)
    moved(shelf, source, third)
    assert len(shelf.store.keys.used(HOLD)) == 1
    _, there = here(shelf, HOLD)
    assert len({one.key.slot for one in there}) == 1
    assert {one.id: shelf.shown(one.id) for one in shelf.everything()}.keys() == shelf.ids()


def test_a_key_whose_slot_there_was_destroyed_is_written_again(shelf: Shelf) -> None:
    ids = [shelf.later(minutes=1).kept(str(turn)) for turn in range(2)]
    source, (first, second) = here(shelf)
    moved(shelf, source, first)
    shelf.store.keys.destroy(HOLD, shelf.store.keys.used(HOLD))  # a removal was cut short there
    moved(shelf, source, second)
    assert shelf.shown(ids[1]) == b"1"
    assert len(shelf.store.keys.used(HOLD)) == 1


def test_moving_again_what_is_there_already_takes_it_away_here(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = shelf.kept("twice")
    source, found = here(shelf)
    with monkeypatch.context() as patch:
        patch.setattr(moving, "remove", lambda *_others: None)
        moved(shelf, source, *found)
    assert [one.id for one in shelf.everything()] == [kept], "listed once, though it is in both places"
    assert shelf.shown(kept) == b"twice"
    moved(shelf, source, *here(shelf, source.name)[1])
    assert [one.partition for one in shelf.everything()] == [HOLD]
    shelf.keep()
    assert shelf.faults() == []


def test_what_was_being_taken_away_here_is_taken_away(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = shelf.kept("twice")
    source, found = here(shelf)
    where = type(shelf.store.partition(source.name))
    with monkeypatch.context() as patch:
        patch.setattr(where, "remove", _stop)
        with pytest.raises(KeyboardInterrupt):
            moved(shelf, source, *found)
    assert shelf.store.keys.used(source.name) == []
    moved(shelf, source, *here(shelf, source.name)[1])
    assert here(shelf, source.name)[1] == []
    assert shelf.shown(kept) == b"twice"
    assert shelf.faults() == []


def _stop(*_args: object) -> None:
    raise KeyboardInterrupt


def test_another_end_or_decision_in_the_same_partition_is_written_in_place(shelf: Shelf) -> None:
    kept = shelf.kept("stays", PAT)
    source, (one,) = here(shelf)
    end = one.expires.replace(year=2030, day=1)
    with shelf.store.lock():
        move(shelf.store, shelf.keyring, source, [Move(one, source, one.lane, end)])
    _, (after,) = here(shelf)
    assert (after.expires, after.digest) == (end, one.digest)
    other = replace(one.lane, retention="years4", rules=("organisation.keep",))
    with shelf.store.lock():
        assert move(shelf.store, shelf.keyring, source, [Move(after, source, other, end)]) == 0
    _, (after,) = here(shelf)
    assert (after.lane, after.expires) == (other, end)
    assert shelf.shown(kept) == b"stays"


def test_chunks_go_to_several_partitions_at_once(shelf: Shelf) -> None:
    ids = [shelf.later(minutes=1).kept("words " * 30 + str(turn)) for turn in range(2)]
    source, found = here(shelf)
    targets = [
        partition_of("days30", one.expires.replace(month=4, day=day)) for one, day in zip(found, (20, 21), strict=True)
    ]
    with shelf.store.lock():
        moves = [
            Move(one, to, one.lane, one.expires.replace(month=4, day=day))
            for one, to, day in zip(found, targets, (20, 21), strict=True)
        ]
        move(shelf.store, shelf.keyring, source, moves)
    assert {one.partition for one in shelf.everything()} == {to.name for to in targets}
    assert [shelf.shown(one)[-1:] for one in ids] == [b"0", b"1"]


def test_what_is_too_damaged_to_move_stays_and_ends_when_it_is_to_end(shelf: Shelf) -> None:
    broken, whole = shelf.kept("broken", session="s1"), shelf.kept("whole", session="s2")
    source, found = here(shelf)
    spoil = next(one for one in found if one.key.session.name == "s1")
    (form,) = shelf.store.keys.read(source.name, [spoil.key.slot])
    shelf.store.keys.overwrite(source.name, {spoil.key.slot: form[:-1] + bytes([form[-1] ^ 1])})
    to, end = partition_of("days30", found[0].expires.replace(day=20)), found[0].expires.replace(day=20)
    with shelf.store.lock():
        move(shelf.store, shelf.keyring, source, [Move(one, to, one.lane, end) for one in found])
    placed = {one.id: (one.partition, one.expires) for one in shelf.everything()}
    assert placed == {broken: (source.name, end), whole: (to.name, end)}
    shelf.now = end
    shelf.keep()
    assert shelf.everything() == []
