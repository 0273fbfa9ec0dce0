"""What was taken in, for whoever may see it: counts, ratings, errors by kind, the inbox of feedback.

Counts come from the index and the day's tallies; ratings, errors and feedback are opened.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from carnet.errors import CarnetError
from carnet.gateway.intake.counting import read_day
from carnet.model.record import HOLD, Scope
from carnet.records.opening import Opening
from carnet.records.sealing import body_of
from carnet.records.surveying import partitions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from carnet.model.record import Chunk
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import Catalogue, RecordStore

FLOWS = ("metrics", "errors", "feedback", "survey", "transcript-share")


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


@dataclass(frozen=True, slots=True)
class Report:
    """Feedback, or a transcript that was shared."""

    receipt: str
    flow: str
    organisation: int
    account: int
    created: datetime
    expires: datetime
    held: bool
    description: str
    scope: str
    turns: int
    """Entries of the transcript, which itself is read as a record."""
    removed: int
    """Secrets taken out of it."""
    record: str


def taken(store: RecordStore, organisation: int = 0) -> list[Kept]:
    """What was kept, by day, flow, class and provider; of one organisation, or of all."""
    found: Counter[tuple[str, str, str, str, int, tuple[str, ...]]] = Counter()
    sizes: Counter[tuple[str, str, str, str, int, tuple[str, ...]]] = Counter()
    for chunk in _chunks(store, Scope(organisation)):
        lane, day = chunk.lane, f"{chunk.created:%Y-%m-%d}"
        key = day, lane.flow, lane.retention, lane.provider, chunk.key.session.organisation, lane.rules
        found[key] += chunk.count
        sizes[key] += chunk.size
    return [Kept(*key, records=found[key], bytes=sizes[key]) for key in sorted(found)]


def outcomes(catalogue: Catalogue, day: str) -> Mapping[str, Mapping[str, int]]:
    """What became of a day's reports, by flow: kept, repeated, forbidden by which rule, fields dropped by path."""
    return read_day(catalogue, day)


def ratings(store: RecordStore, keyring: Keyring, organisation: int = 0) -> dict[str, Counter[str]]:
    """Day -> rating -> how often."""
    found: dict[str, Counter[str]] = {}
    for chunk, _, body in _bodies(store, keyring, Scope(organisation), "survey"):
        found.setdefault(f"{chunk.created:%Y-%m-%d}", Counter())[str(body.get("rating"))] += 1
    return dict(sorted(found.items()))


def error_groups(store: RecordStore, keyring: Keyring, organisation: int = 0) -> list[ErrorGroup]:
    """Errors by kind, the most frequent first."""
    found: dict[str, ErrorGroup] = {}
    for chunk, _, body in _bodies(store, keyring, Scope(organisation), "errors"):
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


def inbox(store: RecordStore, keyring: Keyring, organisation: int = 0) -> list[Report]:
    """Feedback and shared transcripts, the newest first."""
    found = []
    for flow in ("feedback", "transcript-share"):
        for chunk, record, body in _bodies(store, keyring, Scope(organisation), flow):
            if isinstance(body.get("report"), dict):
                found.append(_report(chunk, record, body, flow))
    return sorted(found, key=lambda one: (one.created, one.receipt), reverse=True)


def _report(chunk: Chunk, record: tuple[str, bool], body: Mapping[str, Any], flow: str) -> Report:
    report = body["report"]
    return Report(
        receipt=str(body.get("receipt", "")),
        flow=flow,
        organisation=chunk.key.session.organisation,
        account=chunk.key.session.account,
        created=chunk.created,
        expires=chunk.expires,
        held=record[1],
        description=str(report.get("description", "")),
        scope=str(report.get("scope", "")),
        turns=len(report.get("transcript", ())),
        removed=sum(body.get("removed", {}).values()),
        record=record[0],
    )


def _chunks(store: RecordStore, scope: Scope) -> Iterator[Chunk]:
    seen: set[bytes] = set()
    for partition in partitions(store):
        for chunk in store.partition(partition.name).chunks(scope):
            if chunk.lane.flow in FLOWS and chunk.uid not in seen:
                seen.add(chunk.uid)
                yield chunk


def _bodies(
    store: RecordStore, keyring: Keyring, scope: Scope, flow: str
) -> Iterator[tuple[Chunk, tuple[str, bool], dict[str, Any]]]:
    """Chunk, (id, held) and body of what can be opened; what was just deleted, or is damaged, is passed over."""
    seen: set[bytes] = set()
    for partition in partitions(store):
        where, opening = store.partition(partition.name), Opening(store, keyring, partition)
        for chunk in where.chunks(scope):
            if chunk.lane.flow != flow or chunk.uid in seen:
                continue
            seen.add(chunk.uid)
            with suppress(CarnetError):
                text = opening.text(chunk)
                for entry in where.entries([chunk.uid])[chunk.uid]:
                    body = _object(body_of(text, entry.id, entry.start, entry.size).data)
                    yield chunk, (entry.id.hex(), partition.name == HOLD), body


def _object(data: bytes) -> dict[str, Any]:
    """Records of these flows may come from elsewhere, too: what is no object of ours has nothing in it."""
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
