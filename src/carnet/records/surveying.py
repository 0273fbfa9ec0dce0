"""All partitions asked the same: answers of those that can be read, and names of those that cannot.

A damaged file must neither hide what the others hold nor be passed over in silence.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from carnet.errors import CarnetError, UnreadError
from carnet.model.record import HOLD
from carnet.records.retention import created_within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from carnet.model.record import Partition
    from carnet.stores.records_contract import PartitionStore, RecordStore

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read to its end, or not be changed."""

    name: str
    """Of the partition, or `spool`."""
    why: CarnetError


def partitions(store: RecordStore) -> list[Partition]:
    """All partitions that are not being dropped, what is held first: of something on its way there, that one counts."""
    standing = [one for one in store.catalogue.partitions() if one.slot >= 0]
    return sorted(standing, key=lambda one: (one.name != HOLD, one.name))


def asked(
    store: RecordStore, question: Callable[[PartitionStore], T], unread: list[Unread] | None = None
) -> Iterator[tuple[Partition, T]]:
    """What each partition answers. Those that cannot are added to `unread`; without it, their fault is raised."""
    for partition in partitions(store):
        try:
            answer = question(store.partition(partition.name))
        except CarnetError as error:
            hand_over([Unread(partition.name, error)], unread)
        else:
            yield partition, answer


def merged(
    store: RecordStore,
    walk: Callable[[PartitionStore], Iterator[T]],
    order: Callable[[T], tuple[datetime, object]],
    unread: list[Unread] | None = None,
) -> Iterator[tuple[Partition, T]]:
    """What all partitions walk through, in one order that begins with the instant of creation, each thing once.

    A partition is opened when its first possible record is next: few are open together, however many there are.
    """
    ranked = enumerate(partitions(store))
    waiting = deque(sorted(ranked, key=lambda one: created_within(one[1])[0]))
    heads: list[tuple[tuple[datetime, object], int, Partition, T, Iterator[T]]] = []
    last = None
    while waiting or heads:
        while waiting and not (heads and heads[0][0][0] < created_within(waiting[0][1])[0]):
            rank, partition = waiting.popleft()
            _push(heads, order, rank, partition, _walk(store, partition, walk, unread))
        if heads:
            place, rank, partition, one, rest = heapq.heappop(heads)
            if place != last:  # a move that is under way has something in both places for a moment
                yield partition, one
            last = place
            _push(heads, order, rank, partition, rest)


def _push(
    heads: list[tuple[tuple[datetime, object], int, Partition, T, Iterator[T]]],
    order: Callable[[T], tuple[datetime, object]],
    rank: int,
    partition: Partition,
    rest: Iterator[T],
) -> None:
    for one in rest:
        heapq.heappush(heads, (order(one), rank, partition, one, rest))
        return


def _walk(
    store: RecordStore,
    partition: Partition,
    walk: Callable[[PartitionStore], Iterator[T]],
    unread: list[Unread] | None,
) -> Iterator[T]:
    try:
        yield from walk(store.partition(partition.name))
    except CarnetError as error:
        hand_over([Unread(partition.name, error)], unread)


def hand_over(found: Sequence[Unread], unread: list[Unread] | None) -> None:
    """Add what could not be read to a list; where nobody has one, raise the first fault."""
    if unread is not None:
        unread += found
    elif found:
        raise found[0].why


def told(unread: Sequence[Unread]) -> str:
    """What could not be read, in words."""
    return "; ".join(dict.fromkeys(f"{one.name} cannot be read: {one.why}" for one in unread))


def refuse_unread(unread: Sequence[Unread], what: str) -> None:
    """Raise UnreadError where something could not be read; `what` says what that means for the answer."""
    if unread:
        raise UnreadError(f"{what}: {told(unread)}")
