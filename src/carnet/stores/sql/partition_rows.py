"""Nouns from the rows of a partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carnet.model.record import Chunk, Key, Lane, Record, Session
from carnet.stores.sql.instants import instant
from carnet.stores.sql.partition_tables import chunk, key, record, session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carnet.model.record import Scope

_SESSION = (session.c.organisation, session.c.account, session.c.name, session.c.repository)
KEYS = sa.select(key.c.uid, key.c.slot, *_SESSION).join_from(key, session)
CHUNKS = sa.select(chunk, key.c.uid.label("key_uid"), key.c.slot, *_SESSION).select_from(
    chunk.join(key, key.c.id == chunk.c.key).join(session, session.c.id == chunk.c.session)
)
RECORDS = sa.select(record, chunk.c.uid, chunk.c.lane, chunk.c.created, chunk.c.expires, *_SESSION).select_from(
    record.join(chunk, chunk.c.id == record.c.chunk).join(session, session.c.id == chunk.c.session)
)


def within(scope: Scope) -> sa.ColumnElement[bool]:
    """The condition that a session is meant by a scope."""
    parts = (
        (session.c.organisation, scope.organisation),
        (session.c.account, scope.account),
        (session.c.name, scope.session),
        (session.c.repository, scope.repository),
    )
    return sa.and_(sa.true(), *(column == wanted for column, wanted in parts if wanted))


def session_of(row: Any) -> Session:
    return Session(row.organisation, row.account, row.name, row.repository)


def key_of(row: Any) -> Key:
    return Key(bytes(row.uid), session_of(row), row.slot)


def chunk_of(row: Any, lanes: Mapping[int, Lane]) -> Chunk:
    return Chunk(
        uid=bytes(row.uid),
        key=Key(bytes(row.key_uid), session_of(row), row.slot),
        lane=lanes[row.lane],
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


def record_of(row: Any, lanes: Mapping[int, Lane], partition: str) -> Record:
    return Record(
        id=bytes(row.id).hex(),
        session=session_of(row),
        lane=lanes[row.lane],
        created=instant(row.created),
        expires=instant(row.expires),
        size=row.size,
        chunk=bytes(row.uid),
        partition=partition,
        start=row.start,
    )
