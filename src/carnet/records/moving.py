"""Chunks from one partition to another: their class changed, or a hold was placed or released.

Written there first, then taken away here: whatever stops in between, the next keeper finishes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carnet.model.record import Sealed
from carnet.records.opening import Opening
from carnet.records.removing import alone, loosened, remove

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from carnet.model.record import Chunk, Lane, Partition
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore


@dataclass(frozen=True, slots=True)
class Move:
    """A chunk, where it goes, and what is decided of it there."""

    chunk: Chunk
    to: Partition
    lane: Lane
    expires: datetime


def move(store: RecordStore, keyring: Keyring, source: Partition, moves: Sequence[Move]) -> None:
    """Move chunks of one partition. Call it with the lock held."""
    staying = [one for one in moves if one.to.name == source.name]
    if staying:
        store.partition(source.name).relane({one.chunk.uid: (one.lane, one.expires) for one in staying})
    for name in dict.fromkeys(one.to.name for one in moves if one.to.name != source.name):
        _copy(store, keyring, source, [one for one in moves if one.to.name == name])
    remove(store, keyring, source, [one.chunk for one in moves if one.to.name != source.name])


def _copy(store: RecordStore, keyring: Keyring, source: Partition, moves: Sequence[Move]) -> None:
    target = keyring.prepared(moves[0].to)
    where = store.partition(target.name)
    opening = Opening(store, keyring, source)
    keys = list(dict.fromkeys(one.chunk.key for one in moves))
    secrets = keyring.open(source, keys)
    moving = {one.chunk.uid for one in moves}
    entries = store.partition(source.name).entries(list(moving))
    adopted = keyring.adopt(target, {key: secrets[key.uid] for key in keys if key.uid in secrets})
    sealed = []
    for one in moves:
        if one.chunk.key not in adopted:
            continue  # its key was destroyed: there is nothing left to move
        same = loosened if not one.chunk.base or one.chunk.base in moving else alone
        copied = same(opening, one.chunk)
        chunk = replace(copied.chunk, key=adopted[one.chunk.key], lane=one.lane, expires=one.expires)
        sealed.append(Sealed(chunk, copied.data, entries[one.chunk.uid]))
    where.add(list(adopted.values()), sealed)
