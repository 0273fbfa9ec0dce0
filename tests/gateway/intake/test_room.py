"""Room that one tenant's flood does not use up."""

from __future__ import annotations

from carnet.gateway.intake.room import Room


def test_one_tenant_gets_half_and_leaves_the_rest_to_others() -> None:
    room = Room(100)
    assert room.take(1, 50)
    assert not room.take(1, 1)
    assert room.take(2, 25)
    assert not room.take(2, 1)
    assert room.take(3, 12)
    assert (room.taken, room.by_tenant) == (87, {1: 50, 2: 25, 3: 12})


def test_what_is_given_back_can_be_taken_again() -> None:
    room = Room(100)
    assert room.take(1, 50)
    room.give_back(1, 50)
    assert (room.taken, room.by_tenant) == (0, {})
    assert room.take(2, 50)


def test_what_does_not_fit_takes_nothing() -> None:
    room = Room(100)
    assert not room.take(1, 51)
    assert (room.taken, room.by_tenant) == (0, {})
