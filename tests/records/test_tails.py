from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from carnet.model.record import Key, Lane, Session
from carnet.records.tails import KEYFRAME_EVERY, REACH, Known, Tail, Tails

LANE = Lane(
    *("exchange", "inference", "anthropic", "days30"),
    training=False,
    purposes=(),
    rules=(),
)
MIB = 1 << 20


def tail(uid: bytes = b"u", size: int = 10, depth: int = 0, reach: int = 10) -> Tail:
    return Tail(uid, bytes(size), depth, reach)


def known(name: str) -> Known:
    return Known(Key(name.encode(), Session(1, 1, name), 0), b"secret", b"form")


@given(st.integers(0, 40), st.integers(0, 2 * REACH), st.integers(0, 2 * REACH))
def test_a_tail_carries_another_as_long_as_little_is_to_be_opened_for_it(depth: int, reach: int, size: int) -> None:
    assert tail(depth=depth, reach=reach).carries(size) == (depth < KEYFRAME_EVERY - 1 and reach + size <= REACH)


def test_a_tail_is_of_one_partition_one_key_and_one_decision() -> None:
    found = Tails()
    found.remember("p", b"k", LANE, tail())
    assert found.tail("p", b"k", LANE) == tail()
    assert found.tail("q", b"k", LANE) is None
    assert found.tail("p", b"l", LANE) is None
    assert found.tail("p", b"k", Lane("metric", "metrics", "", "days30", False, (), ())) is None


def test_the_last_one_is_remembered() -> None:
    found = Tails()
    for uid in (b"1", b"2"):
        found.remember("p", b"k", LANE, tail(uid))
    assert found.tail("p", b"k", LANE) == tail(b"2")


def test_the_least_used_are_forgotten_first() -> None:
    found = Tails()
    for number in range(5):
        found.remember("p", b"%d" % number, LANE, tail(size=12 * MIB))
    assert found.tail("p", b"0", LANE) is not None  # used: it stays
    found.remember("p", b"5", LANE, tail(size=12 * MIB))
    assert [number for number in range(6) if found.tail("p", b"%d" % number, LANE)] == [0, 2, 3, 4, 5]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 7000)), max_size=20), st.integers(0, 3000))
def test_what_is_remembered_is_bounded(given_: list[tuple[int, int]], packed: int) -> None:
    found = Tails(6000, packed)
    for number, size in given_:
        found.remember("p", b"%d" % number, LANE, tail(size=size))
        left = [one for at in range(10) if (one := found.tail("p", b"%d" % at, LANE)) is not None]
        assert found.bytes <= 6000 + packed
        assert sum(len(one.text) for one in left) <= found.bytes if not packed else len(left) <= 10


def test_what_has_no_room_as_it_is_is_packed_and_comes_back_whole() -> None:
    found = Tails(3 * MIB, MIB)
    for number in range(9):
        found.remember("p", b"%d" % number, LANE, Tail(b"u", b"%d" % number * MIB, number, number))
    for number in range(9):
        assert found.tail("p", b"%d" % number, LANE) == Tail(b"u", b"%d" % number * MIB, number, number)
    found.remember("p", b"0", LANE, tail(b"newer"))
    assert found.tail("p", b"0", LANE) == tail(b"newer")
    found.forget("p")
    assert (found.bytes, found.tail("p", b"1", LANE)) == (0, None)


def test_what_is_larger_than_all_room_is_not_remembered() -> None:
    found = Tails(MIB, MIB // 2)
    found.remember("p", b"k", LANE, tail(size=10))
    found.remember("p", b"k", LANE, Tail(b"u", random.Random(1).randbytes(2 * MIB), 0, 0))
    assert (found.bytes, found.tail("p", b"k", LANE)) == (0, None)


def test_nothing_is_trusted_where_something_was_removed() -> None:
    found = Tails()
    found.trust("p", (1, 0))
    found.remember("p", b"k", LANE, tail())
    found.remember("q", b"k", LANE, tail())
    found.trust("p", (1, 0))
    assert found.tail("p", b"k", LANE) is not None
    for mark in ((1, 1), (2, 1)):
        found.trust("p", mark)
        assert found.tail("p", b"k", LANE) is None
        assert found.tail("q", b"k", LANE) is not None
        found.remember("p", b"k", LANE, tail())


def test_keys_are_bounded_and_the_least_used_go_first() -> None:
    found = Tails(keys=30)
    for number in range(30):
        found.know("p", known(f"s{number}"))
    found.know("p", known("s0"))  # used again
    found.know("p", known("new"))
    assert len(found.keys) == 30
    kept = {session.name for _, session in found.keys}
    assert {"s0", "new"} <= kept
    assert "s1" not in kept


def test_a_key_is_of_one_partition() -> None:
    found = Tails()
    found.know("p", known("s"))
    assert list(found.keys) == [("p", Session(1, 1, "s"))]
