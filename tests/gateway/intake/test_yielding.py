"""Who makes room: whoever has the most connections, of those that ask for nothing; nobody who is being served."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from carnet.gateway.intake.yielding import Rest, peer_of, who_yields


@dataclass(eq=False, slots=True)
class One:
    peer: str
    resting: Rest | None = None

    def rest(self) -> Rest | None:
        return self.resting


def kept(peer: str, due: float = 1.0) -> One:
    return One(peer, Rest(due, kept=True))


def silent(peer: str) -> One:
    return One(peer, Rest(1.0, kept=False))


def busy(peer: str) -> One:
    return One(peer)


def test_who_has_the_most_yields_what_has_rested_longest() -> None:
    new, longest = silent("new"), kept("a", 2.0)
    there = [new, kept("a", 3.0), longest, kept("a", 4.0), kept("b", 1.0), kept("b", 1.0)]
    assert who_yields(new, there) is longest


def test_what_was_kept_open_is_given_before_what_may_still_be_asked_with() -> None:
    new, rests = silent("new"), kept("a", 9.0)
    assert who_yields(new, [new, silent("a"), rests, silent("a")]) is rests


def test_nobody_who_is_being_served_yields() -> None:
    new, rests = silent("new"), kept("b")
    assert who_yields(new, [new, busy("a"), busy("a"), busy("a")]) is None
    assert who_yields(new, [new, busy("a"), busy("a"), busy("a"), rests, busy("b")]) is rests


def test_nobody_yields_to_one_who_has_as_many() -> None:
    new = silent("a")
    assert who_yields(new, [new, busy("a"), kept("b"), kept("b")]) is None
    assert who_yields(new, [new, busy("a"), kept("b"), kept("b"), kept("b")]) is not None


def test_an_address_gives_itself_room_of_what_it_kept_open_and_asks_nothing_with() -> None:
    new, rests = silent("a"), kept("a")
    assert who_yields(new, [new, silent("a"), busy("a")]) is None
    assert who_yields(new, [new, silent("a"), rests, busy("a")]) is rests


def test_who_never_asked_for_anything_yields_to_another_address() -> None:
    new, mute = silent("new"), silent("a")
    assert who_yields(new, [new, mute, busy("a")]) is mute


@pytest.mark.parametrize(
    ("host", "peer"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("2001:db8:1:2::9", "2001:db8:1:2::"),
     ("fe80::1%eth0", "fe80::"), ("::ffff:192.0.2.7", "192.0.2.7"), ("", "")],
)  # fmt: skip
def test_one_network_of_ipv6_is_one_peer(host: str, peer: str) -> None:
    assert peer_of(host) == peer
