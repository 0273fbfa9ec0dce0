"""Bodies out again: found by id, opened, and shown only if the seal vouches for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.errors import DamagedError, GoneError, UnreadError
from carnet.model.record import HOLD
from carnet.records.chronicle import write
from carnet.records.clock import checked
from carnet.records.opening import Opening
from carnet.records.sealing import body_of
from carnet.records.surveying import Unread, asked, merged, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from carnet.model.record import Partition, Record, Scope
    from carnet.records.keyring import Keyring
    from carnet.records.sealing import Body
    from carnet.stores.records_contract import RecordStore

ID_DIGITS = 32


def listing(store: RecordStore, scope: Scope, kind: str = "", unread: list[Unread] | None = None) -> Iterator[Record]:
    """Records as the index tells them, each once, oldest first. What cannot be read is added to `unread`."""
    records = merged(store, lambda where: where.records(scope, kind), lambda one: (one.created, one.id), unread)
    return (record for _, record in records)


def find(store: RecordStore, record: str) -> tuple[Partition, Record]:
    """Where a record is. Raises GoneError where it is nowhere, UnreadError where it may be in what cannot be read."""
    name, unread = record.strip().lower(), list[Unread]()
    if len(name) == ID_DIGITS and all(digit in "0123456789abcdef" for digit in name):
        for partition, one in asked(store, lambda where: where.find(name), unread):
            if one is not None:
                return partition, one
    if unread:
        raise UnreadError(f"record {record} is in nothing that can be read; {told(unread)}")
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


def read_out(store: RecordStore, keyring: Keyring, record: str, door: str, now: datetime) -> Body:
    """The body, for somebody else than its holder: every such reading comes this way, whatever the `door`.

    The log has an entry of it, of which record and never of a word, before anything is handed out.
    """
    body = show(store, keyring, record, now)
    _, one = find(store, record)
    session = one.session
    what = {"record": one.id, "flow": one.lane.flow, "door": door}
    write(store, READING, now, what, (session.organisation, session.account))
    return body


READING = "reading"
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
