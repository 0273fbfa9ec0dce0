from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carnet.gateway.errors import Refused
from carnet.gateway.limits import MOST_IDLE, Counting, Limits, leave


def enter(counting: Counting, limits: Limits | None, now: float, whole: Limits | None = None):  # type: ignore[no-untyped-def]
    return counting.enter((("this key", "k", limits), ("this organisation", "o", whole)), now)


def test_requests_beyond_a_minutes_number_are_refused_with_the_time_to_wait() -> None:
    counting = Counting()
    for _ in range(2):
        leave(enter(counting, Limits(requests=2), 0.0), 0)
    refused = enter(counting, Limits(requests=2), 0.0)
    assert isinstance(refused, Refused)
    assert (refused.status, refused.retry_after, refused.why) == (429, 30, "limit")
    assert not isinstance(enter(counting, Limits(requests=2), 30.0), Refused)


def test_tokens_are_charged_when_they_are_known_and_then_waited_for() -> None:
    counting = Counting()
    leave(enter(counting, Limits(tokens=100), 0.0), 250)
    refused = enter(counting, Limits(tokens=100), 0.0)
    assert isinstance(refused, Refused)
    assert refused.retry_after == 91
    assert not isinstance(enter(counting, Limits(tokens=100), 91.0), Refused)


def test_no_more_exchanges_at_once_than_allowed() -> None:
    counting = Counting()
    held = enter(counting, Limits(at_once=1), 0.0)
    assert isinstance(enter(counting, Limits(at_once=1), 0.0), Refused)
    leave(held, 0)
    assert not isinstance(enter(counting, Limits(at_once=1), 0.0), Refused)


def test_a_request_that_the_organisation_refuses_costs_the_key_nothing() -> None:
    counting = Counting()
    leave(enter(counting, None, 0.0, Limits(requests=1)), 0)
    refused = enter(counting, Limits(requests=1), 0.0, Limits(requests=1))
    assert isinstance(refused, Refused)
    assert "this organisation" in refused.message
    assert not isinstance(enter(counting, Limits(requests=1), 0.0), Refused)


def test_without_limits_nothing_is_counted() -> None:
    counting = Counting()
    assert enter(counting, None, 0.0) == ()
    assert len(counting) == 0


def test_a_limit_that_was_lowered_holds_at_once() -> None:
    counting = Counting()
    leave(enter(counting, Limits(requests=100), 0.0), 0)
    leave(enter(counting, Limits(requests=1), 0.0), 0)
    assert isinstance(enter(counting, Limits(requests=1), 0.0), Refused)


def test_counts_that_say_nothing_any_more_are_forgotten() -> None:
    counting = Counting()
    for number in range(MOST_IDLE):
        leave(counting.enter((("this key", str(number), Limits(requests=5)),), 0.0), 0)  # type: ignore[arg-type]
    counting.enter((("this key", "held", Limits(requests=5)),), 60.0)
    counting.enter((("this key", "new", Limits(requests=5)),), 60.0)
    assert len(counting) < 10


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 20))
def test_no_minute_ever_has_more_than_twice_the_number(pauses: list[float], most: int) -> None:
    counting, now = Counting(), 0.0
    passed: list[float] = []
    for pause in pauses:
        now += pause
        held = enter(counting, Limits(requests=most), now)
        if not isinstance(held, Refused):
            passed.append(now)
            leave(held, 0)
    for start in passed:
        assert sum(start <= one < start + 60 for one in passed) <= 2 * most
