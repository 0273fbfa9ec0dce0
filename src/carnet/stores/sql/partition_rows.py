"""Nouns from the rows of a partition."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carnet.errors import DamagedError
from carnet.model.record import Chunk, Entry, Key, Lane, Record, Session, record_id
from carnet.stores.sql.instants import instant
from carnet.stores.sql.partition_tables import chunk, key, session
from carnet.stores.sql.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from carnet.model.record import Scope

_SIZE = struct.Struct(">I")
_SESSION = (session.c.organisation, session.c.account, session.c.name, session.c.repository)
_PARTS = {"organisation": "organisation", "account": "account", "name": "session", "repository": "repository"}
"""Columns, and what they are called in a scope."""
SESSIONS = sa.select(session)
KEYS = sa.select(key.c.uid, key.c.slot, *_SESSION).join_from(key, session)
CHUNKS = sa.select(chunk, key.c.uid.label("key_uid"), key.c.slot, *_SESSION).select_from(
    chunk.join(key, key.c.id == chunk.c.key).join(session, session.c.id == chunk.c.session)
)

ONE_CHUNK = Prepared(CHUNKS.where(chunk.c.uid == sa.bindparam("which")))
ALL_CHUNKS = CHUNKS.order_by(chunk.c.id)
DUE_CHUNKS = ALL_CHUNKS.where(chunk.c.expires <= sa.bindparam("due"))
PAGE = 500
"""Chunks read in one transaction: a long one would keep removed bytes alive."""
LEAST = -(1 << 63)
_FROM = sa.tuple_(sa.bindparam("after"), sa.bindparam("chunk"))
_ONE_PAGE: sa.ColumnElement[int] = sa.literal_column(str(PAGE))
BY_SESSION = CHUNKS.order_by(chunk.c.session, chunk.c.id).limit(_ONE_PAGE)
MORE_OF_ONE = Prepared(
    CHUNKS.where(chunk.c.session == sa.bindparam("which"), chunk.c.id > sa.bindparam("after"))
    .order_by(chunk.c.id)
    .limit(_ONE_PAGE)
)
ENDING = Prepared(
    CHUNKS.where(sa.tuple_(chunk.c.expires, chunk.c.id) > _FROM, chunk.c.expires <= sa.bindparam("due"))
    .order_by(chunk.c.expires, chunk.c.id)
    .limit(_ONE_PAGE)
)


def within(scope: Scope) -> sa.ColumnElement[bool]:
    """The condition that a session is meant by a scope."""
    parts = {name: getattr(scope, part) for name, part in _PARTS.items()}
    return sa.and_(sa.true(), *(session.c[name] == wanted for name, wanted in parts.items() if wanted))


def scoped(query: sa.Select[Any], scope: Scope) -> tuple[Prepared, dict[str, object]]:
    """One of this module's queries for the sessions that a scope means, put together once, and its values."""
    values = {name: getattr(scope, part) for name, part in _PARTS.items() if getattr(scope, part)}
    return _narrowed(query, tuple(values)), values


@lru_cache(64)
def _narrowed(query: sa.Select[Any], names: tuple[str, ...]) -> Prepared:
    return Prepared(query.where(*(session.c[name] == sa.bindparam(name) for name in names)))


def session_of(row: Any) -> Session:
    return Session(row.organisation, row.account, row.name, row.repository)


def key_of(row: Any) -> Key:
    return Key(bytes(row.uid), session_of(row), row.slot)


def chunk_of(row: Any, lanes: Mapping[int, Lane]) -> Chunk:
    return Chunk(
        uid=bytes(row.uid),
        key=Key(bytes(row.key_uid), session_of(row), row.slot),
        lane=_lane(row, lanes),
        created=instant(row.created),
        expires=instant(row.expires),
        base=bytes(row.base),
        depth=row.depth,
        size=row.size,
        count=row.records,
        length=row.length,
        digest=bytes(row.digest),
        object=row.object,
        offset=row.offset,
    )


def records_of(row: Any, lanes: Mapping[int, Lane], partition: str) -> Iterator[Record]:
    """Every record of a chunk's row, in its order."""
    owner, lane, created, expires = session_of(row), _lane(row, lanes), instant(row.created), instant(row.expires)
    uid = bytes(row.uid)
    for entry in entries_of(uid, bytes(row.sizes)):
        yield Record(entry.id.hex(), owner, lane, created, expires, entry.size, uid, partition, entry.start)


def _lane(row: Any, lanes: Mapping[int, Lane]) -> Lane:
    if row.lane not in lanes:
        raise DamagedError(f"chunk {bytes(row.uid).hex()}: its row names a decision that is not there")
    return lanes[row.lane]


def entries_of(uid: bytes, sizes: bytes) -> Iterator[Entry]:
    """Where the bodies of a chunk lie."""
    if len(sizes) % _SIZE.size:
        raise DamagedError(f"chunk {uid.hex()}: its row does not say where its records lie; carnet records verify")
    start = 0
    for place, (size,) in enumerate(_SIZE.iter_unpack(sizes)):
        yield Entry(record_id(uid, place), start, size)
        start += size
