"""How chunks and their records come into a partition, and leave it."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carnet.model.record import Key
from carnet.stores.sql.instants import micros
from carnet.stores.sql.lanes import lane_ids
from carnet.stores.sql.partition_rows import packed_sizes, session_of
from carnet.stores.sql.partition_tables import chunk, fact, key, loose, session, tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from carnet.model.record import Lane, Sealed, Session

REMOVALS = "removals"
MOST = 500
"""Values in one condition, below every database's limit."""


def batches(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for at in range(0, len(values), MOST):
        yield values[at : at + MOST]


def write(connection: sa.Connection, keys: Sequence[Key], sealed: Sequence[Sealed]) -> list[Key]:
    """Add keys and chunks with their records; chunks that are there already stay as they are."""
    known = settled(connection, keys)
    by_uid = {one.uid: one for one in known}
    there = present(connection, [one.chunk.uid for one in sealed])
    fresh = [one for one in sealed if one.chunk.uid not in there]
    if fresh:
        _write_chunks(connection, fresh, by_uid)
    return known


def settled(connection: sa.Connection, keys: Sequence[Key]) -> list[Key]:
    """Keys with the rows they have; sessions and keys that are new get some."""
    rows = {one.uid: one.rows for one in keys if all(one.rows)}
    strange = [one for one in keys if not all(one.rows)]
    if strange:
        sessions = _session_rows(connection, [one.session for one in strange])
        rows |= _key_rows(connection, strange, sessions)
    return [replace(one, rows=rows[one.uid]) for one in keys]


def _session_rows(connection: sa.Connection, wanted: Iterable[Session]) -> dict[Session, int]:
    asked = list(dict.fromkeys(wanted))
    found = {session_of(row): int(row.id) for row in _rows_of(connection, sa.select(session), asked)}
    fresh = [one for one in asked if one not in found]
    if fresh:
        first = _next(connection, session.c.id)
        connection.execute(
            sa.insert(session), [{"id": first + at, **_session_values(one)} for at, one in enumerate(fresh)]
        )
    return {one: found[one] for one in asked if one in found} | {one: first + at for at, one in enumerate(fresh)}


def _rows_of(connection: sa.Connection, query: sa.Select[Any], wanted: Sequence[Session]) -> Iterator[Any]:
    """Rows of these sessions, and of others of the same names: whoever asks compares."""
    names = list({one.name for one in wanted})
    for at in range(0, len(names), MOST):
        yield from connection.execute(query.where(session.c.name.in_(names[at : at + MOST])))


def _key_rows(
    connection: sa.Connection, keys: Sequence[Key], sessions: Mapping[Session, int]
) -> dict[bytes, tuple[int, int]]:
    found: dict[bytes, tuple[int, int]] = {}
    for some in batches([one.uid for one in keys]):
        rows = connection.execute(sa.select(key.c.id, key.c.uid, key.c.session).where(key.c.uid.in_(some)))
        found |= {bytes(row.uid): (row.session, row.id) for row in rows}
    fresh = {one.uid: one for one in keys if one.uid not in found}
    if fresh:
        first = _next(connection, key.c.id)
        values = [
            {"id": first + at, "uid": one.uid, "session": sessions[one.session], "slot": one.slot}
            for at, one in enumerate(fresh.values())
        ]
        connection.execute(sa.insert(key), values)
        found |= {one.uid: (sessions[one.session], first + at) for at, one in enumerate(fresh.values())}
    return found


def _write_chunks(connection: sa.Connection, fresh: Sequence[Sealed], keys: Mapping[bytes, Key]) -> None:
    lanes = lane_ids(connection, {one.chunk.lane for one in fresh})
    first = _next(connection, chunk.c.id)
    rows, data = [], []
    for number, one in enumerate(fresh, first):
        of_session, of_key = keys[one.chunk.key.uid].rows
        if not one.chunk.key.session.account:
            number = -1 - secrets.randbits(62)  # noqa: PLW2901 - nobody's row must not lie between those of two people
        place = {"id": number, "session": of_session, "key": of_key, "lane": lanes[one.chunk.lane]}
        rows.append(place | chunk_values(one) | {"sizes": packed_sizes([entry.size for entry in one.entries])})
        data.append({"chunk": number, "data": one.data})
    connection.execute(sa.insert(chunk), rows)
    connection.execute(sa.insert(loose), data)
    count(
        connection,
        [(o.chunk.key.session.organisation, lanes[o.chunk.lane], o.chunk.count, o.chunk.size) for o in fresh],
    )


def chunk_values(one: Sealed) -> dict[str, object]:
    given = one.chunk
    return {
        "uid": given.uid,
        "created": micros(given.created),
        "expires": micros(given.expires),
        "base": given.base,
        "depth": given.depth,
        "size": given.size,
        "records": given.count,
        "length": given.length,
        "digest": given.digest,
        "object": "",
        "offset": 0,
    }


def present(connection: sa.Connection, uids: Sequence[bytes]) -> dict[bytes, int]:
    """Those chunks that are there, with their ids."""
    found: dict[bytes, int] = {}
    for some in batches(uids):
        rows = connection.execute(sa.select(chunk.c.id, chunk.c.uid).where(chunk.c.uid.in_(some)))
        found |= {bytes(row.uid): int(row.id) for row in rows}
    return found


def erase(connection: sa.Connection, uids: Sequence[bytes]) -> None:
    """Remove chunks with their records, then the keys and sessions that nothing is sealed under any more."""
    for some in batches(uids):
        columns = (chunk.c.id, chunk.c.lane, chunk.c.records, chunk.c.size, chunk.c.session, session.c.organisation)
        rows = connection.execute(sa.select(*columns).join_from(chunk, session).where(chunk.c.uid.in_(some))).all()
        ids, owners = [row.id for row in rows], list({row.session for row in rows})
        connection.execute(sa.delete(loose).where(loose.c.chunk.in_(ids)))
        connection.execute(sa.delete(chunk).where(chunk.c.id.in_(ids)))
        count(connection, [(row.organisation, row.lane, -row.records, -row.size) for row in rows])
        tidy(connection, owners)
    removed(connection)


def relane(connection: sa.Connection, changes: Mapping[bytes, tuple[Lane, datetime]]) -> None:
    """Write other decisions and ends of chunks, and count them under the new ones."""
    lanes = lane_ids(connection, {one for one, _ in changes.values()})
    columns = (chunk.c.id, chunk.c.uid, chunk.c.lane, chunk.c.records, chunk.c.size, session.c.organisation)
    for some in batches(list(changes)):
        query = sa.select(*columns).join_from(chunk, session).where(chunk.c.uid.in_(some))
        for row in connection.execute(query).all():
            new, expires = changes[bytes(row.uid)]
            values = {"lane": lanes[new], "expires": micros(expires)}
            connection.execute(sa.update(chunk).where(chunk.c.id == row.id).values(**values))
            count(connection, [(row.organisation, row.lane, -row.records, -row.size)])
            count(connection, [(row.organisation, lanes[new], row.records, row.size)])
    connection.execute(sa.delete(tally).where(tally.c.records == 0))


def tidy(connection: sa.Connection, owners: Sequence[int]) -> None:
    """Remove the keys of these sessions that nothing is sealed under, and the sessions without any."""
    used = sa.exists().where(chunk.c.session == key.c.session, chunk.c.key == key.c.id)
    connection.execute(sa.delete(key).where(key.c.session.in_(owners), ~used))
    kept = sa.exists().where(key.c.session == session.c.id)
    connection.execute(sa.delete(session).where(session.c.id.in_(owners), ~kept))
    connection.execute(sa.delete(tally).where(tally.c.records == 0))


def removed(connection: sa.Connection) -> None:
    """Count that something went: whoever compresses against a chunk must look whether it is still there."""
    which = fact.c.key == REMOVALS
    if connection.execute(sa.update(fact).where(which).values(value=fact.c.value + 1)).rowcount == 0:
        connection.execute(sa.insert(fact), {"key": REMOVALS, "value": 1})


def removals(connection: sa.Connection) -> int:
    return int(connection.scalar(sa.select(fact.c.value).where(fact.c.key == REMOVALS)) or 0)


def count(connection: sa.Connection, changes: Iterable[tuple[int, int, int, int]]) -> None:
    """Add (organisation, lane, records, bytes) to the tallies."""
    records, sizes = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for organisation, number, more, size in changes:
        records[organisation, number] += more
        sizes[organisation, number] += size
    for (organisation, number), more in records.items():
        which = sa.and_(tally.c.organisation == organisation, tally.c.lane == number)
        size = sizes[organisation, number]
        grown = {"records": tally.c.records + more, "bytes": tally.c.bytes + size}
        if connection.execute(sa.update(tally).where(which).values(**grown)).rowcount == 0:
            row = {"organisation": organisation, "lane": number, "records": more, "bytes": size}
            connection.execute(sa.insert(tally), row)


def newest_keys(connection: sa.Connection, sessions: Sequence[Session]) -> dict[Session, Key]:
    """The newest key of each session that has one."""
    found: dict[Session, Key] = {}
    wanted = set(sessions)
    columns = (key.c.id.label("key_id"), key.c.uid, key.c.slot, session)
    for row in _rows_of(connection, sa.select(*columns).join_from(key, session).order_by(key.c.id), sessions):
        one = session_of(row)
        if one in wanted:
            found[one] = Key(bytes(row.uid), one, row.slot, (row.id, row.key_id))
    return found


def _session_values(one: Session) -> dict[str, object]:
    return {
        "organisation": one.organisation,
        "account": one.account,
        "name": one.name,
        "repository": one.repository,
    }


def _next(connection: sa.Connection, column: sa.Column[int]) -> int:
    """A free id: this transaction has no other writer beside it."""
    return int(connection.scalar(sa.select(sa.func.coalesce(sa.func.max(column), 0))) or 0) + 1
