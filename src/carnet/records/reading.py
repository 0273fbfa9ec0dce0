"""Bodies out again: found by id, opened, and shown only if the seal vouches for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.errors import DamagedError, GoneError
from carnet.model.record import HOLD
from carnet.records.clock import checked
from carnet.records.opening import Opening
from carnet.records.sealing import body_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from carnet.model.record import Partition, Record, Scope
    from carnet.records.keyring import Keyring
    from carnet.records.sealing import Body
    from carnet.stores.records_contract import RecordStore

ID_DIGITS = 32


def partitions(store: RecordStore) -> list[Partition]:
    """All partitions that are not being dropped, what is held first: of something on its way there, that one counts."""
    standing = [one for one in store.catalogue.partitions() if one.slot >= 0]
    return sorted(standing, key=lambda one: (one.name != HOLD, one.name))


def listing(store: RecordStore, scope: Scope, kind: str = "") -> Iterator[Record]:
    """Records as the index tells them, partition by partition, each once."""
    standing = partitions(store)
    moving = bool(store.catalogue.works()) or any(one.name == HOLD for one in standing)
    seen: set[str] = set()
    for partition in standing:
        for record in store.partition(partition.name).records(scope, kind):
            if record.id not in seen:
                yield record
            if moving:  # a move that is under way has its records in both places for a moment
                seen.add(record.id)


def find(store: RecordStore, record: str) -> tuple[Partition, Record]:
    """Where a record is. Raises GoneError where it is nowhere."""
    name = record.strip().lower()
    if len(name) == ID_DIGITS and all(digit in "0123456789abcdef" for digit in name):
        for partition in partitions(store):
            one = store.partition(partition.name).find(name)
            if one is not None:
                return partition, one
    raise GoneError(f"there is no record {record}: it expired, was deleted, or never was; nothing of it is left")


def show(store: RecordStore, keyring: Keyring, record: str, now: datetime) -> Body:
    """The body as it was put. Raises GoneError once it is gone, DamagedError where nothing vouches for it."""
    checked(store.catalogue, now)
    for _ in range(_TRIES):
        generation, partition, one = store.catalogue.generation(), *find(store, record)
        removals = store.partition(partition.name).removals()
        try:
            return _body(store, keyring, partition, one, now)
        except (DamagedError, GoneError):
            same = store.partition(partition.name).removals() == removals
            if same and store.catalogue.generation() == generation:
                raise  # else it was moved, or sealed anew, or has other keys, meanwhile: it is asked for again
    raise GoneError(f"record {record} is on its way somewhere else; ask again")


_TRIES = 50


def _body(store: RecordStore, keyring: Keyring, partition: Partition, one: Record, now: datetime) -> Body:
    if one.expires <= now and not _is_held(store, partition, one):
        raise GoneError(f"record {one.id} ended at {one.expires:%Y-%m-%d %H:%M:%S} UTC and is not shown any more")
    chunk = store.partition(partition.name).chunk(one.chunk)
    if chunk is None:
        raise GoneError(f"record {one.id} has just been deleted")
    return body_of(Opening(store, keyring, partition).text(chunk), bytes.fromhex(one.id), one.start, one.size)


def _is_held(store: RecordStore, partition: Partition, record: Record) -> bool:
    """Whether a hold keeps a record beyond its end: not one that had ended when the hold was placed."""
    return any(
        one.session == record.session and (partition.name == HOLD or record.expires > one.placed)
        for one in store.catalogue.holds()
    )
