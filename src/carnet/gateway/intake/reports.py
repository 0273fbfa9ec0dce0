"""What was taken in, for whoever may see it: counts, ratings, errors by kind.

Counts come from the index and the day's tallies; ratings and errors are opened, feedback never.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from carnet.errors import CarnetError
from carnet.gateway.intake.counting import read_day
from carnet.model.record import Scope
from carnet.records.opening import Opening
from carnet.records.sealing import body_of
from carnet.records.surveying import asked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from carnet.model.record import Chunk, Entry, Partition
    from carnet.records.keyring import Keyring
    from carnet.records.surveying import Unread
    from carnet.stores.records_contract import Catalogue, PartitionStore, RecordStore

FLOWS = ("metrics", "errors", "feedback", "survey", "transcript-share")
AHEAD = 200
"""Chunks that are read at once."""
MOST_OPENED = 20_000
"""Bodies that are opened for one answer, the newest."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How much of one flow was kept on one day, under one decision."""

    day: str
    flow: str
    retention: str
    provider: str
    organisation: int
    rules: tuple[str, ...]
    """What allowed it."""
    records: int
    bytes: int
    ends: datetime
    """When the last of it goes."""
    sample: Chunk
    """The newest of it."""


@dataclass(slots=True)
class ErrorGroup:
    """Errors of one kind."""

    group: str
    types: tuple[str, ...]
    count: int = 0
    first: datetime | None = None
    last: datetime | None = None
    releases: set[str] = field(default_factory=set)
    example: Mapping[str, Any] = field(default_factory=dict)
    """The newest of them, as it was kept."""


def taken(store: RecordStore, organisation: int = 0, unread: list[Unread] | None = None) -> list[Kept]:
    """What was kept, by day, flow, class and provider; of one organisation, or of all. What cannot be read is added to
    `unread`.
    """
    found: dict[tuple[str, str, str, str, int, tuple[str, ...]], list[Chunk]] = {}
    for chunk, _ in _chunks(store, Scope(organisation), FLOWS, unread):
        lane, day = chunk.lane, f"{chunk.created:%Y-%m-%d}"
        key = day, lane.flow, lane.retention, lane.provider, chunk.key.session.organisation, lane.rules
        found.setdefault(key, []).append(chunk)
    return [_kept(key, found[key]) for key in sorted(found)]


def _kept(key: tuple[str, str, str, str, int, tuple[str, ...]], chunks: list[Chunk]) -> Kept:
    return Kept(
        *key,
        records=sum(one.count for one in chunks),
        bytes=sum(one.size for one in chunks),
        ends=max(one.expires for one in chunks),
        sample=max(chunks, key=lambda one: one.created),
    )


def outcomes(catalogue: Catalogue, day: str) -> Mapping[str, Mapping[str, int]]:
    """What became of a day's reports, by flow: kept, repeated, forbidden by which rule, fields dropped by path."""
    return read_day(catalogue, day)


def ratings(
    store: RecordStore, keyring: Keyring, organisation: int = 0, most: int = MOST_OPENED
) -> dict[str, Counter[str]]:
    """Day -> rating -> how often, of the newest ratings."""
    found: dict[str, Counter[str]] = {}
    for chunk, body in islice(_bodies(store, keyring, Scope(organisation), "survey"), most):
        found.setdefault(f"{chunk.created:%Y-%m-%d}", Counter())[str(body.get("rating"))] += 1
    return dict(sorted(found.items()))


def error_groups(
    store: RecordStore, keyring: Keyring, organisation: int = 0, most: int = MOST_OPENED
) -> list[ErrorGroup]:
    """The newest errors by kind, the most frequent first."""
    found: dict[str, ErrorGroup] = {}
    for chunk, body in islice(_bodies(store, keyring, Scope(organisation), "errors"), most):
        event = body.get("event")
        if isinstance(event, dict):
            _count(found, str(body.get("group", "")), event, chunk)
    return sorted(found.values(), key=lambda one: (-one.count, one.group))


def _count(found: dict[str, ErrorGroup], name: str, event: dict[str, Any], chunk: Chunk) -> None:
    values = event.get("exception", {}).get("values", [])
    types = tuple(str(value.get("type", "")) for value in values)
    group = found.setdefault(name, ErrorGroup(name, types))
    group.count += 1
    group.first = min(group.first or chunk.created, chunk.created)
    if group.last is None or chunk.created >= group.last:
        group.last, group.example = chunk.created, event
    if "release" in event:
        group.releases.add(str(event["release"]))


def _chunks(
    store: RecordStore, scope: Scope, flows: Collection[str], unread: list[Unread] | None
) -> Iterator[tuple[Chunk, Partition]]:
    """Chunks of some flows; partitions that have none of them are not searched."""

    def some(where: PartitionStore) -> list[Chunk]:
        return where.chunks(scope) if any(one.lane.flow in flows for one in where.tallies()) else []

    seen: set[bytes] = set()
    for partition, chunks in asked(store, some, unread):
        for chunk in chunks:
            if chunk.lane.flow in flows and chunk.uid not in seen:
                seen.add(chunk.uid)
                yield chunk, partition


def _bodies(store: RecordStore, keyring: Keyring, scope: Scope, flow: str) -> Iterator[tuple[Chunk, dict[str, Any]]]:
    """Bodies that can be opened, newest first; what was just deleted, or is damaged, is passed over."""
    found = sorted(_chunks(store, scope, (flow,), []), key=lambda one: (one[0].created, one[0].uid), reverse=True)
    openings = {one.name: Opening(store, keyring, one) for _, one in found}
    for start in range(0, len(found), AHEAD):
        batch = found[start : start + AHEAD]
        entries = _ahead(store, openings, batch)
        for chunk, partition in batch:
            with suppress(CarnetError):
                text = openings[partition.name].text(chunk)
                for entry in entries.get(chunk.uid, ()):
                    yield chunk, _object(body_of(text, entry.id, entry.start, entry.size).data)


def _ahead(
    store: RecordStore, openings: Mapping[str, Opening], batch: list[tuple[Chunk, Partition]]
) -> dict[bytes, tuple[Entry, ...]]:
    """Read at once what opening a batch needs, not chunk by chunk; the records of its chunks."""
    found: dict[bytes, tuple[Entry, ...]] = {}
    for name in {partition.name for _, partition in batch}:
        chunks = [chunk for chunk, partition in batch if partition.name == name]
        openings[name].read_ahead(chunks)
        openings[name].keys_ahead(chunks)
        found |= store.partition(name).entries([one.uid for one in chunks])
    return found


def _object(data: bytes) -> dict[str, Any]:
    """Records of these flows may come from elsewhere, too: what is no object of ours has nothing in it."""
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
