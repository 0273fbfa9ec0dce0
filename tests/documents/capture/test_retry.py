"""Waiting before another try."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.capture.retry import LONGEST_WAIT, retry_after, wait_before
from tests import make


@given(st.integers(0, 6), st.floats(0, 1), st.floats(0.01, 2))
def test_the_pause_doubles_and_is_spread_by_half(attempt: int, jitter: float, base: float) -> None:
    pause = wait_before(attempt, jitter, None, base)
    assert pause is not None
    assert base * 2**attempt * 0.5 <= pause <= base * 2**attempt * 1.5


def test_a_server_that_asks_for_a_short_wait_gets_it_and_for_a_long_one_does_not() -> None:
    assert wait_before(0, 0.5, 3, 0.5) == 3
    assert wait_before(3, 0.5, 1, 0.5) == 4
    assert wait_before(0, 0.5, LONGEST_WAIT + 1, 0.5) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("7", 7),
        (" 120 ", 120),
        ("Wed, 01 Apr 2026 00:01:00 GMT", 60),
        ("Wed, 01 Apr 2020 00:01:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("١٢", None),
        ("9" * 40, 1e9),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, make.at(0)) == seconds
