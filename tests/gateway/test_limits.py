"""How much is left, and when more of it is there. Who shares a count is the business of counting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carnet.gateway.limits import Count, Limits


def test_what_is_used_comes_back_with_time_and_no_more_of_it() -> None:
    limits = Limits(requests=60, tokens=600)
    count = Count.full(limits, 0.0)
    count.requests, count.tokens = 0.0, -100.0
    count.refill(limits, 10.0)
    assert (count.requests, count.tokens) == (10.0, 0.0)
    count.refill(limits, 1000.0)
    assert (count.requests, count.tokens) == (60.0, 600.0)


def test_a_refusal_says_when_to_come_again() -> None:
    limits = Limits(requests=2, tokens=100)
    count = Count.full(limits, 0.0)
    count.requests = 0.0
    refused = count.objection("this key", limits)
    assert refused is not None
    assert (refused.status, refused.retry_after, refused.why) == (429, 30, "limit")
    count.requests, count.tokens = 1.0, -150.0
    refused = count.objection("this key", limits)
    assert refused is not None
    assert refused.retry_after == 91


def test_a_limit_where_there_was_none_begins_with_all_of_it() -> None:
    count = Count.full(Limits(at_once=3), 0.0)
    limits = Limits(requests=5, at_once=3)
    count.refill(limits, 0.0)
    assert count.objection("this key", limits) is None


def test_a_limit_that_was_lowered_holds_at_once() -> None:
    count = Count.full(Limits(requests=100), 0.0)
    count.refill(Limits(requests=1), 0.0)
    assert count.requests == 1.0


def test_a_clock_that_another_process_read_a_moment_later_takes_nothing_back() -> None:
    limits = Limits(requests=60)
    count = Count.full(limits, 10.0)
    count.requests = 5.0
    count.refill(limits, 9.0)
    assert (count.requests, count.then) == (5.0, 10.0)


def test_a_count_is_unused_once_nothing_is_missing() -> None:
    limits = Limits(requests=60, at_once=2)
    count = Count.full(limits, 0.0)
    count.requests = 59.0
    assert not count.unused(0.5)
    assert count.unused(1.0)
    count.at_once = 1
    assert not count.unused(1.0)


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 20))
def test_no_minute_ever_has_more_than_twice_the_number(pauses: list[float], most: int) -> None:
    limits, now = Limits(requests=most), 0.0
    count = Count.full(limits, now)
    passed: list[float] = []
    for pause in pauses:
        now += pause
        count.refill(limits, now)
        if count.objection("this key", limits) is None:
            count.requests -= 1
            passed.append(now)
    for start in passed:
        assert sum(start <= one < start + 60 for one in passed) <= 2 * most
