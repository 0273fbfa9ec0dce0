"""Counts by day and flow, across restarts, without what nothing may be written of."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from carnet.errors import CarnetError, StoreError
from carnet.gateway.intake.counting import FACT, MOST_TOGETHER, Counts, read_day
from carnet.gateway.intake.sifting import Paths, Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from carnet.stores.contract import Store

DAY = "2026-04-01"


def test_another_process_goes_on_counting(store: Store) -> None:
    catalogue = store.records.catalogue
    for _ in range(2):
        counts = Counts()
        counts.load(catalogue, DAY)
        counts.add(DAY, "metrics", "kept", 3)
        counts.add_dropped(DAY, "otlp", Tally(Counter({"otlp.logs.body": 2})))
        counts.flush(catalogue)
    assert read_day(catalogue, DAY) == {"metrics": {"kept": 6}, "otlp": {"dropped:otlp.logs.body": 4}}


def test_what_zero_retention_forbade_is_counted_in_memory_only(store: Store) -> None:
    counts = Counts()
    counts.add(DAY, "metrics", "forbidden:zdr")
    counts.flush(store.records.catalogue)
    assert store.records.catalogue.fact(FACT + DAY) is None
    counts.add(DAY, "metrics", "kept")
    counts.flush(store.records.catalogue)
    assert read_day(store.records.catalogue, DAY) == {"metrics": {"kept": 1}}
    assert counts.days[DAY]["metrics"]["forbidden:zdr"] == 1


def test_a_day_nobody_counted_is_empty_and_a_damaged_one_is_told(store: Store) -> None:
    assert read_day(store.records.catalogue, DAY) == {}
    store.records.catalogue.set_fact(FACT + DAY, "not json")
    with pytest.raises(CarnetError, match=DAY):
        read_day(store.records.catalogue, DAY)


def test_what_is_dropped_together_is_counted_as_if_alone_and_fills_no_memory(store: Store) -> None:
    counts, kind = Counts(), Paths(Counter({"sentry.a": 1, "sentry.b": 2}))
    for _ in range(3):
        counts.add_dropped(DAY, "sentry", Tally(Counter({"sentry.b": 1}), {kind: 2}))
    assert counts.all()[DAY]["sentry"] == {"dropped:sentry.a": 6, "dropped:sentry.b": 15}
    for _ in range(2 * MOST_TOGETHER):
        counts.add_dropped(DAY, "sentry", Tally(together={Paths(Counter(["sentry.c"])): 1}))
        assert len(counts._together.get((DAY, "sentry"), ())) <= MOST_TOGETHER
    assert counts.since_start()["sentry", "dropped:sentry.c"] == 2 * MOST_TOGETHER
    counts.flush(store.records.catalogue)
    assert read_day(store.records.catalogue, DAY)["sentry"] == counts.all()[DAY]["sentry"]


class Slow:
    """A catalogue in which writing takes long enough for something to happen."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self.facts: dict[str, str] = {}
        self.meanwhile = meanwhile

    def set_fact(self, key: str, value: str) -> None:
        self.meanwhile()
        self.facts[key] = value

    def fact(self, key: str) -> str | None:
        return self.facts.get(key)


def test_what_is_counted_while_counts_are_written_is_written_next_time() -> None:
    counts = Counts()
    slow = Slow(lambda: counts.add(DAY, "errors", "kept", 41))
    counts.add(DAY, "errors", "kept")
    counts.flush(slow)  # type: ignore[arg-type]
    slow.meanwhile = lambda: None
    counts.flush(slow)  # type: ignore[arg-type]
    assert read_day(slow, DAY) == {"errors": {"kept": 42}}  # type: ignore[arg-type]


def test_what_could_not_be_written_is_written_next_time() -> None:
    def fail() -> None:
        raise StoreError("the disk is full")

    counts, slow = Counts(), Slow(fail)
    for day in (DAY, "2026-04-02"):
        counts.add(day, "errors", "kept")
    with pytest.raises(StoreError):
        counts.flush(slow)  # type: ignore[arg-type]
    slow.meanwhile = lambda: None
    counts.flush(slow)  # type: ignore[arg-type]
    assert len(slow.facts) == 2
