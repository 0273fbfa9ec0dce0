"""Other keys for the same records: an organisation's next epoch, or another root, while everything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.model.record import Scope, Work
from carnet.records.chronicle import publish_log, write
from carnet.records.dropping import RING
from carnet.records.surveying import Unread, partitions, refuse_unread

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore

ROTATE = "rotate"


def begin(store: RecordStore, keyring: Keyring, organisation: int, now: datetime) -> Work:
    """Give an organisation a new key: what is written from now on is under it."""
    with store.lock():
        epoch, _ = keyring.org_key(organisation)
        work = store.catalogue.add_work(Work(0, ROTATE, Scope(organisation), now, {"epoch": epoch + 1}))
        keyring.new_epoch(organisation, epoch + 1)
        return work


def rotate(store: RecordStore, keyring: Keyring, work: Work, now: datetime) -> int:
    """Wrap everything by the newest key, partition by partition, then destroy the older ones; how many keys.

    Raises UnreadError where some of them cannot be read: the older keys stay, and the work is still to be finished.
    """
    organisation, rewrapped = work.scope.organisation, 0
    if keyring.org_key(organisation)[0] < int(str(work.done["epoch"])):
        keyring.new_epoch(organisation, int(str(work.done["epoch"])))  # it stopped before there was one
    unread = list[Unread]()
    for partition in partitions(store):
        with store.lock():
            try:
                rewrapped += keyring.rewrap(partition, store.partition(partition.name).scoped_keys(work.scope))
            except CarnetError as error:
                unread.append(Unread(partition.name, error))
    refuse_unread(unread, "what is written from now on is under the new key; the old one stays until all is")
    with store.lock():
        newest, _ = keyring.org_key(organisation)
        keys = store.catalogue.org_keys()
        old = {place: slot for place, slot in keys.items() if place[0] == organisation and place[1] < newest}
        store.keys.destroy(RING, list(old.values()))
        store.catalogue.remove_org_keys(list(old))
        write(store, "rotation", now, {"organisation": organisation, "keys": rewrapped}, (organisation, 0))
        store.catalogue.remove_work(work.id)
        publish_log(store, keyring)
    return rewrapped
