from __future__ import annotations

from typing import TYPE_CHECKING, cast

from carnet.gateway.bounds import Bounds
from carnet.gateway.pool import Pool

if TYPE_CHECKING:
    from carnet.gateway.outgoing import Outgoing


class Line:
    """A connection that is only looked at."""

    def __init__(self) -> None:
        self.closed = False
        self.usable = True
        self.since = 0.0
        self.transport = self

    def is_closing(self) -> bool:
        return self.closed

    def drop(self) -> None:
        self.closed = True


def lines(count: int) -> list[Outgoing]:
    return [cast("Outgoing", Line()) for _ in range(count)]


def test_the_connection_last_used_is_used_first() -> None:
    pool, (one, two) = Pool(Bounds()), lines(2)
    pool.give("a", one, 1)
    pool.give("a", two, 2)
    assert [pool.take("a", 3), pool.take("a", 3), pool.take("a", 3)] == [two, one, None]


def test_no_upstream_gets_the_connection_of_another() -> None:
    pool, (one,) = Pool(Bounds()), lines(1)
    pool.give("a", one, 1)
    assert pool.take("b", 1) is None


def test_a_connection_that_ended_is_passed_over() -> None:
    pool, (one, two) = Pool(Bounds()), lines(2)
    pool.give("a", one, 1)
    pool.give("a", two, 1)
    two.drop()
    assert pool.take("a", 1) is one


def test_a_connection_that_cannot_be_used_again_is_ended() -> None:
    pool, (one,) = Pool(Bounds()), lines(1)
    cast("Line", one).usable = False
    pool.give("a", one, 1)
    assert one.closed
    assert len(pool) == 0


def test_no_more_are_kept_than_allowed_and_the_oldest_goes() -> None:
    pool, (one, two) = Pool(Bounds(pool=1)), lines(2)
    pool.give("a", one, 1)
    pool.give("a", two, 1)
    assert (one.closed, two.closed, len(pool)) == (True, False, 1)


def test_what_is_idle_for_too_long_is_ended_by_the_sweep_and_never_taken() -> None:
    pool, (one, two, three) = Pool(Bounds(pool_idle=10)), lines(3)
    pool.give("a", one, 0)
    pool.give("a", two, 5)
    pool.sweep(10)
    assert (one.closed, two.closed) == (True, False)
    pool.give("b", three, 0)
    assert pool.take("b", 10) is None
    assert three.closed


def test_closing_ends_all() -> None:
    pool, (one, two) = Pool(Bounds()), lines(2)
    pool.give("a", one, 0)
    pool.give("b", two, 0)
    pool.close()
    assert one.closed
    assert two.closed
