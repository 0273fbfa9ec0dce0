from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from carnet.web import words

AT = datetime(2026, 4, 23, 18, 19, 36, tzinfo=UTC)


def test_an_instant_is_said_as_the_founding_page_says_it() -> None:
    assert words.day_label(AT) == "Thu 23 18:19"
    assert words.long_instant(AT) == "2026-04-23 18:19 UTC"
    assert words.month_label(AT) == "April 2026"


def test_an_instant_of_another_zone_is_said_in_utc() -> None:
    assert words.day_label(AT.astimezone(timezone(timedelta(hours=9)))) == "Thu 23 18:19"


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_rfc3339_is_read_back_as_the_same_instant(at: datetime) -> None:
    assert datetime.fromisoformat(words.rfc3339(at)) == at


def test_counts_agree_with_their_noun() -> None:
    assert words.counted(1, "document") == "1 document"
    assert words.counted(1204, "capture") == "1,204 captures"
    assert words.counted(2, "entry", "entries") == "2 entries"


def test_a_span_of_time_takes_the_largest_unit_it_has_two_of() -> None:
    assert words.lasting(timedelta(days=34, hours=12)) == "34 days"
    assert words.lasting(timedelta(hours=25)) == "25 hours"
    assert words.lasting(timedelta(seconds=1)) == "1 second"


def test_sizes_are_said_in_decimal_units() -> None:
    assert [words.size_label(n) for n in (1, 999, 33_600, 3_660_000)] == ["1 byte", "999 bytes", "33.6 kB", "3.7 MB"]
