"""Counts by day and reason survive the process, and end with their time."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.gateway.domains.counts import FACT, Counts, read

if TYPE_CHECKING:
    from carnet.stores.contract import Store

DAY = date(2026, 11, 26)


def test_counts_add_up_over_processes(store: Store) -> None:
    catalogue = store.records.catalogue
    for _ in range(2):
        counts = Counts(30)
        counts.add(DAY, "passed")
        counts.add(DAY, "blocked")
        counts.write(catalogue, DAY)
        assert not counts.fresh
    counts.add(DAY, "passed")
    assert counts.days(catalogue, DAY) == {DAY: Counter(passed=3, blocked=2)}
    assert read(catalogue) == {DAY: Counter(passed=2, blocked=2)}


def test_days_past_their_time_are_let_go_of(store: Store) -> None:
    catalogue, counts = store.records.catalogue, Counts(30)
    counts.add(DAY - timedelta(days=30), "passed")
    counts.add(DAY - timedelta(days=29), "passed")
    counts.write(catalogue, DAY - timedelta(days=29))
    assert len(read(catalogue)) == 2
    assert list(counts.days(catalogue, DAY)) == [DAY - timedelta(days=29)]
    counts.add(DAY, "passed")
    counts.write(catalogue, DAY)
    assert list(read(catalogue)) == [DAY - timedelta(days=29), DAY]


def test_nothing_new_writes_nothing(store: Store) -> None:
    Counts(30).write(store.records.catalogue, DAY)
    assert store.records.catalogue.fact(FACT) is None


def test_a_store_that_is_away_loses_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue, counts = store.records.catalogue, Counts(30)
    counts.add(DAY, "passed")

    def away(*_: object) -> None:
        raise StoreError("away")

    with monkeypatch.context() as patched:
        patched.setattr(catalogue, "set_fact", away)
        with pytest.raises(StoreError):
            counts.write(catalogue, DAY)
    counts.write(catalogue, DAY)
    assert read(catalogue) == {DAY: Counter(passed=1)}


@pytest.mark.parametrize(
    "text", ["", "[", "[]", '{"x": {}}', '{"2026-11-26": 3}', json.dumps({"2026-11-26": {"a": "b"}})]
)
def test_what_cannot_be_read_counts_as_none(store: Store, text: str) -> None:
    store.records.catalogue.set_fact(FACT, text)
    assert read(store.records.catalogue) == {}


def test_threads_lose_no_count(store: Store) -> None:
    counts, catalogue = Counts(30), store.records.catalogue

    def work() -> None:
        for _ in range(200):
            counts.add(DAY, "passed")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for _ in range(20):
        counts.write(catalogue, DAY)
    for one in threads:
        one.join()
    assert counts.days(catalogue, DAY)[DAY]["passed"] == 800
