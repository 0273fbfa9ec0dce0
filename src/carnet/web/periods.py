"""Long timelines are shown a year at a time, very long years a month at a time."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.web.words import MONTHS

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 800
"""Entries of a year beyond which its months get pages of their own."""


@dataclass(frozen=True, slots=True)
class Period:
    """A year (`2026`) or a month (`2026-04`) that has entries."""

    key: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Periods:
    """What a timeline page shows and where its neighbours are."""

    chosen: Period
    years: tuple[Period, ...]
    """Newest first."""
    months: tuple[Period, ...]
    """Months of the chosen year, newest first; empty where the year is shown whole."""

    @property
    def since(self) -> datetime:
        year, month = _split(self.chosen.key)
        return datetime(year, month or 1, 1, tzinfo=UTC)

    @property
    def until(self) -> datetime:
        """Last instant of the period."""
        year, month = _split(self.chosen.key)
        after = datetime(year + (month in {None, 12}), 1 if month in {None, 12} else (month or 0) + 1, 1, tzinfo=UTC)
        return after - timedelta(microseconds=1)


def periods(instants: Sequence[datetime], asked: str) -> Periods:
    """Years of a timeline that has entries at these instants, and the period asked for (else the newest)."""
    years = tuple(
        Period(str(year), str(year), count)
        for year, count in sorted(Counter(at.year for at in instants).items(), reverse=True)
    )
    year, month = _split(asked) if asked else (int(years[0].key), None)
    whole = next((one for one in years if one.key == str(year)), Period(str(year), str(year), 0))
    months: tuple[Period, ...] = ()
    if whole.count > MOST or month:
        counts = Counter(at.month for at in instants if at.year == year)
        months = tuple(Period(f"{year}-{m:02}", MONTHS[m - 1], counts[m]) for m in sorted(counts, reverse=True))
    if whole.count > MOST and not month:
        return Periods(months[0], years, months)
    if month:
        key = f"{year}-{month:02}"
        label = f"{MONTHS[month - 1]} {year}"
        return Periods(next((one for one in months if one.key == key), Period(key, label, 0)), years, months)
    return Periods(whole, years, months)


def _split(key: str) -> tuple[int, int | None]:
    found = re.fullmatch(r"([12]\d{3})(?:-(0[1-9]|1[0-2]))?", key)
    if not found:
        raise CarnetError(f"A period is a year or a month, such as 2026 or 2026-04, not {key[:40]!r}.")
    return int(found[1]), int(found[2]) if found[2] else None
