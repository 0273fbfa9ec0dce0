"""Dates and instants as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.instants import is_instant, parse_instant, parse_since, parse_until, written
from carnet.errors import CarnetError


def utc(*parts: int) -> datetime:
    """An instant."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-04-22", utc(2026, 4, 22), utc(2026, 4, 22, 23, 59, 59, 999_999)),
        ("2026-04-22T03:58", utc(2026, 4, 22, 3, 58), utc(2026, 4, 22, 3, 58, 59, 999_999)),
        ("2026-04-22T0358", utc(2026, 4, 22, 3, 58), utc(2026, 4, 22, 3, 58, 59, 999_999)),
        ("2026-04-22 03:58 UTC", utc(2026, 4, 22, 3, 58), utc(2026, 4, 22, 3, 58, 59, 999_999)),
        ("2026-04-22T03:58:10Z", utc(2026, 4, 22, 3, 58, 10), utc(2026, 4, 22, 3, 58, 10, 999_999)),
        ("2026-04-22T035810z", utc(2026, 4, 22, 3, 58, 10), utc(2026, 4, 22, 3, 58, 10, 999_999)),
        ("2026-04-22T05:58:10+02:00", utc(2026, 4, 22, 3, 58, 10), utc(2026, 4, 22, 3, 58, 10, 999_999)),
        ("2026-04-22T03:58:10.5Z", utc(2026, 4, 22, 3, 58, 10, 500_000), utc(2026, 4, 22, 3, 58, 10, 599_999)),
        ("2026-04-22T03:58:10.123456Z", utc(2026, 4, 22, 3, 58, 10, 123_456), utc(2026, 4, 22, 3, 58, 10, 123_456)),
        (" 2026-12-31 ", utc(2026, 12, 31), utc(2026, 12, 31, 23, 59, 59, 999_999)),
    ],
)
def test_what_is_written_names_a_span(text: str, first: datetime, last: datetime) -> None:
    assert (parse_since(text), parse_until(text), parse_instant(text)) == (first, last, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-4-2",
        "22.04.2026",
        "2026-02-30",
        "2026-04-22T25:00",
        "2026-04-22T03:58+99:00",
        "9999-12-31T",
        "0001-01-01T00:00+02:00",
        "２０２６-04-22",
    ],
)
def test_what_cannot_be_read_tells_what_can(text: str) -> None:
    with pytest.raises(CarnetError, match=r"write 2026-04-22, 2026-04-22T03:58 or"):
        parse_instant(text)


def test_the_last_day_there_is_has_no_end_to_compute() -> None:
    assert parse_instant("9999-12-30").year == 9999
    with pytest.raises(CarnetError):
        parse_instant("9999-12-31")


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants them so
def test_what_is_written_is_read_again(instant: datetime) -> None:
    assert parse_since(written(instant)) == instant
    assert is_instant(written(instant))


def test_json_times_are_utc_and_short() -> None:
    assert written(datetime(2026, 4, 23, 20, 19, 36, tzinfo=timezone(timedelta(hours=2)))) == "2026-04-23T18:19:36Z"
