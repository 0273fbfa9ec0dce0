"""What is asked of a partition's records, and done to them, beside adding more."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carnet.model.record import UID_BYTES, DayTally, Tally
from carnet.stores.sql.direct import directly
from carnet.stores.sql.instants import instant, micros
from carnet.stores.sql.lanes import lanes
from carnet.stores.sql.partition_changing import batches, erase, present, put_again, removed
from carnet.stores.sql.partition_check import faults
from carnet.stores.sql.partition_rows import (
    ALL_CHUNKS,
    BY_SESSION,
    CHUNKS,
    DUE_CHUNKS,
    ENDING,
    KEYS,
    LEAST,
    MORE_OF_ONE,
    ONE_CHUNK,
    PAGE,
    SESSIONS,
    chunk_of,
    entries_of,
    key_of,
    records_of,
    scoped,
    session_of,
    within,
)
from carnet.stores.sql.partition_tables import chunk, key, loose, session, tally
from carnet.stores.sql.partition_writing import session_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from carnet.model.record import Chunk, Entry, Key, Lane, Record, Scope, Sealed, Session
    from carnet.stores.sql.database import Database
    from carnet.stores.sql.prepared import Prepared

_AT_ONCE = 200
"""Sessions whose chunks are read together."""
_DAY = 24 * 60 * 60 * 1_000_000
"""Microseconds."""


class PartitionQueries:
    """The part of PartitionStore that needs SQLAlchemy."""

    def __init__(self, name: str, database: Database) -> None:
        self.name = name
        self._database = database

    def find(self, record: str) -> Record | None:
        id_ = bytes.fromhex(record)
        with self._database.reading() as connection:
            row = ONE_CHUNK.run(connection, which=id_[:UID_BYTES]).first()
            known = lanes(directly(connection)) if row else {}
        return next((one for one in records_of(row, known, self.name) if one.id == record), None) if row else None

    def records(self, scope: Scope, kind: str = "") -> Iterator[Record]:
        for row, known in self._walk(scope, kind):
            yield from records_of(row, known, self.name)

    def newest(self, scope: Scope, kind: str, most: int, before: str = "") -> list[Record]:
        query = CHUNKS.where(within(scope)).order_by(chunk.c.uid.desc()).limit(most + 1)
        if before:  # the chunk of that record may have older ones, or none
            query = query.where(chunk.c.uid <= bytes.fromhex(before)[:UID_BYTES])
        with self._database.reading() as connection:
            known = lanes(directly(connection))
            rows = connection.execute(_of_kind(query, kind, known)).all()
        found = [one for row in rows for one in records_of(row, known, self.name) if not before or one.id < before]
        return sorted(found, key=lambda one: one.id, reverse=True)[:most]

    def walk(self, scope: Scope) -> Iterator[Chunk]:
        for row, known in self._walk(scope):
            yield chunk_of(row, known)

    def _walk(self, scope: Scope, kind: str = "") -> Iterator[tuple[Any, Mapping[int, Lane]]]:
        """Rows of chunks with the lanes they name. Their numbers, eight bytes each, are sorted once: a page after the
        other by creation would sort all of them for each page, and an index would be paid for by every write.
        """
        query = sa.select(chunk.c.id).join_from(chunk, session).where(within(scope))
        with self._database.reading() as connection:
            query = _of_kind(query.order_by(chunk.c.created, chunk.c.uid), kind, lanes(directly(connection)))
            numbers = array("q", (row.id for row in connection.execute(query)))
        for at in range(0, len(numbers), PAGE):
            with self._database.reading() as connection:
                known = lanes(directly(connection))
                page = CHUNKS.where(chunk.c.id.in_(numbers[at : at + PAGE])).order_by(chunk.c.created, chunk.c.uid)
                rows = connection.execute(page).all()
            yield from ((row, known) for row in rows)

    def by_session(self, scope: Scope) -> Iterator[Chunk]:
        """Some sessions after others. To sort all chunks of a scope for each page would take the square of its time."""
        with self._database.reading() as connection:
            query = sa.select(session.c.id).where(within(scope)).order_by(session.c.id)
            wanted = array("q", connection.execute(query).scalars())
        at = 0
        while at < len(wanted):
            rows, known = self._read(BY_SESSION.where(chunk.c.session.in_(wanted[at : at + _AT_ONCE])))
            yield from (chunk_of(row, known) for row in rows)
            at += _AT_ONCE
            if len(rows) == PAGE:  # the rest of the last one is read alone, and those behind it begin the next page
                last = rows[-1]
                yield from self._paged(MORE_OF_ONE, {"which": last.session}, {"after": last.id}, _after_chunk)
                at = bisect_right(wanted, last.session)

    def ending(self, due: datetime) -> Iterator[Chunk]:
        first = {"after": LEAST, "chunk": LEAST}
        return self._paged(ENDING, {"due": micros(due)}, first, lambda row: {"after": row.expires, "chunk": row.id})

    def _paged(
        self,
        asked: Prepared,
        values: Mapping[str, object],
        after: Mapping[str, object],
        last: Callable[[Any], dict[str, object]],
    ) -> Iterator[Chunk]:
        """Page after page, each from where the last one ended, whatever became of that."""
        while True:
            rows, known = self._read(asked, **values, **after)
            yield from (chunk_of(row, known) for row in rows)
            if len(rows) < PAGE:
                return
            after = last(rows[-1])

    def _read(self, asked: Prepared | sa.Select[Any], **values: object) -> tuple[Sequence[Any], Mapping[int, Lane]]:
        """Rows of chunks, and the lanes they name."""
        with self._database.reading() as connection:
            answer = connection.execute(asked) if isinstance(asked, sa.Select) else asked.run(connection, **values)
            rows = answer.all()
            return rows, lanes(directly(connection)) if rows else {}

    def sessions(self, scope: Scope) -> list[Session]:
        asked, values = scoped(SESSIONS, scope)
        with self._database.reading() as connection:
            return [session_of(row) for row in asked.run(connection, **values)]

    def scoped_keys(self, scope: Scope) -> list[Key]:
        asked, values = scoped(KEYS, scope)
        with self._database.reading() as connection:
            return [key_of(row) for row in asked.run(connection, **values)]

    def keys_of(self, sessions: Collection[Session]) -> list[Key]:
        with self._database.reading() as connection:
            asked = (KEYS.where(key.c.session.in_(some)) for some in self._rows_of(connection, sessions))
            return [key_of(row) for query in asked for row in connection.execute(query)]

    def chunks_of(self, sessions: Collection[Session]) -> list[Chunk]:
        with self._database.reading() as connection:
            known = lanes(directly(connection))
            asked = (ALL_CHUNKS.where(chunk.c.session.in_(some)) for some in self._rows_of(connection, sessions))
            return [chunk_of(row, known) for query in asked for row in connection.execute(query)]

    def _rows_of(self, connection: sa.Connection, sessions: Collection[Session]) -> Iterator[Sequence[int]]:
        """Rows of those sessions that are there, some at a time."""
        return batches(session_rows(directly(connection), sessions))

    def chunks(self, scope: Scope, due: datetime | None = None) -> list[Chunk]:
        asked, values = scoped(ALL_CHUNKS if due is None else DUE_CHUNKS, scope)
        if due is not None:
            values["due"] = micros(due)
        rows, known = self._read(asked, **values)
        return [chunk_of(row, known) for row in rows]

    def since(self, uid: bytes, organisation: int, flows: Collection[str], most: int) -> list[bytes]:
        with self._database.reading() as connection:
            which = _of_flows(flows, lanes(directly(connection)))
            query = sa.select(chunk.c.uid).join_from(chunk, session).where(chunk.c.uid >= uid, chunk.c.lane.in_(which))
            query = query.where(session.c.organisation == organisation).order_by(chunk.c.uid).limit(most)
            return [bytes(row.uid) for row in connection.execute(query)] if which else []

    def chunk(self, uid: bytes) -> Chunk | None:
        with self._database.reading() as connection:
            row = ONE_CHUNK.run(connection, which=uid).first()
            return chunk_of(row, lanes(directly(connection))) if row else None

    def data(self, uids: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        with self._database.reading() as connection:
            for some in batches(uids):
                query = sa.select(chunk.c.uid, loose.c.data).join_from(chunk, loose).where(chunk.c.uid.in_(some))
                found |= {bytes(row.uid): bytes(row.data) for row in connection.execute(query)}
        return found

    def entries(self, uids: Sequence[bytes]) -> dict[bytes, tuple[Entry, ...]]:
        found: dict[bytes, tuple[Entry, ...]] = dict.fromkeys(uids, ())
        with self._database.reading() as connection:
            for some in batches(uids):
                query = sa.select(chunk.c.uid, chunk.c.sizes).where(chunk.c.uid.in_(some))
                for row in connection.execute(query):
                    found[bytes(row.uid)] = tuple(entries_of(bytes(row.uid), bytes(row.sizes)))
        return found

    def remove(self, uids: Sequence[bytes]) -> None:
        with self._database.writing() as connection:
            erase(connection, uids)

    def replace(self, sealed: Sequence[Sealed]) -> None:
        with self._database.writing() as connection:
            put_again(connection, sealed)

    def end(self, ends: Mapping[bytes, datetime]) -> None:
        with self._database.writing() as connection:
            for uid, expires in ends.items():
                connection.execute(sa.update(chunk).where(chunk.c.uid == uid).values(expires=micros(expires)))
            removed(connection)

    def settle(self, packed: Sequence[Chunk]) -> None:
        with self._database.writing() as connection:
            there = present(connection, [one.uid for one in packed])
            for one in packed:
                number = there[one.uid]
                place = {"object": one.object, "offset": one.offset}
                connection.execute(sa.update(chunk).where(chunk.c.id == number).values(**place))
                connection.execute(sa.delete(loose).where(loose.c.chunk == number))

    def loose(self, idle: datetime, bytes_: int) -> list[Session]:
        total = sa.func.sum(chunk.c.length)
        query = (
            sa.select(session)
            .select_from(chunk.join(session).join(loose, loose.c.chunk == chunk.c.id))
            .group_by(session.c.id)
            .having(sa.or_(sa.func.max(chunk.c.created) <= micros(idle), total >= bytes_))
        )
        with self._database.reading() as connection:
            return [session_of(row) for row in connection.execute(query)]

    def objects(self) -> set[str]:
        with self._database.reading() as connection:
            query = sa.select(chunk.c.object).where(chunk.c.object != "").distinct()
            return {row.object for row in connection.execute(query)}

    def tallies(self) -> list[Tally]:
        with self._database.reading() as connection:
            known = lanes(directly(connection))
            return [
                Tally(self.name, row.organisation, known[row.lane], row.records, row.bytes)
                for row in connection.execute(sa.select(tally).where(tally.c.records > 0))
            ]

    def by_day(self, flows: Collection[str]) -> list[DayTally]:
        day = chunk.c.created // _DAY
        sums = (sa.func.sum(chunk.c.records), sa.func.sum(chunk.c.size), sa.func.max(chunk.c.expires))
        group = (day, session.c.organisation, chunk.c.lane)
        query = sa.select(*group, *sums, sa.func.max(chunk.c.uid)).join_from(chunk, session).group_by(*group)
        with self._database.reading() as connection:
            known = lanes(directly(connection))
            if not (which := _of_flows(flows, known)):
                return []
            query = query.where(chunk.c.lane.in_(which)).order_by(*group)
            return [
                DayTally(
                    instant(number * _DAY).date(),
                    Tally(self.name, organisation, known[lane], records, size),
                    instant(ends),
                    bytes(newest),
                )
                for number, organisation, lane, records, size, ends, newest in connection.execute(query)
            ]

    def latest(self, scope: Scope, flows: Collection[str], most: int) -> list[Chunk]:
        query = CHUNKS.where(within(scope)).order_by(chunk.c.uid.desc()).limit(most)
        with self._database.reading() as connection:
            known = lanes(directly(connection))
            which = _of_flows(flows, known)
            rows = connection.execute(query.where(chunk.c.lane.in_(which))).all() if which else []
        return [chunk_of(row, known) for row in rows]

    def faults(self) -> list[str]:
        """Rows that lead nowhere, tallies that do not count."""
        with self._database.reading() as connection:
            return faults(connection)


def _of_flows(flows: Collection[str], known: Mapping[int, Lane]) -> list[int]:
    return [number for number, one in known.items() if one.flow in flows]


def _after_chunk(row: Any) -> dict[str, object]:
    return {"after": row.id}


def _of_kind(query: sa.Select[Any], kind: str, known: Mapping[int, Lane]) -> sa.Select[Any]:
    if not kind:
        return query
    return query.where(chunk.c.lane.in_([number for number, one in known.items() if one.kind == kind]))
