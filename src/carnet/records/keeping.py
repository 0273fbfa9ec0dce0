"""The keeper: finishes what was begun, ends what is due, packs what rests, takes away what a crash left."""

from __future__ import annotations

from contextlib import contextmanager
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
from carnet.records.receipts import Receipt
from carnet.records.surveying import Unread, hand_over, partitions
from carnet.records.works import RECLASSIFY, is_due

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from carnet.records.keyring import Keyring
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
    unread: tuple[Unread, ...] = ()
    """What kept nothing else from its end, and could not be attended to itself."""


def keep(store: RecordStore, keyring: Keyring, now: datetime, idle: timedelta, due: datetime | None = None) -> Round:
    """A whole round: everything that is due, then what crashes left."""
    return replace(attend(store, keyring, now, idle, due), swept=tidy(store, keyring))


def tidy(store: RecordStore, keyring: Keyring) -> int:
    """Remove objects and keys that a crash left; it looks at every one there is, but in partitions it cannot read."""
    return sweep_partitions(store) + sweep_objects(store) + sweep_keys(store, keyring)


def attend(store: RecordStore, keyring: Keyring, now: datetime, idle: timedelta, due: datetime | None = None) -> Round:
    """What is due. `due` ends what would be due at another instant; the clock's mark is the present one's."""
    ticked(store.catalogue, now)
    unread = list[Unread]()
    receipts = resume(store, keyring, now, unread)
    ended = expire(store, keyring, due or now, now)
    unread += ended.unread
    packed = 0
    for partition in partitions(store):
        try:
            packed += pack_partition(store, keyring, partition, now, idle)
            store.partition(partition.name).checkpoint()
        except CarnetError as error:
            unread.append(Unread(partition.name, error))
    store.catalogue.checkpoint()
    publish_log(store, keyring)
    return Round(ended, receipts, packed, unread=tuple(unread))


def resume(
    store: RecordStore, keyring: Keyring, now: datetime, unread: list[Unread] | None = None
) -> tuple[Receipt, ...]:
    """Finish what is under way, oldest first: another process may have stopped in the middle of it.

    What waits in the spool comes first, so that what is to be erased is there to be erased. What cannot be finished
    keeps nothing else from it: why is added to `unread`, or raised at the end.
    """
    found, receipts = list[Unread](), list[Receipt]()
    with store.lock():
        with _noting("spool", found):
            drain_all(store, now)
        settle(store, keyring, now, found)
        for work in store.catalogue.works():
            with _noting(work.kind, found):
                if work.kind == rotating.ROTATE:
                    rotating.rotate(store, keyring, work, now)
                elif work.kind == RECLASSIFY:
                    reclassifying.reclassify(store, keyring, work, now, found)
                elif is_due(store, work):
                    receipt = erasing.erase(store, keyring, work, lambda: now)
                    receipts.append(receipt)
                    found += receipt.unread
    hand_over(found, unread)
    return tuple(one for one in receipts if not one.queued)


@contextmanager
def _noting(what: str, found: list[Unread]) -> Iterator[None]:
    try:
        yield
    except CarnetError as error:
        found.append(Unread(what, error))
