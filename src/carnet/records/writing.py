"""Groups of bodies into sealed chunks, written: keys first, then rows and bytes in one transaction a partition."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from carnet.model.record import Chunk, Entry, Sealed
from carnet.records.sealing import NONCE, compressed, heading, plain, seal, vouched
from carnet.records.tails import Known, Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from carnet.model.record import Partition, Session
    from carnet.records.grouping import Group
    from carnet.records.keyring import Keyring
    from carnet.records.tails import Tails
    from carnet.stores.records_contract import RecordStore


def write_groups(
    store: RecordStore, keyring: Keyring, tails: Tails, groups: Sequence[Group], random: Callable[[int], bytes]
) -> None:
    """Seal and write; durable when this returns. Call it with the store's lock held."""
    by_partition: dict[str, list[Group]] = {}
    for one in groups:
        by_partition.setdefault(one.ground.partition.name, []).append(one)
    for members in by_partition.values():
        _write_partition(store, keyring, tails, members, random)


def _write_partition(
    store: RecordStore, keyring: Keyring, tails: Tails, groups: Sequence[Group], random: Callable[[int], bytes]
) -> None:
    partition = keyring.prepared(groups[0].ground.partition)
    where = store.partition(partition.name)
    tails.trust(partition.name, (partition.slot, where.removals()))
    known = _known(store, keyring, tails, partition, list(dict.fromkeys(one.ground.session for one in groups)))
    try:
        sealed = [_sealed(tails, partition.name, known[one.ground.session], one, random) for one in groups]
        keys = where.add([one.key for one in known.values()], sealed)
    except BaseException:
        tails.forget(partition.name)  # the chunks remembered a moment ago were not written
        raise
    for key in keys:
        had = known[key.session]
        tails.know(partition.name, Known(key, had.secret, had.form))


def _known(
    store: RecordStore, keyring: Keyring, tails: Tails, partition: Partition, sessions: Sequence[Session]
) -> dict[Session, Known]:
    """The key of each session: the one remembered if it still stands, else the one that is written, else a new one."""
    remembered = {one: tails.keys[partition.name, one] for one in sessions if (partition.name, one) in tails.keys}
    forms = store.keys.read(partition.name, [known.key.slot for known in remembered.values()])
    found = {
        session: known for (session, known), form in zip(remembered.items(), forms, strict=True) if form == known.form
    }
    others = [one for one in sessions if one not in found]
    if others:
        found |= _written(store, keyring, partition, others)
    missing = [one for one in others if one not in found]
    if missing:
        made = keyring.make(partition, missing)
        found |= {session: Known(key, secret, form) for session, (key, secret, form) in made.items()}
    return found


def _written(
    store: RecordStore, keyring: Keyring, partition: Partition, sessions: Sequence[Session]
) -> dict[Session, Known]:
    """Keys that the partition has, and that were not destroyed."""
    keys = store.partition(partition.name).keys(sessions)
    forms = store.keys.read(partition.name, [key.slot for key in keys.values()])
    secrets = keyring.open(partition, list(keys.values()))
    return {
        session: Known(key, secrets[key.uid], form)
        for (session, key), form in zip(keys.items(), forms, strict=True)
        if key.uid in secrets
    }


def _sealed(tails: Tails, partition: str, known: Known, group: Group, random: Callable[[int], bytes]) -> Sealed:
    text = plain(group.bodies)
    tail = tails.tail(partition, known.key.uid, group.ground.lane)
    base = tail if tail is not None and tail.carries(len(text)) else None
    uid = group.uid
    ground, below = group.ground, base.uid if base else b""
    about = vouched(uid, ground.session, ground.lane, ground.created, below)
    data = seal(AESGCM(known.secret), random(NONCE), compressed(text, base.text if base else b""), about)
    depth, reach = (base.depth + 1, base.reach + len(text)) if base else (0, len(text))
    tails.remember(partition, known.key.uid, group.ground.lane, Tail(uid, text, depth, reach))
    chunk = Chunk(
        uid=uid,
        key=known.key,
        lane=group.ground.lane,
        created=group.ground.created,
        expires=group.ground.expires,
        base=below,
        depth=depth,
        size=len(text) - heading(len(group.bodies)),
        count=len(group.bodies),
        length=len(data),
        digest=hashlib.sha256(data).digest(),
    )
    entries, start = [], 0
    for body in group.bodies:
        entries.append(Entry(body.id, start, len(body.data)))
        start += len(body.data)
    return Sealed(chunk, data, tuple(entries))
