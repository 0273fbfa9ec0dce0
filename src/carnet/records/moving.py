"""Chunks from one partition to another: their class changed, or a hold was placed or released.

Written there first, then taken away here: whatever stops in between, the next keeper finishes it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from carnet.errors import DamagedError
from carnet.model.record import Sealed
from carnet.records.opening import Opening
from carnet.records.removing import remove
from carnet.records.resealing import alone, decide, decided, loosened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from carnet.model.record import Chunk, Key, Lane, Partition, Session
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore

_AHEAD = 64
"""Chunks whose bytes are read together: of a megabyte each at most, about."""
_BYTES, _CHUNKS = 16 << 20, 500
"""Written in one transaction, about."""


@dataclass(frozen=True, slots=True)
class Move:
    """A chunk, where it goes, and what is decided of it there."""

    chunk: Chunk
    to: Partition
    lane: Lane
    expires: datetime


def move(store: RecordStore, keyring: Keyring, source: Partition, moves: Sequence[Move]) -> int:
    """Move chunks of one partition. Call it with the lock held.

    What is too damaged to be opened stays where it is and as it was decided, and ends there when it is to end; how many
    chunks should have been decided otherwise, and were not.
    """
    leaving = _bases_first([one for one in moves if one.to.name != source.name])
    copied: set[bytes] = set()
    for name in dict.fromkeys(one.to.name for one in leaving):
        copied |= _copy(store, keyring, source, [one for one in leaving if one.to.name == name])
    staying = [one for one in moves if one.chunk.uid not in copied]
    left = _stay(store, keyring, source, staying)
    remove(store, keyring, source, [one.chunk for one in leaving if one.chunk.uid in copied])
    return left


def _bases_first(moves: Sequence[Move]) -> list[Move]:
    """Each behind what it rests on, session by session: nobody's chunks lie in no order."""
    order: dict[Session, int] = {}
    for one in moves:
        order.setdefault(one.chunk.key.session, len(order))
    return sorted(moves, key=lambda one: (order[one.chunk.key.session], one.chunk.depth))


def _stay(store: RecordStore, keyring: Keyring, source: Partition, moves: Sequence[Move]) -> int:
    """Write decisions and ends of what stays; how many decisions could not be written."""
    where = store.partition(source.name)
    other = [one for one in moves if one.lane != one.chunk.lane]
    here = [(one.chunk, one.lane, one.expires) for one in other if one.to.name == source.name]
    done = decide(Opening(store, keyring, source), where, store.objects, here)
    ends = {one.chunk.uid: one.expires for one in moves if one.chunk.uid not in done}
    if ends:
        where.end(ends)
    return sum(one.chunk.uid not in done for one in other)


def _copy(store: RecordStore, keyring: Keyring, source: Partition, moves: Sequence[Move]) -> set[bytes]:
    """Write chunks that go to one partition there, too; the uids of those that can be taken away here.

    Without its key there is nothing left of a chunk to move: taking it away was begun already.
    """
    if not moves:
        return set()
    target = keyring.prepared(moves[0].to)
    where = store.partition(target.name)
    keys = list(dict.fromkeys(one.chunk.key for one in moves))
    adopted = _brought(store, keyring, source, target, keys)
    forms = store.keys.read(source.name, [one.slot for one in keys])
    destroyed = {one for one, form in zip(keys, forms, strict=True) if not form}
    copied: set[bytes] = set()
    for some in _portions(_sealed(store, keyring, source, moves, adopted)):
        where.add(list(dict.fromkeys(one.chunk.key for one in some)), some)
        copied.update(one.chunk.uid for one in some)
    return copied | {one.chunk.uid for one in moves if one.chunk.key in destroyed}


def _sealed(
    store: RecordStore, keyring: Keyring, source: Partition, moves: Sequence[Move], adopted: Mapping[Key, Key]
) -> Iterator[Sealed]:
    """The chunks as they are to lie there, each behind what it rests on; without those that cannot be opened."""
    opening = Opening(store, keyring, source)
    moving, made = {one.chunk.uid for one in moves}, set[bytes]()
    for at in range(0, len(moves), _AHEAD):
        some = moves[at : at + _AHEAD]
        chunks = [one.chunk for one in some]
        opening.read_ahead(chunks)
        opening.keys_ahead(chunks)
        entries = store.partition(source.name).entries([one.uid for one in chunks])
        for one in some:
            below = one.chunk.base
            if one.chunk.key not in adopted or (below in moving and below not in made):
                continue
            with suppress(DamagedError):
                anew = _same(opening, one, rests=not below or below in moving)
                chunk = replace(anew.chunk, key=adopted[one.chunk.key], expires=one.expires)
                yield Sealed(chunk, anew.data, tuple([entry.size for entry in entries[chunk.uid]]))
                made.add(chunk.uid)


def _portions(sealed: Iterator[Sealed]) -> Iterator[list[Sealed]]:
    """What is written together: a few megabytes."""
    some, size = list[Sealed](), 0
    for one in sealed:
        some.append(one)
        size += len(one.data)
        if size >= _BYTES or len(some) >= _CHUNKS:
            yield some
            some, size = [], 0
    if some:
        yield some


def _same(opening: Opening, one: Move, *, rests: bool) -> Sealed:
    """A chunk as it is to lie there; whether what it rests on is there, too."""
    if not rests:
        return alone(opening, one.chunk, one.lane)
    return loosened(opening, one.chunk) if one.lane == one.chunk.lane else decided(opening, one.chunk, one.lane)


def _brought(
    store: RecordStore, keyring: Keyring, source: Partition, target: Partition, keys: Sequence[Key]
) -> dict[Key, Key]:
    """Keys as they lie in the target. One that it has already stays there: no erasure would find a second copy."""
    where = store.partition(target.name)
    secrets = _opened(keyring, source, keys)
    had = {one.uid: one for one in where.keys_of({one.session for one in keys})}
    forms = store.keys.read(target.name, [one.slot for one in had.values()])
    there = {uid: one for (uid, one), form in zip(had.items(), forms, strict=True) if form}
    strange = secrets.keys() - there.keys()
    adopted = keyring.adopt(target, {one: secrets[one.uid] for one in keys if one.uid in strange})
    where.move_keys([one for one in adopted.values() if one.uid in had])  # its slot there was destroyed
    return adopted | {one: there[one.uid] for one in keys if one.uid in there and one.uid in secrets}


def _opened(keyring: Keyring, source: Partition, keys: Sequence[Key]) -> dict[bytes, bytes]:
    """Those keys that open."""
    try:
        return keyring.open(source, keys)
    except DamagedError:
        if len(keys) == 1:
            return {}
    return {uid: secret for one in keys for uid, secret in _opened(keyring, source, [one]).items()}
