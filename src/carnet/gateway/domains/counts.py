"""How many checks there were, by day and reason. Neither the host nor who asked is kept anywhere."""

from __future__ import annotations

import json
import threading
from collections import Counter
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carnet.stores.records_contract import Catalogue

FACT = "domain-checks"
"""Name of the value in the catalogue."""

Days = dict[date, Counter[str]]


class Counts:
    """Counts that are not written yet, and those that are. Any thread may call."""

    def __init__(self, keep: int) -> None:
        """`keep` is how many days are kept, the present one included."""
        self._keep = keep
        self._fresh: Days = {}
        self._since_start: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, day: date, reason: str) -> None:
        with self._lock:
            self._fresh.setdefault(day, Counter())[reason] += 1
            self._since_start[reason] += 1

    def since_start(self) -> dict[str, int]:
        """Reason -> how often, in this process."""
        with self._lock:
            return dict(self._since_start)

    @property
    def fresh(self) -> bool:
        """Whether there are any that are not written."""
        return bool(self._fresh)

    def write(self, catalogue: Catalogue, today: date) -> None:
        """Add what is new to what is written, and let go of days that are past their time.

        Raises StoreError; nothing is lost by it but to the end of the process. One process at a time may write.
        """
        with self._lock:
            if not self._fresh:
                return
            kept = self._within(added(read(catalogue), self._fresh), today)
            catalogue.set_fact(FACT, json.dumps({day.isoformat(): dict(one) for day, one in sorted(kept.items())}))
            self._fresh = {}

    def days(self, catalogue: Catalogue, today: date) -> Days:
        """All of them, newest day last."""
        with self._lock:
            return self._within(added(read(catalogue), self._fresh), today)

    def _within(self, days: Days, today: date) -> Days:
        first = today - timedelta(days=self._keep - 1)
        return {day: one for day, one in sorted(days.items()) if day >= first}


def read(catalogue: Catalogue) -> Days:
    """The counts that are written. What cannot be read counts as none."""
    found: Days = {}
    with suppress(ValueError, AttributeError, TypeError):
        for day, one in json.loads(catalogue.fact(FACT) or "{}").items():
            found[date.fromisoformat(day)] = Counter({str(name): int(number) for name, number in one.items()})
    return found


def added(one: Mapping[date, Counter[str]], other: Mapping[date, Counter[str]]) -> Days:
    """The sums of both."""
    return {day: one.get(day, Counter()) + other.get(day, Counter()) for day in {**one, **other}}
