"""Sessions, keys and sealed chunks for tests, with all that does not matter filled in; numbers tell them apart."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec.structs import replace

from carnet.model.record import UID_BYTES, Chunk, Entry, Key, Lane, Sealed, Session, record_id
from carnet.model.sink import Sink
from tests import make
from tests.records.kept import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence

LANE = Lane("exchange", "inference", "anthropic", "days30", True, ("operate",), ("carnet.a", "carnet.b"))


def session(name: str = "s1", organisation: int = 1, account: int = 1, repository: str = "") -> Session:
    return Session(organisation, account, name, repository)


def lane(**others: object) -> Lane:
    return replace(LANE, **others)


def uid(number: int) -> bytes:
    """Of a chunk."""
    return number.to_bytes(UID_BYTES, "big")


def key_uid(number: int) -> bytes:
    return number.to_bytes(16, "big")


def key(number: int = 1, of: Session | None = None) -> Key:
    """A key that lies in the slot of its number."""
    return Key(key_uid(number), of or session(), number)


def sealed(
    number: int,
    under: Key | None = None,
    *,
    sizes: Sequence[int] = (5,),
    hours: float = 0,
    days: float = 30,
    of: Lane = LANE,
) -> Sealed:
    """A chunk with a record of each size."""
    data = f"sealed {number}".encode() * 3
    created = make.at(hours)
    chunk = Chunk(
        uid=uid(number),
        key=under or key(),
        lane=of,
        created=created,
        expires=created + timedelta(days=days),
        base=b"",
        depth=0,
        size=sum(sizes),
        count=len(sizes),
        length=len(data),
        digest=hashlib.sha256(data).digest(),
    )
    return Sealed(chunk, data, tuple(sizes))


def entries(one: Sealed) -> tuple[Entry, ...]:
    """Where its records lie."""
    starts = accumulate(one.sizes, initial=0)
    return tuple(
        Entry(record_id(one.chunk.uid, at), start, size)
        for at, (start, size) in enumerate(zip(starts, one.sizes, strict=False))
    )


def sink(name: str = "own") -> Sink:
    """Of the first organisation there is."""
    return Sink(name, 1, "https://a.test", NOW, ("errors",), "json", (("A", "VAR"),), "https://h.test", "SECRET")
