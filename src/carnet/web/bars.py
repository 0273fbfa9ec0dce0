"""Days as bars. Computes where everything stands; a template draws it, and says the same in words or in a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEAST = 1.5
"""Height of what is there at all: one of a thousand is seen."""


@dataclass(frozen=True, slots=True)
class Part:
    """One series on one day."""

    x: float
    y: float
    width: float
    height: float
    series: int
    """Its place among the series."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Days beside each other, the oldest first."""

    width: int
    height: int
    parts: tuple[Part, ...]
    most: int
    """The highest bar stands for so many."""
    days: tuple[date, ...]


def days_until(last: date, number: int) -> tuple[date, ...]:
    return tuple(last - timedelta(days=ago) for ago in range(number - 1, -1, -1))


def bars(
    days: Sequence[date], counts: Mapping[str, Mapping[str, int]], series: Sequence[str], width: int, height: int
) -> Bars:
    """Stacked bars of counts: day (`2026-04-01`) -> name of a series -> number."""
    each = width / max(1, len(days))
    sums = {day: sum(counts.get(day.isoformat(), {}).get(name, 0) for name in series) for day in days}
    most = max(sums.values(), default=0)
    parts: list[Part] = []
    for place, day in enumerate(days):
        foot = float(height)
        for index, name in enumerate(series):
            number = counts.get(day.isoformat(), {}).get(name, 0)
            if number:
                tall = max(LEAST, number / most * height)
                foot = max(0.0, foot - tall)
                parts.append(Part(round(place * each, 2), round(foot, 2), round(each * 0.78, 2), round(tall, 2), index))
    return Bars(width, height, tuple(parts), most, tuple(days))
