"""Packing: the chunks of a session that rests become one object. Never two sessions in one."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from carnet.model.record import Scope
from carnet.records.dropping import RING, unknown
from carnet.records.opening import Opening
from carnet.records.surveying import asked, partitions

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.model.record import Partition, Session
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore

PACK_BYTES = 8 << 20
"""Sealed bytes of a session that are packed though it does not rest."""
_ENDING = timedelta(days=2)
"""Before its partition ends nothing is packed any more: it would be taken apart again, chunk by chunk."""


def pack(store: RecordStore, keyring: Keyring, now: datetime, idle: timedelta) -> int:
    """Pack sessions without a record for as long as `idle`; how many objects were written."""
    return sum(pack_partition(store, keyring, partition, now, idle) for partition in partitions(store))


def pack_partition(store: RecordStore, keyring: Keyring, partition: Partition, now: datetime, idle: timedelta) -> int:
    if partition.end is not None and now.date() + _ENDING >= partition.end:
        return 0
    resting = store.partition(partition.name).loose(now - idle, PACK_BYTES)
    return sum(_pack_session(store, keyring, partition, session) for session in resting)


def _pack_session(store: RecordStore, keyring: Keyring, partition: Partition, session: Session) -> int:
    with store.lock():
        where = store.partition(partition.name)
        scope = Scope(session.organisation, session.account, session.name, session.repository)
        chunks = [one for one in where.chunks(scope) if not one.object and one.key.session == session]
        if not chunks:
            return 0
        opening = Opening(store, keyring, partition)
        name, parts, settled, offset = f"bodies/{partition.name}/{secrets.token_hex(16)}", [], [], 0
        for one in chunks:
            data = opening.data(one)
            settled.append(replace(one, object=name, offset=offset))
            parts.append(data)
            offset += len(data)
        store.objects.put(name, b"".join(parts))
        where.settle(settled)
        return 1


def sweep_objects(store: RecordStore) -> int:
    """Remove objects that no chunk is packed in: a crash left them."""
    with store.lock():
        known = {one.name for one in store.catalogue.partitions()} | set(store.partition_names())
        stray = [
            name
            for partition, held in asked(store, lambda where: where.objects(), [])  # what cannot be read is left alone
            for name in set(store.objects.names(f"bodies/{partition.name}")) - held
        ]
        stray += [name for name in store.objects.names("bodies") if name.split("/")[1] not in known]
        store.objects.delete(stray)
        return len(stray)


def sweep_keys(store: RecordStore, keyring: Keyring) -> int:
    """Destroy keys that no session has: a crash left them."""
    with store.lock():
        stray = 0 if unknown(store) else keyring.sweep_ring()
        known = {one.name for one in store.catalogue.partitions()} | {RING, *store.partition_names()}
        for partition, held in asked(store, lambda where: where.slots(), []):
            slots = sorted(set(store.keys.used(partition.name)) - held)
            store.keys.destroy(partition.name, slots)
            stray += len(slots)
        for file in set(store.keys.files()) - known:
            store.keys.drop(file)
        return stray
