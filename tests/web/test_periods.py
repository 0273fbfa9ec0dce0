from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.errors import CarnetError
from carnet.web.periods import MOST, periods

NEW_YEAR = datetime(2025, 12, 31, 23, 59, tzinfo=UTC)


def test_the_newest_year_is_shown_where_none_is_asked_for() -> None:
    found = periods([NEW_YEAR, NEW_YEAR + timedelta(minutes=2)], "")
    assert found.chosen.key == "2026"
    assert [(one.key, one.count) for one in found.years] == [("2026", 1), ("2025", 1)]
    assert found.months == ()


def test_a_year_too_long_for_a_page_is_shown_by_month() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    found = periods([start + timedelta(hours=n) for n in range(MOST + 1)], "")
    assert found.chosen.key == "2026-02"
    assert [one.label for one in found.months] == ["February", "January"]


def test_a_period_without_entries_is_empty_rather_than_an_error() -> None:
    assert periods([NEW_YEAR], "1999").chosen.count == 0
    assert periods([NEW_YEAR], "2025-02").chosen.count == 0


@pytest.mark.parametrize("asked", ["26", "2026-13", "2026-00", "0001", "x", "2026-04-01", "2026\n"])
def test_what_is_no_period_is_refused_with_an_example(asked: str) -> None:
    with pytest.raises(CarnetError, match="such as 2026 or 2026-04"):
        periods([NEW_YEAR], asked)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2999, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_lies_within_its_own_year_and_month(at: datetime) -> None:
    for key in (f"{at.year}", f"{at.year}-{at.month:02}"):
        found = periods([at], key)
        assert found.since <= at <= found.until
        assert found.until.year == at.year
