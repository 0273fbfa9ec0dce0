"""Ending what is due: whole partitions at once, whatever their number of records; single chunks before that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.model.record import HOLD, Scope
from carnet.records.chronicle import write
from carnet.records.dropping import drop
from carnet.records.holding import settle
from carnet.records.removing import AT_ONCE, remove
from carnet.records.surveying import Unread

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from carnet.model.record import Partition, Session
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore


@dataclass(frozen=True, slots=True)
class Ended:
    """What an expiry came to."""

    partitions: tuple[str, ...]
    """Those dropped whole."""
    records: int
    """Records that ended one by one, before their partition did."""
    unread: tuple[Unread, ...] = ()
    """Partitions that could not be looked at, with why."""


def expire(store: RecordStore, keyring: Keyring, due: datetime, now: datetime) -> Ended:
    """End everything that is due at an instant, but what is held."""
    dropped, records, unread = list[str](), 0, list[Unread]()
    with store.lock():
        settle(store, keyring, due, unread)  # what is held is spared below, wherever it lies
        held = {one.session: one.placed for one in store.catalogue.holds()}
        for partition in store.catalogue.partitions():
            if partition.name == HOLD:
                continue
            try:
                if _goes_whole(store, partition, due, held):
                    drop(store, partition)
                    dropped.append(partition.name)
                    write(store, "expiry", now, {"partition": partition.name})
                else:
                    records += _end_some(store, keyring, partition, due, held)
            except CarnetError as error:  # one that is damaged keeps no other from its end
                unread.append(Unread(partition.name, error))
    return Ended(tuple(dropped), records, tuple(unread))


def _goes_whole(store: RecordStore, partition: Partition, due: datetime, held: Mapping[Session, datetime]) -> bool:
    over = partition.end is not None and partition.end <= due.astimezone(UTC).date()
    return partition.slot < 0 or (over and not _secured(store, partition, held))


def _secured(store: RecordStore, partition: Partition, held: Mapping[Session, datetime]) -> bool:
    """Whether something of a held session still lies there: it could not be moved, being damaged, and must not go."""
    where = store.partition(partition.name) if held else None
    return where is not None and any(
        chunk.key.session == one and chunk.expires > placed
        for one, placed in held.items()
        for chunk in where.chunks(Scope(one.organisation, one.account, one.name, one.repository))
    )


def _end_some(
    store: RecordStore, keyring: Keyring, partition: Partition, due: datetime, held: Mapping[Session, datetime]
) -> int:
    ended = 0
    chunks = store.partition(partition.name).ending(due)
    doomed = (one for one in chunks if one.key.session not in held or one.expires <= held[one.key.session])
    while some := list(islice(doomed, AT_ONCE)):
        remove(store, keyring, partition, some)
        ended += sum(one.count for one in some)
    return ended
