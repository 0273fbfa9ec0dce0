"""How much there is of something and when the next of it ends, from the index: no body is opened, no record read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from carnet.errors import CarnetError
from carnet.model.record import HOLD, Scope
from carnet.records.surveying import Unread, asked, hand_over, partitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from carnet.model.record import Chunk, Partition
    from carnet.stores.records_contract import RecordStore

K = TypeVar("K")
_STEPS = 32
"""Into so many parts a partition's span of days is cut to find the first that ends."""


@dataclass(slots=True)
class Amount:
    """Records that have something in common."""

    records: int
    bytes: int
    first: datetime
    """When the first of them ends."""
    last: datetime
    newest: datetime
    """When the newest of them came about."""
    training: int = 0
    """How many of them may train."""


def chunks_of(store: RecordStore, scope: Scope, unread: list[Unread] | None = None) -> Iterator[Chunk]:
    """Chunks of a scope, each once, also while some are on their way from one partition to another."""
    seen: set[bytes] = set()
    for _, chunks in asked(store, lambda where: where.chunks(scope), unread):
        for chunk in chunks:
            if chunk.uid not in seen:
                seen.add(chunk.uid)
                yield chunk


def amounts(chunks: Iterable[Chunk], key: Callable[[Chunk], K]) -> dict[K, Amount]:
    """Summed by a key."""
    found: dict[K, Amount] = {}
    for one in chunks:
        name = key(one)
        amount = found.get(name)
        if amount is None:
            amount = found[name] = Amount(0, 0, one.expires, one.expires, one.created)
        amount.records += one.count
        amount.bytes += one.size
        amount.training += one.count if one.lane.training else 0
        amount.first = min(amount.first, one.expires)
        amount.last = max(amount.last, one.expires)
        amount.newest = max(amount.newest, one.created)
    return found


def total(parts: Iterable[Amount]) -> Amount | None:
    """All of them together; None where there is nothing."""
    every = list(parts)
    if not every:
        return None
    return Amount(
        sum(one.records for one in every),
        sum(one.bytes for one in every),
        min(one.first for one in every),
        max(one.last for one in every),
        max(one.newest for one in every),
        sum(one.training for one in every),
    )


def next_ends(store: RecordStore, unread: list[Unread] | None = None) -> dict[str, datetime]:
    """Retention class -> when the next records of it end; what is held ends never."""
    found: dict[str, datetime] = {}
    for partition in sorted(partitions(store), key=lambda one: str(one.end)):
        name = partition.name.partition("-")[0]
        if partition.name == HOLD or name in found:
            continue
        try:
            first = _first_end(store, partition)
        except CarnetError as error:
            hand_over([Unread(partition.name, error)], unread)
        else:
            found |= {name: first} if first is not None else {}
    return found


def _first_end(store: RecordStore, partition: Partition) -> datetime | None:
    """The earliest end in a partition, asked for step by step, so that a full one is not read whole."""
    where = store.partition(partition.name)
    if partition.end is None or not where.tallies():
        return None
    end = _midnight(partition.end)
    start = end - timedelta(days=1) if partition.name.count("-") == 3 else end - timedelta(days=31)
    for step in range(_STEPS + 1):
        due = where.chunks(Scope(), start + (end - start) * step / _STEPS)
        if due:
            return min(one.expires for one in due)
    return None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
