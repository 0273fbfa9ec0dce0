"""Groups of bodies into sealed chunks, written: keys first, then rows and bytes in one transaction a partition."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from carnet.errors import DamagedError, LostError
from carnet.model.record import Chunk, Sealed
from carnet.records.sealing import NONCE, compressed, heading, plain, seal, squeezed, vouched
from carnet.records.tails import Known, Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from carnet.errors import CarnetError
    from carnet.model.record import Key, Partition, Session
    from carnet.records.grouping import Group
    from carnet.records.keyring import Keyring
    from carnet.records.tails import Tails
    from carnet.stores.records_contract import RecordStore

_MANY, _SMALL = 16, 4096
"""Bodies of one chunk, and bytes that each of them has at the mean."""


def write_groups(
    store: RecordStore,
    keyring: Keyring,
    tails: Tails,
    groups: Sequence[Group],
    random: Callable[[int], bytes],
    wrote: Callable[[Sequence[Group]], object] = lambda _: None,
    lost: Callable[[Sequence[Group], CarnetError], object] | None = None,
) -> None:
    """Seal and write; durable when this returns. Call it with the store's lock held.

    `wrote` is told what is durable already, partition by partition: where this raises, that has been kept. `lost` is
    told what is bound for a partition whose file is damaged: without it, that is raised, and nothing goes on.
    """
    by_partition: dict[str, list[Group]] = {}
    for one in groups:
        by_partition.setdefault(one.ground.partition.name, []).append(one)
    for members in by_partition.values():
        try:
            _write_partition(store, keyring, tails, members, random)
        except (LostError, DamagedError) as error:
            if lost is None:
                raise
            lost(members, error)
        else:
            wrote(members)


def _write_partition(
    store: RecordStore, keyring: Keyring, tails: Tails, groups: Sequence[Group], random: Callable[[int], bytes]
) -> None:
    partition = keyring.prepared(groups[0].ground.partition)
    where = store.partition(partition.name)
    sessions = list(dict.fromkeys([one.ground.session for one in groups]))
    known = _remembered(store, tails, partition, sessions)
    strange = [one for one in sessions if one not in known]
    removals, written = where.look(strange)
    tails.trust(partition.name, (partition.slot, removals))
    if strange:
        known |= _known(store, keyring, partition, strange, written)
    nonces = random(NONCE * len(groups))
    try:
        sealed = [
            _sealed(tails, partition.name, known[one.ground.session], one, nonces[at * NONCE : (at + 1) * NONCE])
            for at, one in enumerate(groups)
        ]
        keys = where.add([one.key for one in known.values()], sealed)
    except BaseException:
        tails.forget(partition.name)  # the chunks remembered a moment ago were not written
        raise
    for key in keys:
        had = known[key.session]
        tails.know(partition.name, had if key is had.key else Known(key, had.secret, had.form))


def _remembered(
    store: RecordStore, tails: Tails, partition: Partition, sessions: Sequence[Session]
) -> dict[Session, Known]:
    """Keys that were used before and still stand."""
    found = [tails.keys.get((partition.name, one)) for one in sessions]
    had = [known for known in found if known is not None]
    forms = store.keys.read(partition.name, [known.key.slot for known in had])
    return {known.key.session: known for known, form in zip(had, forms, strict=True) if form == known.form}


def _known(
    store: RecordStore,
    keyring: Keyring,
    partition: Partition,
    sessions: Sequence[Session],
    keys: Mapping[Session, Key],
) -> dict[Session, Known]:
    """The key of each session: the one that is written, if it was not destroyed, else a new one."""
    forms = store.keys.read(partition.name, [key.slot for key in keys.values()])
    secrets = keyring.open(partition, list(keys.values())) if keys else {}
    found = {
        session: Known(key, secrets[key.uid], form)
        for (session, key), form in zip(keys.items(), forms, strict=True)
        if key.uid in secrets
    }
    missing = [one for one in sessions if one not in found]
    made = keyring.make(partition, missing) if missing else {}
    return found | {session: Known(key, secret, form) for session, (key, secret, form) in made.items()}


def _sealed(tails: Tails, partition: str, known: Known, group: Group, nonce: bytes) -> Sealed:
    uid, ground, key, many = group.uid, group.ground, known.key, len(group.bodies)
    text = plain(uid, group.bodies, group.forms)
    tail = None if _alike(group) else tails.tail(partition, key.uid, ground.lane)
    base = tail if tail is not None and tail.carries(len(text)) else None
    below = base.uid if base else b""
    about = vouched(uid, ground.session, ground.lane, ground.created, below)
    under = base.text if base else b""
    packed = squeezed(text, under) if _short(group) else compressed(text, under, heading(many))
    data = seal(tails.cipher(known.secret), nonce, packed, about)
    depth, reach = (base.depth + 1, base.reach + len(text)) if base else (0, len(text))
    tails.remember(partition, key.uid, ground.lane, Tail(uid, text, depth, reach))
    digest = hashlib.sha256(data).digest()
    end = ground.expires
    chunk = Chunk(uid, key, ground.lane, ground.created, end, below, depth, group.bytes, many, len(data), digest)
    return Sealed(chunk, data, tuple(map(len, group.bodies)))


def _alike(group: Group) -> bool:
    """Whether it has so many small bodies that each rests on those before it: a chunk before would add little.

    To find what it has takes longer than all the rest: of 32 reports, fifty times as long as to compress them.
    """
    return len(group.bodies) >= _MANY and group.bytes < _SMALL * len(group.bodies)


def _short(group: Group) -> bool:
    """Whether what it has in common with a chunk before is in short runs, of which zstd finds more, and sooner."""
    many = len(group.bodies)
    return group.bytes < (_SMALL * many if many > 1 else _SMALL // 2)
