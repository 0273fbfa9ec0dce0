"""The keeper: finishes what was begun, ends what is due, packs what rests, takes away what a crash left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.records import erasing, reclassifying, rotating
from carnet.records.chronicle import publish_log
from carnet.records.clock import ticked
from carnet.records.draining import drain_all
from carnet.records.dropping import sweep_partitions
from carnet.records.expiring import Ended, expire
from carnet.records.holding import settle
from carnet.records.packing import pack_partition, sweep_keys, sweep_objects
from carnet.records.reading import partitions

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from carnet.records.keyring import Keyring
    from carnet.records.receipts import Receipt
    from carnet.stores.records_contract import RecordStore


@dataclass(frozen=True, slots=True)
class Round:
    """What a round of the keeper came to."""

    ended: Ended
    receipts: tuple[Receipt, ...]
    """Of erasures that were finished."""
    packed: int
    swept: int = 0
    """Objects and keys that a crash had left."""


def keep(store: RecordStore, keyring: Keyring, now: datetime, idle: timedelta, due: datetime | None = None) -> Round:
    """A whole round: everything that is due, then what crashes left."""
    return replace(attend(store, keyring, now, idle, due), swept=tidy(store, keyring))


def tidy(store: RecordStore, keyring: Keyring) -> int:
    """Remove objects and keys that a crash left; it looks at every one there is."""
    return sweep_partitions(store) + sweep_objects(store) + sweep_keys(store, keyring)


def attend(store: RecordStore, keyring: Keyring, now: datetime, idle: timedelta, due: datetime | None = None) -> Round:
    """What is due. `due` ends what would be due at another instant; the clock's mark is the present one's."""
    ticked(store.catalogue, now)
    faults: list[CarnetError] = []
    receipts: tuple[Receipt, ...] = ()
    try:
        receipts = resume(store, keyring, now)
    except CarnetError as error:  # what cannot be finished keeps nothing from its end
        faults.append(error)
    ended = expire(store, keyring, due or now, now)
    faults += ended.faults
    packed = 0
    for partition in partitions(store):
        try:
            packed += pack_partition(store, keyring, partition, now, idle)
            store.partition(partition.name).checkpoint()
        except CarnetError as error:
            faults.append(error)
    store.catalogue.checkpoint()
    publish_log(store, keyring)
    if faults:
        raise faults[0]
    return Round(ended, receipts, packed)


def resume(store: RecordStore, keyring: Keyring, now: datetime) -> tuple[Receipt, ...]:
    """Finish what is under way, oldest first: another process may have stopped in the middle of it.

    What waits in the spool comes first, so that what is to be erased is there to be erased.
    """
    with store.lock():
        drain_all(store, now)
        settle(store, keyring, now)
        receipts = []
        for work in store.catalogue.works():
            if work.kind == rotating.ROTATE:
                rotating.rotate(store, keyring, work, now)
            elif work.kind == reclassifying.RECLASSIFY:
                reclassifying.reclassify(store, keyring, work, now)
            elif erasing.is_due(store, work):
                receipts.append(erasing.erase(store, keyring, work, lambda: now))
    return tuple(one for one in receipts if not one.queued)
