"""Chunks taken out of a partition: keys first, then rows, then objects; what rested on them is sealed anew before."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from carnet.errors import DamagedError, GoneError
from carnet.model.record import Scope, Sealed
from carnet.records.opening import Opening
from carnet.records.sealing import NONCE, compressed, seal, vouched

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from carnet.model.record import Chunk, Partition
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import PartitionStore, RecordStore


def alone(opening: Opening, chunk: Chunk) -> Sealed:
    """The same chunk, resting on no other."""
    text = opening.text(chunk)
    about = vouched(chunk.uid, chunk.key.session, chunk.lane, chunk.created, b"")
    data = seal(AESGCM(opening.secret(chunk)), os.urandom(NONCE), compressed(text, b""), about)
    digest = hashlib.sha256(data).digest()
    return Sealed(replace(chunk, base=b"", depth=0, length=len(data), digest=digest, object="", offset=0), data, ())


def loosened(opening: Opening, chunk: Chunk) -> Sealed:
    """The same chunk, out of its object."""
    return Sealed(replace(chunk, object="", offset=0), opening.data(chunk), ())


def remove(store: RecordStore, keyring: Keyring, partition: Partition, doomed: Sequence[Chunk]) -> None:
    """Take chunks out for good. What else lies in their sessions stays readable. Call it with the lock held."""
    if not doomed:
        return
    where = store.partition(partition.name)
    uids = {one.uid for one in doomed}
    rest = [one for one in _neighbours(where, doomed) if one.uid not in uids]
    _let_stand(Opening(store, keyring, partition), where, rest, uids, _objects(doomed))
    used = {one.key.slot for one in rest}
    store.keys.destroy(partition.name, sorted({one.key.slot for one in doomed} - used))
    where.remove(list(uids))
    store.objects.delete(sorted(_objects(doomed)))
    where.checkpoint()


def _neighbours(where: PartitionStore, doomed: Sequence[Chunk]) -> list[Chunk]:
    """All chunks of the sessions that lose some."""
    sessions = {one.key.session for one in doomed}
    if len(sessions) > MANY:
        return [one for one in where.chunks(Scope()) if one.key.session in sessions]
    found: list[Chunk] = []
    for one in sessions:
        scope = Scope(one.organisation, one.account, one.name, one.repository)
        found += [chunk for chunk in where.chunks(scope) if chunk.key.session == one]
    return found


MANY = 200
"""Sessions beyond which reading the whole partition is cheaper than asking for each."""


def _let_stand(
    opening: Opening, where: PartitionStore, rest: Sequence[Chunk], doomed: Collection[bytes], objects: Collection[str]
) -> None:
    """Make what stays independent of what goes: of the chunks it was compressed against, and of their objects."""
    based = [one for one in rest if one.base in doomed]
    # A chunk that another one sealed anew used to lie with loses its object too: that is nobody's whole any more.
    lost = {*objects, *(one.object for one in based if one.object)}
    lying = [one for one in rest if one.object in lost and one.base not in doomed]
    anew = [*_anew(alone, opening, based), *_anew(loosened, opening, lying)]
    if anew:
        where.replace(anew)


def _anew(form: Callable[[Opening, Chunk], Sealed], opening: Opening, chunks: Sequence[Chunk]) -> Iterator[Sealed]:
    """Those that can be opened: one that is damaged already must not keep another from its end."""
    for one in chunks:
        with suppress(DamagedError, GoneError):
            yield form(opening, one)


def _objects(chunks: Sequence[Chunk]) -> set[str]:
    return {one.object for one in chunks if one.object}
