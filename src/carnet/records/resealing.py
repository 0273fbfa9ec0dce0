"""Chunks in another sealed form: out of their object, resting on nothing, or under another decision."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec.structs import replace

from carnet.errors import DamagedError, GoneError
from carnet.model.record import Sealed
from carnet.records.sealing import NONCE, compressed, seal, unsealed, vouched

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from carnet.model.record import Chunk, Lane
    from carnet.records.opening import Opening
    from carnet.stores.objects_contract import Objects
    from carnet.stores.records_contract import PartitionStore


def loosened(opening: Opening, chunk: Chunk) -> Sealed:
    """The same chunk, out of its object."""
    return Sealed(replace(chunk, object="", offset=0), opening.data(chunk), ())


def alone(opening: Opening, chunk: Chunk, lane: Lane | None = None) -> Sealed:
    """The same chunk, resting on no other; under another decision, where there is one."""
    anew = replace(chunk, lane=lane or chunk.lane, base=b"", depth=0)
    return _sealed(opening, anew, compressed(opening.text(chunk), b""))


def decided(opening: Opening, chunk: Chunk, lane: Lane) -> Sealed:
    """The same chunk under another decision, resting on what it rests on."""
    return _sealed(opening, replace(chunk, lane=lane), unsealed(opening.secret(chunk), chunk, opening.data(chunk)))


def _sealed(opening: Opening, chunk: Chunk, packed: bytes) -> Sealed:
    about = vouched(chunk.uid, chunk.key.session, chunk.lane, chunk.created, chunk.base)
    data = seal(AESGCM(opening.secret(chunk)), os.urandom(NONCE), packed, about)
    digest = hashlib.sha256(data).digest()
    return Sealed(replace(chunk, length=len(data), digest=digest, object="", offset=0), data, ())


def decide(
    opening: Opening, where: PartitionStore, objects: Objects, changes: Sequence[tuple[Chunk, Lane, datetime]]
) -> set[bytes]:
    """Seal chunks under other decisions and ends where they lie; the uids of those for which that was done.

    What cannot be opened stays as it is. What else lies in their objects leaves them: each is nobody's whole any more.
    """
    anew = list[Sealed]()
    for chunk, lane, expires in changes:
        with suppress(DamagedError, GoneError):
            one = decided(opening, chunk, lane)
            anew.append(replace(one, chunk=replace(one.chunk, expires=expires)))
    done = {one.chunk.uid for one in anew}
    lost = {chunk.object for chunk, _, _ in changes if chunk.object and chunk.uid in done}
    lying = [one for one in neighbours(where, [chunk for chunk, _, _ in changes]) if one.object in lost] if lost else []
    if anew:
        where.replace([*anew, *(loosened(opening, one) for one in lying if one.uid not in done)])
        objects.delete(sorted(lost))
    return done


def neighbours(where: PartitionStore, chunks: Sequence[Chunk]) -> list[Chunk]:
    """All chunks of the sessions of these."""
    return where.chunks_of({one.key.session for one in chunks})
