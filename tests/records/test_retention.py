from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from carnet.errors import CarnetError
from carnet.records.retention import (
    HELD,
    by_length,
    checked_class,
    created_within,
    expiry,
    is_class,
    partition_of,
    shorter,
)

KEPT = ["days30", "months6", "years5"]
classes = st.one_of(
    st.sampled_from([*KEPT, "days28", "days29", "days31", "days181", "days184", "months1", "years1", "months12"]),
    st.integers(1, 4000).map("days{}".format),
    st.integers(1, 120).map("months{}".format),
    st.integers(1, 10).map("years{}".format),
)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2400, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given below
ends_of_months = st.builds(
    lambda year, month, back: datetime(year + month // 12, month % 12 + 1, 1, 9, tzinfo=UTC) - timedelta(days=back),
    st.integers(1999, 2105),
    st.integers(0, 11),
    st.integers(-1, 4),
)
created = st.one_of(instants, ends_of_months)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("retention", "begin", "end"),
    [
        ("days30", "2026-01-31T09:30", "2026-03-02T09:30"),
        ("days30", "2028-01-31T09:30", "2028-03-01T09:30"),
        ("months1", "2026-01-31", "2026-02-28"),
        ("months1", "2028-01-31", "2028-02-29"),
        ("months1", "2026-12-31", "2027-01-31"),
        ("months6", "2026-08-31T23:59:59.999999", "2027-02-28T23:59:59.999999"),
        ("months6", "2026-04-01", "2026-10-01"),
        ("months12", "2024-02-29", "2025-02-28"),
        ("years1", "2024-02-29", "2025-02-28"),
        ("years4", "2024-02-29", "2028-02-29"),
        ("years5", "2024-02-29", "2029-02-28"),
        ("years5", "2026-04-01T09:30", "2031-04-01T09:30"),
        ("years4", "2096-02-29", "2100-02-28"),
    ],
)
def test_months_and_years_are_the_calendars_and_a_day_that_is_not_there_is_the_last(
    retention: str, begin: str, end: str
) -> None:
    assert expiry(retention, at(begin)) == at(end)


def test_the_calendar_is_the_one_of_utc() -> None:
    here = timezone(timedelta(hours=10))
    assert expiry("months1", datetime(2026, 2, 1, 5, tzinfo=here)) == at("2026-02-28T19:00")


@given(classes, created)
def test_a_record_ends_after_it_was_created_and_at_the_same_time_of_day(retention: str, begin: datetime) -> None:
    end = expiry(retention, begin)
    assert end > begin
    assert (end - begin) % timedelta(days=1) == timedelta()


@given(classes, created, created)
def test_what_was_created_later_never_ends_earlier(retention: str, one: datetime, other: datetime) -> None:
    first, second = sorted((one, other))
    if first.time() <= second.time():  # clipping to the end of a month keeps the time of day
        assert expiry(retention, first) <= expiry(retention, second)


def test_what_is_not_kept_has_no_end() -> None:
    for retention in ("none", "local", "unstated", ""):
        with pytest.raises(ValueError, match="are not kept"):
            expiry(retention, at("2026-04-01"))


@pytest.mark.parametrize("text", ["none", "days1", "days30", "days9999", "months6", "months1200", "years5", "years100"])
def test_these_are_classes(text: str) -> None:
    assert is_class(text)
    assert checked_class(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "30", "days", "days0", "days030", "days-1", "days10000", "months1201", "years101", "year5", "days٣"),
        *("Days30", "days30 ", "days30\n", "local", "unstated", "unknown", "hours3"),
    ],
)
def test_these_are_none_and_the_fault_says_what_a_class_looks_like(text: str) -> None:
    assert not is_class(text)
    with pytest.raises(CarnetError, match="is no retention class; write none, days30, months6, years5"):
        checked_class(text)


@settings(max_examples=300)
@given(classes, classes, created)
@example("months1", "days31", at("2026-01-31"))
@example("days31", "months1", at("2026-02-01"))
@example("days29", "months1", at("2026-02-01"))
@example("days181", "months6", at("2026-03-01"))
@example("days1826", "years5", at("2027-03-01"))
def test_the_shorter_class_ends_after_neither_whenever_a_record_was_created(
    one: str, other: str, begin: datetime
) -> None:
    assert expiry(shorter(one, other), begin) <= min(expiry(one, begin), expiry(other, begin))


@given(classes, classes, created)
def test_the_shorter_class_does_not_depend_on_which_is_named_first(one: str, other: str, begin: datetime) -> None:
    assert expiry(shorter(one, other), begin) == expiry(shorter(other, one), begin)


@given(classes, classes, st.lists(created, min_size=1))
def test_the_shorter_is_one_of_the_two_unless_each_ends_first_at_times(
    one: str, other: str, begins: list[datetime]
) -> None:
    found = shorter(one, other)
    if found not in {one, other}:
        assert {one[:4], other[:4]} & {"days"}
        lengths = sorted((shorter(found, one), shorter(found, other)))
        assert lengths == [found, found]
    elif found == other != one:
        assert all(expiry(other, begin) <= expiry(one, begin) for begin in begins)


@given(classes)
def test_of_two_that_are_alike_it_is_the_first(one: str) -> None:
    assert shorter(one, one) == one
    assert shorter("months12", "years1") == "months12"
    assert shorter("years1", "months12") == "years1"


@given(classes, classes, classes, created)
def test_shortening_again_lengthens_nothing(one: str, two: str, three: str, begin: datetime) -> None:
    found = shorter(shorter(one, two), three)
    assert expiry(found, begin) <= min(expiry(name, begin) for name in (one, two, three))


@given(st.sampled_from([*KEPT, "none"]))
def test_nothing_is_shorter_than_none(other: str) -> None:
    assert shorter("none", other) == shorter(other, "none") == "none"


def test_the_classes_of_the_rules_are_in_order() -> None:
    for number, one in enumerate(KEPT):
        for other in KEPT[number:]:
            assert shorter(one, other) == shorter(other, one) == one


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("months1", "days31", "months1"),
        ("months1", "days30", "days28"),
        ("months1", "days29", "days28"),
        ("months1", "days28", "days28"),
        ("months6", "days181", "days181"),
        ("months6", "days184", "months6"),
        ("years5", "days1826", "days1825"),
        ("years5", "months60", "years5"),
    ],
)
def test_months_are_laid_beside_days_by_what_they_have_at_least_and_at_most(one: str, other: str, found: str) -> None:
    assert shorter(one, other) == found


@given(classes, created)
def test_a_partition_ends_after_all_that_lies_in_it_and_soon_after(retention: str, begin: datetime) -> None:
    end = expiry(retention, begin)
    partition = partition_of(retention, end)
    assert partition.end is not None
    assert end.date() < partition.end
    assert partition.end - end.date() <= timedelta(days=1 if retention.startswith("days") else 31)
    assert partition.name.startswith(f"{retention}-")
    assert partition.slot == -1


@given(classes, created, created)
def test_a_partition_is_named_for_its_class_and_its_end(retention: str, one: datetime, other: datetime) -> None:
    first, second = (partition_of(retention, expiry(retention, begin)) for begin in (one, other))
    assert (first.name == second.name) == (first.end == second.end)


def test_days_lie_by_the_day_and_months_by_the_month() -> None:
    end = at("2026-12-31T23:59:59.999999")
    assert [(one.name, str(one.end)) for one in (partition_of(name, end) for name in KEPT)] == [
        ("days30-2026-12-31", "2027-01-01"),
        ("months6-2026-12", "2027-01-01"),
        ("years5-2026-12", "2027-01-01"),
    ]


def test_the_day_of_a_partition_is_the_one_of_utc() -> None:
    west = timezone(timedelta(hours=-8))
    assert partition_of("days30", datetime(2026, 4, 1, 20, tzinfo=west)).name == "days30-2026-04-02"


def test_what_is_held_has_no_end() -> None:
    assert (HELD.name, HELD.end) == ("hold", None)


def test_classes_are_ordered_by_their_length_and_none_comes_last() -> None:
    names = ["years5", "none", "days30", "months6", "days7", "days100"]

    assert sorted(names, key=by_length) == ["days7", "days30", "days100", "months6", "years5", "none"]


@given(created, classes)
def test_a_partition_says_when_its_records_came_about(created: datetime, retention: str) -> None:
    first, end = created_within(partition_of(retention, expiry(retention, created)))
    assert first <= created < end
    assert end - first <= timedelta(days=1 if retention.startswith("days") else 31)


def test_what_is_held_may_have_come_about_at_any_time() -> None:
    first, end = created_within(HELD)
    assert (first.year, end.year) == (1, 9999)
