"""Ending what is due: whole partitions at once, whatever their number of records; single chunks before that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from carnet.model.record import HOLD, Scope
from carnet.records.chronicle import write
from carnet.records.dropping import drop
from carnet.records.holding import settle
from carnet.records.removing import remove

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.model.record import Partition
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore


@dataclass(frozen=True, slots=True)
class Ended:
    """What an expiry came to."""

    partitions: tuple[str, ...]
    """Those dropped whole."""
    records: int
    """Records that ended one by one, before their partition did."""


def expire(store: RecordStore, keyring: Keyring, due: datetime, now: datetime) -> Ended:
    """End everything that is due at an instant, but what is held."""
    dropped, records = [], 0
    with store.lock():
        settle(store, keyring, due)
        for partition in store.catalogue.partitions():
            if partition.name == HOLD:
                continue
            if partition.slot < 0 or (partition.end is not None and partition.end <= due.astimezone(UTC).date()):
                drop(store, partition)
                dropped.append(partition.name)
                write(store, "expiry", now, {"partition": partition.name})
            else:
                records += _end_some(store, keyring, partition, due)
    return Ended(tuple(dropped), records)


def _end_some(store: RecordStore, keyring: Keyring, partition: Partition, due: datetime) -> int:
    chunks = store.partition(partition.name).chunks(Scope(), due)
    remove(store, keyring, partition, chunks)
    return sum(one.count for one in chunks)
