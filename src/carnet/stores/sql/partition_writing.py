"""How chunks and their records come into a partition, and leave it."""

from __future__ import annotations

import secrets
from itertools import chain
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from msgspec.structs import replace

from carnet.model.record import Key, Session
from carnet.stores.sql.direct import Statement, directly, insertion
from carnet.stores.sql.instants import micros
from carnet.stores.sql.lanes import lane_ids
from carnet.stores.sql.partition_rows import packed_sizes
from carnet.stores.sql.partition_tables import chunk, fact, key, lane, loose, session, tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from carnet.model.record import Sealed
    from carnet.stores.sql.direct import Direct

REMOVALS = "removals"
MOST = 500
"""Values in one condition, below every database's limit."""
SESSION_COLUMNS = ("organisation", "account", "name", "repository")

_THIS_SESSION = sa.and_(*(session.c[name] == sa.bindparam(name) for name in SESSION_COLUMNS))
_SESSION_ID = Statement(sa.select(session.c.id).where(_THIS_SESSION))
_FEW, _AT_ONCE = 4, 16
"""Sessions asked for together: so many cost as much as three or four one by one."""


def _keys_of(number: int) -> Statement:
    """The keys of so many sessions, the newest last."""
    asked = [sa.column(name, session.c[name].type) for name in SESSION_COLUMNS]
    rows: list[tuple[sa.BindParameter[Any], ...]] = [
        tuple([sa.bindparam(f"{name}{at}") for name in SESSION_COLUMNS]) for at in range(number)
    ]
    wanted = sa.values(*asked, name="wanted").data(rows).cte("wanted")
    same = sa.and_(*(session.c[name] == wanted.c[name] for name in SESSION_COLUMNS))
    columns = (*(wanted.c[name] for name in SESSION_COLUMNS), key.c.uid, key.c.slot, key.c.session, key.c.id)
    return Statement(sa.select(*columns).select_from(wanted.join(session, same).join(key)).order_by(key.c.id))


_KEYS_OF_ONE, _KEYS_OF_SOME = _keys_of(1), _keys_of(_AT_ONCE)
_THIS_KEY = Statement(
    sa.select(key.c.session, key.c.id).where(key.c.session == sa.bindparam("owner"), key.c.uid == sa.bindparam("uid"))
)
_MOVE_KEY = Statement(
    sa.update(key)
    .values(slot=sa.bindparam("place"))
    .where(
        key.c.session == sa.select(session.c.id).where(_THIS_SESSION).scalar_subquery(),
        key.c.uid == sa.bindparam("this"),
    )
)
_LARGEST = {table.name: Statement(sa.select(sa.func.max(table.c.id))) for table in (session, key, chunk)}
_ADD_SESSION = insertion(session, " ON CONFLICT DO NOTHING")
_ADD_KEY = insertion(key, " ON CONFLICT (session, uid) DO NOTHING")
_ADD_CHUNK = insertion(chunk, " ON CONFLICT (uid) DO NOTHING")
_ADD_LOOSE = insertion(loose)
_CHUNK_ID = Statement(sa.select(chunk.c.id).where(chunk.c.uid == sa.bindparam("uid")))
_REMOVALS = Statement(sa.select(fact.c.value).where(fact.c.key == REMOVALS))
_FORGET_TALLIES = Statement(sa.delete(tally).where(tally.c.records == 0))
_FORGET_LANES = Statement(
    sa.delete(lane).where(~sa.exists().where(tally.c.lane == lane.c.id), ~sa.exists().where(chunk.c.lane == lane.c.id))
)
_COUNT = insertion(
    tally,
    " ON CONFLICT (organisation, lane) DO UPDATE"
    " SET records = tally.records + excluded.records, bytes = tally.bytes + excluded.bytes",
)


def batches(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for at in range(0, len(values), MOST):
        yield values[at : at + MOST]


def write(direct: Direct, keys: Sequence[Key], sealed: Sequence[Sealed]) -> list[Key]:
    """Add keys and chunks with their records; chunks that are there already stay as they are."""
    known = settled(direct, keys)
    if sealed:
        _write_chunks(direct, sealed, {one.uid: one.rows for one in known})
    return known


def settled(direct: Direct, keys: Sequence[Key]) -> list[Key]:
    """Keys with the rows they have; sessions and keys that are new get some."""
    strange = [one for one in keys if not all(one.rows)]
    if not strange:
        return list(keys)
    sessions = _session_rows(direct, list(dict.fromkeys(one.session for one in strange)))
    rows = _key_rows(direct, strange, sessions)
    return [replace(one, rows=rows[one.uid]) if one.uid in rows else one for one in keys]


def _session_rows(direct: Direct, wanted: Sequence[Session]) -> dict[Session, int]:
    """Rows of sessions, which are most often new."""
    first = _next(direct, session)
    made = [(first + at, *_session_values(one)) for at, one in enumerate(wanted)]
    if _ADD_SESSION.run_all(direct, made).rowcount == len(made):
        return {one: first + at for at, one in enumerate(wanted)}
    return {one: _only(_SESSION_ID, direct, _session_values(one))[0] for one in wanted}


def _key_rows(direct: Direct, keys: Sequence[Key], sessions: Mapping[Session, int]) -> dict[bytes, tuple[int, int]]:
    """(session, key) rows of keys by uid."""
    first = _next(direct, key)
    made = [(first + at, one.uid, sessions[one.session], one.slot) for at, one in enumerate(keys)]
    if _ADD_KEY.run_all(direct, made).rowcount == len(made):
        return {uid: (owner, number) for number, uid, owner, _ in made}
    return {one.uid: _only(_THIS_KEY, direct, (sessions[one.session], one.uid)) for one in keys}


def move_keys(direct: Direct, keys: Sequence[Key]) -> None:
    """Write other slots of keys."""
    for one in keys:
        _MOVE_KEY.run(direct, (one.slot, *_session_values(one.session), one.uid))


def _write_chunks(direct: Direct, sealed: Sequence[Sealed], rows: Mapping[bytes, tuple[int, int]]) -> None:
    lanes = lane_ids(direct, [one.chunk.lane for one in sealed])
    numbered = list(zip(_numbers(direct, sealed), sealed, strict=True))
    made = [_chunk_row(number, one, rows[one.chunk.key.uid], lanes[one.chunk.lane]) for number, one in numbered]
    if _ADD_CHUNK.run_all(direct, made).rowcount < len(made):
        numbered = [(at, one) for at, one in numbered if _only(_CHUNK_ID, direct, (one.chunk.uid,)) == (at,)]
        forget(direct)
    if numbered:
        _ADD_LOOSE.run_all(direct, [(number, one.data) for number, one in numbered])
        chunks = [one.chunk for _, one in numbered]
        count(direct, [(one.key.session.organisation, lanes[one.lane], one.count, one.size) for one in chunks])


def _numbers(direct: Direct, sealed: Sequence[Sealed]) -> Iterator[int]:
    """Ids for chunks: one after the other, but by chance for nobody's, which must not lie between two people's."""
    for number, one in enumerate(sealed, _next(direct, chunk)):
        yield number if one.chunk.key.session.account else -1 - secrets.randbits(62)


def _chunk_row(number: int, one: Sealed, rows: tuple[int, int], lane: int) -> tuple[object, ...]:
    """In the order of the columns."""
    given = one.chunk
    return (
        number,
        given.uid,
        *rows,
        lane,
        micros(given.created),
        micros(given.expires),
        given.base,
        given.depth,
        given.size,
        given.count,
        given.length,
        given.digest,
        "",
        0,
        packed_sizes(one.sizes),
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
        count(directly(connection), [(row.organisation, row.lane, -row.records, -row.size) for row in rows])
        tidy(connection, owners)
    removed(connection)


def put_again(connection: sa.Connection, sealed: Sequence[Sealed]) -> None:
    """Write other sealed forms and decisions of chunks that are there, and count them under the new ones."""
    direct = directly(connection)
    lanes = lane_ids(direct, [one.chunk.lane for one in sealed])
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
                count(direct, [(row.organisation, row.lane, -row.records, -row.size)])
                count(direct, [(row.organisation, new, row.records, row.size)])
    forget(direct)
    removed(connection)


def tidy(connection: sa.Connection, owners: Sequence[int]) -> None:
    """Remove the keys of these sessions that nothing is sealed under, and the sessions without any."""
    used = sa.exists().where(chunk.c.session == key.c.session, chunk.c.key == key.c.id)
    connection.execute(sa.delete(key).where(key.c.session.in_(owners), ~used))
    kept = sa.exists().where(key.c.session == session.c.id)
    connection.execute(sa.delete(session).where(session.c.id.in_(owners), ~kept))
    forget(directly(connection))


def forget(direct: Direct) -> None:
    """Remove tallies that count nothing, and decisions of which nothing is left."""
    _FORGET_TALLIES.run(direct)
    _FORGET_LANES.run(direct)


def removed(connection: sa.Connection) -> None:
    """Count that something went: whoever compresses against a chunk must look whether it is still there."""
    which = fact.c.key == REMOVALS
    if connection.execute(sa.update(fact).where(which).values(value=fact.c.value + 1)).rowcount == 0:
        connection.execute(sa.insert(fact), {"key": REMOVALS, "value": 1})


def removals(direct: Direct) -> int:
    found = _REMOVALS.run(direct).fetchone()
    return int(found[0]) if found else 0


def count(direct: Direct, changes: Iterable[tuple[int, int, int, int]]) -> None:
    """Add (organisation, lane, records, bytes) to the tallies."""
    sums: dict[tuple[int, int], tuple[int, int]] = {}
    for organisation, number, more, size in changes:
        records, bytes_ = sums.get((organisation, number), (0, 0))
        sums[organisation, number] = records + more, bytes_ + size
    if sums:
        _COUNT.run_all(direct, [(*place, *numbers) for place, numbers in sums.items()])


def newest_keys(direct: Direct, sessions: Sequence[Session]) -> dict[Session, Key]:
    """The newest key of each session that has one."""
    found: dict[Session, Key] = {}
    for some, asked in _in_groups(sessions):
        for organisation, account, name, repository, uid, slot, *rows in asked.run(direct, some).fetchall():
            one = Session(organisation, account, name, repository)
            found[one] = Key(uid, one, slot, tuple(rows))
    return found


def _in_groups(sessions: Sequence[Session]) -> Iterator[tuple[list[object], Statement]]:
    """The values to ask for sessions with, and how; the last of a group is asked for until it is full."""
    if len(sessions) < _FEW:
        yield from ((list(_session_values(one)), _KEYS_OF_ONE) for one in sessions)
        return
    for at in range(0, len(sessions), _AT_ONCE):
        some = [_session_values(one) for one in sessions[at : at + _AT_ONCE]]
        some += some[-1:] * (_AT_ONCE - len(some))
        yield list(chain.from_iterable(some)), _KEYS_OF_SOME


def _session_values(one: Session) -> tuple[int, int, str, str]:
    """In the order of the columns."""
    return one.organisation, one.account, one.name, one.repository


def _next(direct: Direct, table: sa.Table) -> int:
    """A free id above zero, below which lies what is nobody's: this transaction has no other writer beside it."""
    return max(0, _only(_LARGEST[table.name], direct)[0] or 0) + 1


def _only(statement: Statement, direct: Direct, values: Sequence[object] = ()) -> Any:
    """The one row there is."""
    (row,) = statement.run(direct, values).fetchall()
    return row
