"""The newest records of a scope, without reading what is certainly older."""

from __future__ import annotations

import heapq
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from carnet.records.reading import partitions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.model.record import Partition, Record, Scope
    from carnet.stores.records_contract import RecordStore

_MARGIN = timedelta(days=4)
"""By so much the ends of records differ that were created at once: a month has 28 to 31 days."""
_FOREVER = datetime.max.replace(tzinfo=UTC)


def newest(store: RecordStore, scope: Scope, kind: str, most: int, before: str = "") -> list[Record]:
    """Records, newest first; `before` is the id of one that all of them are older than (ids sort by time)."""
    found: list[Record] = []
    for partition in sorted(partitions(store), key=latest, reverse=True):
        if len(found) == most and found[-1].created >= latest(partition):
            break
        rows = {one.id: one for one in found} | {one.id: one for one in _of(store, partition, scope, kind, before)}
        found = heapq.nlargest(most, rows.values(), key=lambda one: one.id)
    return found


def _of(store: RecordStore, partition: Partition, scope: Scope, kind: str, before: str) -> Iterator[Record]:
    for record in store.partition(partition.name).records(scope, kind):
        if not before or record.id < before:
            yield record


def latest(partition: Partition) -> datetime:
    """No record in a partition was created later: its end, less the length of its class."""
    if partition.end is None:
        return _FOREVER
    unit, number = partition.name[:1], int("".join(one for one in partition.name.partition("-")[0] if one.isdigit()))
    end = datetime(partition.end.year, partition.end.month, partition.end.day, tzinfo=UTC)
    days = {"d": 1, "m": 28, "y": 365}[unit] * number
    return end - timedelta(days=days) + _MARGIN
