"""What was taken in, for whoever may see it: counts, ratings, errors by kind.

Counts come from tallies; ratings and errors are opened, feedback never.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from carnet.errors import CarnetError
from carnet.gateway.intake.counting import read_day
from carnet.model.record import Scope
from carnet.records.opening import Opening
from carnet.records.retention import created_within
from carnet.records.sealing import body_of
from carnet.records.surveying import asked, partitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sized

    from carnet.model.record import Chunk, Entry, Lane, Partition, Tally
    from carnet.records.keyring import Keyring
    from carnet.records.surveying import Unread
    from carnet.stores.records_contract import Catalogue, PartitionStore, RecordStore

    Span = tuple[Partition, tuple[datetime, datetime]]
    """A partition, and the instants from and before which its records came about."""

FLOWS = ("metrics", "errors", "feedback", "survey", "transcript-share")
AHEAD = 200
"""Chunks that are read at once."""
MOST_OPENED = 20_000
"""Bodies that are opened for one answer, the newest."""


Counted = TypeVar("Counted", bound="Sized")


class Recall(Protocol):
    """Remembers what was made under a key, as long as its stamp is the same."""

    def __call__(self, key: object, stamp: object, make: Callable[[], Counted]) -> Counted:
        """What is remembered, or was made now."""


def anew(key: object, stamp: object, make: Callable[[], Counted]) -> Counted:
    """Remembers nothing."""
    del key, stamp
    return make()


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
    lane: Lane
    since: datetime
    """No record of it was created before."""
    account: int = 0
    """Whose the newest of it is; 0: anybody's."""


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


def taken(
    store: RecordStore, organisation: int = 0, unread: list[Unread] | None = None, recall: Recall = anew
) -> list[Kept]:
    """What was kept, by day, flow, class and provider; of one organisation, or of all. What cannot be read is added to
    `unread`.

    A partition of one day is told by its tallies, others (months, what is held) by a count of their rows, which
    `recall` may remember. What is on its way from one to another is counted in both for that moment.
    """
    found: dict[tuple[str, str, str, str, int, tuple[str, ...]], Kept] = {}
    spans = {one.name: (one, created_within(one)) for one in partitions(store)}
    for _, kept in asked(store, lambda where: _of_partition(where, spans, recall), unread):
        for one in kept:
            if organisation in {0, one.organisation}:
                key = one.day, one.flow, one.retention, one.provider, one.organisation, one.rules
                found[key] = _both(found[key], one) if key in found else one
    return [found[key] for key in sorted(found)]


def _of_partition(where: PartitionStore, spans: Mapping[str, Span], recall: Recall) -> list[Kept]:
    tallies = [one for one in where.tallies() if one.lane.flow in FLOWS]
    if not tallies:
        return []
    partition, (first, stop) = spans[tallies[0].partition]
    last = None if partition.end is None else datetime.combine(partition.end, time(), UTC)
    if last is not None and stop - first <= timedelta(days=1):
        return [_kept(one, first.date(), last) for one in tallies]

    def counted() -> list[Kept]:
        newest = {one: where.chunk(one.newest) for one in where.by_day(FLOWS)}
        return [
            _kept(one.tally, one.day, one.ends, chunk.key.session.account if chunk else 0)
            for one, chunk in newest.items()
        ]

    stamp = where.removals(), tuple(tallies)
    return counted() if last is None else recall(("taken", partition.name), stamp, counted)


def _kept(tally: Tally, day: date, ends: datetime, account: int = 0) -> Kept:
    lane = tally.lane
    return Kept(
        *(day.isoformat(), lane.flow, lane.retention, lane.provider, tally.organisation, lane.rules),
        *(tally.records, tally.bytes, ends, lane),
        datetime.combine(day, time(), UTC),
        account,
    )


def _both(one: Kept, other: Kept) -> Kept:
    return replace(
        one,
        records=one.records + other.records,
        bytes=one.bytes + other.bytes,
        ends=max(one.ends, other.ends),
        account=one.account or other.account,
    )


def outcomes(catalogue: Catalogue, day: str) -> Mapping[str, Mapping[str, int]]:
    """What became of a day's reports, by flow: kept, repeated, forbidden by which rule, fields dropped by path."""
    return read_day(catalogue, day)


def ratings(
    store: RecordStore, keyring: Keyring, organisation: int = 0, most: int = MOST_OPENED
) -> dict[str, Counter[str]]:
    """Day -> rating -> how often, of the newest ratings."""
    found: dict[str, Counter[str]] = {}
    for chunk, body in islice(_bodies(store, keyring, Scope(organisation), "survey", most), most):
        found.setdefault(f"{chunk.created:%Y-%m-%d}", Counter())[str(body.get("rating"))] += 1
    return dict(sorted(found.items()))


def error_groups(
    store: RecordStore, keyring: Keyring, organisation: int = 0, most: int = MOST_OPENED
) -> list[ErrorGroup]:
    """The newest errors by kind, the most frequent first."""
    found: dict[str, ErrorGroup] = {}
    for chunk, body in islice(_bodies(store, keyring, Scope(organisation), "errors", most), most):
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


def _latest(store: RecordStore, scope: Scope, flow: str, most: int) -> list[tuple[Chunk, Partition]]:
    """Chunks of the newest records of a flow, newest first, so many records at least where there are.

    Days are gone back to until there are enough; what is held, or lies with its month, is looked at first.
    """
    found: dict[bytes, tuple[Chunk, Partition]] = {}
    spans = [(created_within(one), one) for one in partitions(store)]
    wide = [one for (first, stop), one in spans if stop - first > timedelta(days=1)]
    daily = [one for (first, stop), one in sorted(spans, key=lambda span: span[0], reverse=True) if one not in wide]
    enough = 0
    for partition in (*wide, *daily):
        chunks: list[Chunk] = []
        with suppress(CarnetError):  # whoever counts says what cannot be read
            chunks = store.partition(partition.name).latest(scope, (flow,), most)
        for chunk in chunks:
            found.setdefault(chunk.uid, (chunk, partition))
        enough += 0 if partition in wide else sum(one.count for one in chunks)
        if enough >= most:
            break
    return sorted(found.values(), key=lambda one: (one[0].created, one[0].uid), reverse=True)[:most]


def _bodies(
    store: RecordStore, keyring: Keyring, scope: Scope, flow: str, most: int
) -> Iterator[tuple[Chunk, dict[str, Any]]]:
    """Bodies that can be opened, newest first; what was just deleted, or is damaged, is passed over."""
    found = _latest(store, scope, flow, most)
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
