from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.web import words

NOW = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
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


@pytest.mark.parametrize(
    ("at", "says"),
    [
        (NOW, "due"),
        (NOW - timedelta(days=1), "due"),
        (NOW + timedelta(minutes=90), "in 90 minutes"),
        (NOW + timedelta(days=30), "in 30 days"),
        (NOW + timedelta(days=91), "in 91 days"),
        (datetime(2026, 9, 1, 9, 30, tzinfo=UTC), "in 5 months"),
        (datetime(2026, 9, 1, 9, 29, tzinfo=UTC), "in 4 months"),
        (datetime(2031, 4, 1, 9, 30, tzinfo=UTC), "in 5 years"),
        (datetime(2031, 3, 31, tzinfo=UTC), "in 4 years 11 months"),
        (datetime(2027, 5, 2, tzinfo=UTC), "in 1 year 1 month"),
    ],
)
def test_how_far_ahead_something_is(at: datetime, says: str) -> None:
    assert words.ahead(at, NOW) == says


def test_an_instant_of_an_answer_is_shown_as_every_other() -> None:
    assert words.moment("2026-04-01T09:30:05Z") == '<time datetime="2026-04-01T09:30:05Z">2026-04-01 09:30 UTC</time>'
    assert words.moment("<b>") == "&lt;b&gt;"
    assert words.moment(None) == "–"


def test_a_size_has_the_unit_that_fits() -> None:
    sizes = {1: "1 byte", 999: "999 bytes", 33_600: "33.6 kB", 1_200_000: "1.2 MB", 20_500_000_000: "20.5 GB"}
    assert {size: words.size_label(size) for size in sizes} == sizes


def test_a_long_name_breaks_where_a_person_would_break_it() -> None:
    assert words.breakable("ann@acme.test") == "ann@<wbr>acme.<wbr>test"
    assert words.breakable("a/<b>") == "a/<wbr>&lt;b&gt;"
