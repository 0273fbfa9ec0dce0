"""How chunks and their records come into a partition, and leave it."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from carnet.model.record import Key
from carnet.stores.sql.instants import micros
from carnet.stores.sql.lanes import lane_ids
from carnet.stores.sql.partition_rows import packed_sizes
from carnet.stores.sql.partition_tables import chunk, fact, key, lane, loose, session, tally
from carnet.stores.sql.prepared import Prepared, insertion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from carnet.model.record import Sealed, Session

REMOVALS = "removals"
MOST = 500
"""Values in one condition, below every database's limit."""
SESSION_COLUMNS = ("organisation", "account", "name", "repository")

_THIS_SESSION = sa.and_(*(session.c[name] == sa.bindparam(name) for name in SESSION_COLUMNS))
_SESSION_ID = Prepared(sa.select(session.c.id).where(_THIS_SESSION))
_NEWEST_KEY = Prepared(
    sa.select(key.c.id, key.c.uid, key.c.slot, key.c.session)
    .join_from(session, key)
    .where(_THIS_SESSION)
    .order_by(key.c.id.desc())
    .limit(sa.literal_column("1"))
)
_LARGEST = {table.name: Prepared(sa.select(sa.func.max(table.c.id))) for table in (session, key, chunk)}
_ADD_SESSION = insertion(session, " ON CONFLICT DO NOTHING")
_ADD_KEY = insertion(key, " ON CONFLICT (uid) DO NOTHING")
_ADD_CHUNK = insertion(chunk, " ON CONFLICT (uid) DO NOTHING")
_ADD_LOOSE = insertion(loose)
_REMOVALS = Prepared(sa.select(fact.c.value).where(fact.c.key == REMOVALS))
_COUNT = insertion(
    tally,
    " ON CONFLICT (organisation, lane) DO UPDATE"
    " SET records = tally.records + excluded.records, bytes = tally.bytes + excluded.bytes",
)


def batches(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for at in range(0, len(values), MOST):
        yield values[at : at + MOST]


def write(connection: sa.Connection, keys: Sequence[Key], sealed: Sequence[Sealed]) -> list[Key]:
    """Add keys and chunks with their records; chunks that are there already stay as they are."""
    known = settled(connection, keys)
    if sealed:
        _write_chunks(connection, sealed, {one.uid: one.rows for one in known})
    return known


def settled(connection: sa.Connection, keys: Sequence[Key]) -> list[Key]:
    """Keys with the rows they have; sessions and keys that are new get some."""
    rows = {one.uid: one.rows for one in keys if all(one.rows)}
    strange = [one for one in keys if not all(one.rows)]
    if strange:
        sessions = _session_rows(connection, list(dict.fromkeys(one.session for one in strange)))
        rows |= _key_rows(connection, strange, sessions)
    return [replace(one, rows=rows[one.uid]) for one in keys]


def _session_rows(connection: sa.Connection, wanted: Sequence[Session]) -> dict[Session, int]:
    """Rows of sessions, which are most often new."""
    first = _next(connection, session)
    made = [{"id": first + at, **_session_values(one)} for at, one in enumerate(wanted)]
    if _ADD_SESSION.run_all(connection, made).rowcount == len(made):
        return {one: first + at for at, one in enumerate(wanted)}
    return {one: int(_SESSION_ID.run(connection, **_session_values(one)).scalar_one()) for one in wanted}


def _key_rows(
    connection: sa.Connection, keys: Sequence[Key], sessions: Mapping[Session, int]
) -> dict[bytes, tuple[int, int]]:
    """(session, key) rows of keys by uid; one that is there already keeps its session."""
    first = _next(connection, key)
    made = [
        {"id": first + at, "uid": one.uid, "session": sessions[one.session], "slot": one.slot}
        for at, one in enumerate(keys)
    ]
    if _ADD_KEY.run_all(connection, made).rowcount == len(made):
        return {one.uid: (sessions[one.session], first + at) for at, one in enumerate(keys)}
    found: dict[bytes, tuple[int, int]] = {}
    for some in batches([one.uid for one in keys]):
        rows = connection.execute(sa.select(key.c.id, key.c.uid, key.c.session).where(key.c.uid.in_(some)))
        found |= {bytes(row.uid): (row.session, row.id) for row in rows}
    return found


def _write_chunks(connection: sa.Connection, sealed: Sequence[Sealed], rows: Mapping[bytes, tuple[int, int]]) -> None:
    lanes = lane_ids(connection, {one.chunk.lane for one in sealed})
    numbered = list(zip(_numbers(connection, sealed), sealed, strict=True))
    made = [_chunk_row(number, one, rows[one.chunk.key.uid], lanes[one.chunk.lane]) for number, one in numbered]
    if _ADD_CHUNK.run_all(connection, made).rowcount < len(made):
        there = present(connection, [one.chunk.uid for one in sealed])
        numbered = [(number, one) for number, one in numbered if there[one.chunk.uid] == number]
        forget(connection)
    if numbered:
        _ADD_LOOSE.run_all(connection, [{"chunk": number, "data": one.data} for number, one in numbered])
        chunks = [one.chunk for _, one in numbered]
        count(connection, [(one.key.session.organisation, lanes[one.lane], one.count, one.size) for one in chunks])


def _numbers(connection: sa.Connection, sealed: Sequence[Sealed]) -> Iterator[int]:
    """Ids for chunks: one after the other, but by chance for nobody's, which must not lie between two people's."""
    for number, one in enumerate(sealed, _next(connection, chunk)):
        yield number if one.chunk.key.session.account else -1 - secrets.randbits(62)


def _chunk_row(number: int, one: Sealed, rows: tuple[int, int], lane: int) -> dict[str, object]:
    return {
        "id": number,
        "session": rows[0],
        "key": rows[1],
        "lane": lane,
        "sizes": packed_sizes(one.sizes),
        **chunk_values(one),
    }


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


def put_again(connection: sa.Connection, sealed: Sequence[Sealed]) -> None:
    """Write other sealed forms and decisions of chunks that are there, and count them under the new ones."""
    lanes = lane_ids(connection, {one.chunk.lane for one in sealed})
    forms = {one.chunk.uid: one for one in sealed}
    columns = (chunk.c.id, chunk.c.uid, chunk.c.lane, chunk.c.records, chunk.c.size, session.c.organisation)
    for some in batches(list(forms)):
        query = sa.select(*columns).join_from(chunk, session).where(chunk.c.uid.in_(some))
        for row in connection.execute(query).all():
            one = forms[bytes(row.uid)]
            new, values = lanes[one.chunk.lane], chunk_values(one)
            connection.execute(sa.update(chunk).where(chunk.c.id == row.id).values(lane=new, **values))
            connection.execute(sa.delete(loose).where(loose.c.chunk == row.id))
            connection.execute(sa.insert(loose), {"chunk": row.id, "data": one.data})
            if new != row.lane:
                count(connection, [(row.organisation, row.lane, -row.records, -row.size)])
                count(connection, [(row.organisation, new, row.records, row.size)])
    forget(connection)
    removed(connection)


def tidy(connection: sa.Connection, owners: Sequence[int]) -> None:
    """Remove the keys of these sessions that nothing is sealed under, and the sessions without any."""
    used = sa.exists().where(chunk.c.session == key.c.session, chunk.c.key == key.c.id)
    connection.execute(sa.delete(key).where(key.c.session.in_(owners), ~used))
    kept = sa.exists().where(key.c.session == session.c.id)
    connection.execute(sa.delete(session).where(session.c.id.in_(owners), ~kept))
    forget(connection)


def forget(connection: sa.Connection) -> None:
    """Remove tallies that count nothing, and decisions of which nothing is left."""
    connection.execute(sa.delete(tally).where(tally.c.records == 0))
    counted = sa.exists().where(tally.c.lane == lane.c.id)
    used = sa.exists().where(chunk.c.lane == lane.c.id)
    connection.execute(sa.delete(lane).where(~counted, ~used))


def removed(connection: sa.Connection) -> None:
    """Count that something went: whoever compresses against a chunk must look whether it is still there."""
    which = fact.c.key == REMOVALS
    if connection.execute(sa.update(fact).where(which).values(value=fact.c.value + 1)).rowcount == 0:
        connection.execute(sa.insert(fact), {"key": REMOVALS, "value": 1})


def removals(connection: sa.Connection) -> int:
    return int(_REMOVALS.run(connection).scalar() or 0)


def count(connection: sa.Connection, changes: Iterable[tuple[int, int, int, int]]) -> None:
    """Add (organisation, lane, records, bytes) to the tallies."""
    records, sizes = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for organisation, number, more, size in changes:
        records[organisation, number] += more
        sizes[organisation, number] += size
    rows = [
        {"organisation": organisation, "lane": number, "records": more, "bytes": sizes[organisation, number]}
        for (organisation, number), more in records.items()
    ]
    if rows:
        _COUNT.run_all(connection, rows)


def newest_keys(connection: sa.Connection, sessions: Sequence[Session]) -> dict[Session, Key]:
    """The newest key of each session that has one."""
    found: dict[Session, Key] = {}
    for one in sessions:
        row = _NEWEST_KEY.run(connection, **_session_values(one)).first()
        if row is not None:
            found[one] = Key(bytes(row.uid), one, row.slot, (row.session, row.id))
    return found


def _session_values(one: Session) -> dict[str, object]:
    return dict(zip(SESSION_COLUMNS, (one.organisation, one.account, one.name, one.repository), strict=True))


def _next(connection: sa.Connection, table: sa.Table) -> int:
    """A free id above zero, below which lies what is nobody's: this transaction has no other writer beside it."""
    return max(0, int(_LARGEST[table.name].run(connection).scalar() or 0)) + 1
