"""Retention classes: how long each is, and which of two is shorter."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from carnet.errors import CarnetError
from carnet.model.record import HOLD, Partition

NONE = "none"
_CLASS = re.compile(r"(days|months|years)([1-9]\d{0,3})", re.ASCII)
_LONGEST_YEARS = 100


def is_class(text: str) -> bool:
    """Whether a text is a retention class: `none`, `days30`, `months6`, `years5` and their like."""
    return text == NONE or (_CLASS.fullmatch(text) is not None and _months(text) <= 12 * _LONGEST_YEARS)


def checked_class(text: str) -> str:
    """The class. Raises CarnetError saying what a class looks like."""
    if not is_class(text):
        raise CarnetError(f"{text!r} is no retention class; write none, days30, months6, years5 or the like")
    return text


def expiry(retention: str, created: datetime) -> datetime:
    """When a record of that class ends: so many days, or calendar months or years, after it was created (UTC).

    A day that the month does not have (31 May and a month) is its last one. Raises ValueError for `none`.
    """
    found = _CLASS.fullmatch(retention)
    if found is None:
        raise ValueError(f"records of the class {retention!r} are not kept")
    created = created.astimezone(UTC)
    unit, number = found[1], int(found[2])
    if unit == "days":
        return created + timedelta(days=number)
    months = created.year * 12 + created.month - 1 + number * (12 if unit == "years" else 1)
    year, month = divmod(months, 12)
    day = min(created.day, calendar.monthrange(year, month + 1)[1])
    return created.replace(year=year, month=month + 1, day=day)


def shorter(one: str, other: str) -> str:
    """The class of two that never ends after the other, whenever a record was created; the first of two that are alike.

    A month has 28 to 31 days, so `days29` and `months1` each end first at times: then it is the days that the months
    have at least, which end after neither.
    """
    if NONE in {one, other}:
        return NONE
    (least, most), (other_least, other_most) = _days(one), _days(other)
    if _unit(one) == _unit(other):
        return one if least <= other_least else other
    if most <= other_least:
        return one
    if other_most <= least:
        return other
    return f"days{min(least, other_least)}"


def _unit(retention: str) -> str:
    return "days" if retention.startswith("days") else "months"


@lru_cache(maxsize=256)
def _days(retention: str) -> tuple[int, int]:
    """The fewest and the most days a class lasts, of all days of the 400 years after which the calendar repeats."""
    found = _CLASS.fullmatch(retention)
    if found is None:
        raise ValueError(f"records of the class {retention!r} are not kept")
    if found[1] == "days":
        return int(found[2]), int(found[2])
    months = int(found[2]) * (12 if found[1] == "years" else 1)
    firsts = [date(2000 + month // 12, month % 12 + 1, 1).toordinal() for month in range(4800 + months + 1)]
    lengths = [after - first for first, after in pairwise(firsts)]
    whole = [firsts[at + months] - firsts[at] for at in range(4800)]
    clipped = [whole[at] - max(0, lengths[at] - lengths[at + months]) for at in range(4800)]
    return min(clipped), max(whole)


def by_length(retention: str) -> tuple[bool, datetime, str]:
    """Orders classes from the shortest to the longest; what is none comes last."""
    kept = is_class(retention) and retention != NONE
    return not kept, expiry(retention, _SOME_DAY) if kept else _SOME_DAY, retention


_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def ending(retention: str, created: datetime) -> tuple[datetime, Partition]:
    """When a record of that class ends that was created then (in UTC), and the partition it lies in."""
    length, partition = _length(retention, created.date())
    return created + length, partition


@lru_cache(1024)
def _length(retention: str, day: date) -> tuple[timedelta, Partition]:
    """How long a class lasts from any instant of a day on, and where what begins on it lies."""
    midnight = _midnight(day)
    expires = expiry(retention, midnight)
    return expires - midnight, partition_of(retention, expires)


def partition_of(retention: str, expires: datetime) -> Partition:
    """Where a record of a class lies that ends then: a partition a day, or a month for months and years."""
    return _partition(retention, expires.astimezone(UTC).date())


@lru_cache(1024)
def _partition(retention: str, day: date) -> Partition:
    if retention.startswith("days"):
        return Partition(f"{retention}-{day:%Y-%m-%d}", day + timedelta(days=1))
    first = day.replace(day=1)
    return Partition(f"{retention}-{first:%Y-%m}", _next_month(first))


HELD = Partition(HOLD, None)


def created_within(partition: Partition) -> tuple[datetime, datetime]:
    """When the records of a partition came about: from the first instant on, before the second."""
    found = _CLASS.fullmatch(partition.name.partition("-")[0])
    if partition.end is None or found is None:
        return _EVER
    unit, number = found[1], int(found[2])
    if unit == "days":
        last = _midnight(partition.end - timedelta(days=number))
        return last - timedelta(days=1), last
    months = partition.end.year * 12 + partition.end.month - 1 - number * (12 if unit == "years" else 1)
    return _first_of(months - 1), _first_of(months)


_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _first_of(month: int) -> datetime:
    """Of a month that is counted from the year 0."""
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _months(text: str) -> float:
    found = _CLASS.fullmatch(text)
    if found is None:
        return 0
    return int(found[2]) * {"days": 1 / 30, "months": 1, "years": 12}[found[1]]
