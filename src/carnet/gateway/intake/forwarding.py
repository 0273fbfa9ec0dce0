"""From the store to sinks. The queue is the store itself: what was deleted before it went out never goes out.

What is new is found by the uids of chunks, which begin with the second they were created in. A chunk may come to light
some time after that second, so those of the last minutes are looked at again, and which of them a sink has is written
down. A crash between a collector's answer and that word sends a batch twice; nothing is left out.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from carnet.errors import CarnetError
from carnet.gateway.intake.outward import Load
from carnet.model.record import UID_BYTES, Lane
from carnet.records.deciding import Deciding
from carnet.records.opening import Opening
from carnet.records.sealing import body_of
from carnet.records.surveying import partitions
from carnet.records.telling import pseudonym
from carnet.records.works import ERASE, means

if TYPE_CHECKING:
    from datetime import date

    from carnet.model.record import Chunk, Partition
    from carnet.model.sink import Progress, Sink
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore

WINDOW = timedelta(minutes=5)
"""How long after its creation a chunk may come to light: who writes it may have waited for the store's lock."""
LONGEST = timedelta(hours=24)
"""How long something waits for a sink that does not take it."""
MOST, MOST_BYTES = 200, 1 << 20
"""Chunks, and bytes of their bodies, that go out together."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes out together, or is passed over, and how far the sink is after it."""

    load: Load
    chunks: tuple[bytes, ...]
    """What is done with, once this is."""
    records: int
    progress: Progress
    """After it, had nothing been sent."""


def batch(store: RecordStore, keyring: Keyring, sink: Sink, now: datetime, most: int = MOST) -> Batch:
    """What a sink gets next."""
    progress = store.sinks.progress(sink.name)
    if progress.through > now:  # the clock was put back
        progress = replace(progress, through=now - WINDOW)
    found = _new(store, sink, progress, most)
    taken, load, records, dropped = list[bytes](), Load(), 0, 0
    size = 0
    standing = _Standing(store, sink, now) if found else None
    for partition, uid in found[:most]:
        chunk = store.partition(partition.name).chunk(uid)
        if chunk is not None and taken and size + chunk.size > MOST_BYTES:
            break
        taken.append(uid)
        if chunk is None or standing is None or not standing.of(chunk, partition):
            continue
        if chunk.created < now - LONGEST:
            dropped += chunk.count
            continue
        size += chunk.size
        records += _add(load, store, keyring, partition, chunk)
    whole = len(taken) == len(found)
    through = now - WINDOW if whole else min(now - WINDOW, _instant(taken[-1]))
    after = replace(progress, through=max(progress.through, through), dropped=progress.dropped + dropped)
    return Batch(load, tuple(taken), records, after)


def behind(progress: Progress, now: datetime) -> timedelta:
    """How long the oldest chunk that may wait for a sink has waited."""
    return max(now - WINDOW - progress.through, timedelta())


def floor(at: datetime) -> bytes:
    """No chunk created at or after an instant has a smaller uid."""
    return struct.pack(">I", max(0, int(at.timestamp()))) + bytes(UID_BYTES - 4)


def _instant(uid: bytes) -> datetime:
    return datetime.fromtimestamp(struct.unpack(">I", uid[:4])[0], UTC)


def _new(store: RecordStore, sink: Sink, progress: Progress, most: int) -> list[tuple[Partition, bytes]]:
    """Chunks the sink does not have, oldest first; one more than asked for where there are more."""
    had = store.sinks.forwarded(sink.name)
    found: dict[bytes, Partition] = {}
    for partition in partitions(store):
        with suppress(CarnetError):  # a damaged one keeps no other from going out
            where = store.partition(partition.name)
            uids = where.since(floor(progress.through), sink.organisation, sink.flows, most + 1 + len(had))
            found |= {uid: partition for uid in uids if uid not in had}
    return [(found[uid], uid) for uid in sorted(found)[: most + 1]]


@lru_cache(2)
def _rules(day: date) -> Deciding:
    return Deciding(day)


class _Standing:
    """Whether a chunk would be kept today: what is to be erased, or is allowed no more, does not go out any more."""

    def __init__(self, store: RecordStore, sink: Sink, now: datetime) -> None:
        self._store, self._now = store, now
        self._works = [one for one in store.catalogue.works() if one.kind == ERASE]
        self._whose = next((one for one in store.directory.organisations() if one.id == sink.organisation), None)
        self._allowed: dict[tuple[int, str, str, str], bool] = {}

    def of(self, chunk: Chunk, partition: Partition) -> bool:
        session = chunk.key.session
        if chunk.expires <= self._now or any(means(work, session, partition.name) for work in self._works):
            return False
        asked = session.account, chunk.lane.kind, chunk.lane.flow, chunk.lane.provider
        if asked not in self._allowed:
            self._allowed[asked] = self._decided(*asked)
        return self._allowed[asked]

    def _decided(self, account: int, kind: str, flow: str, provider: str) -> bool:
        if self._whose is None or self._whose.zdr:
            return False
        person = next((one for one in self._store.directory.accounts(self._whose.id) if one.id == account), None)
        found = _rules(self._now.astimezone(UTC).date()).decide(self._whose, person, kind, flow, provider)
        return person is not None and isinstance(found, Lane)


def _add(load: Load, store: RecordStore, keyring: Keyring, partition: Partition, chunk: Chunk) -> int:
    """How many records of a chunk go out; none where it has just been deleted, or is damaged."""
    name, seen = pseudonym(keyring.sink_key(), chunk.key.session), int(chunk.created.timestamp()) * 10**9
    try:
        text = Opening(store, keyring, partition).text(chunk)
        entries = store.partition(partition.name).entries([chunk.uid])[chunk.uid]
        bodies = [_object(body_of(text, one.id, one.start, one.size).data) for one in entries]
    except CarnetError:
        return 0
    for body in bodies:
        load.add(body, name, seen)
    return len(bodies)


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
