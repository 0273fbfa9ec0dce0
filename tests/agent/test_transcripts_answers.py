"""The answers of `carnet transcripts --json`."""

from __future__ import annotations

import pytest

from carnet.agent.transcripts_answers import instant_of


@pytest.mark.parametrize("at", [None, 2.0**60, float("inf"), float("nan")])
def test_a_time_beyond_any_calendar_is_none(at: float | None) -> None:
    assert instant_of(at) is None


def test_a_time_is_told_in_utc() -> None:
    assert instant_of(0) == "1970-01-01T00:00:00+00:00"
