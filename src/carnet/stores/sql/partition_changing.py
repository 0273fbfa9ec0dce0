"""How chunks leave a partition, or are sealed anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from carnet.stores.sql.direct import directly
from carnet.stores.sql.instants import micros
from carnet.stores.sql.lanes import lane_ids
from carnet.stores.sql.partition_tables import chunk, fact, key, loose, session
from carnet.stores.sql.partition_writing import REMOVALS, count, forget

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.model.record import Sealed

T = TypeVar("T")

MOST = 500
"""Values in one condition, below every database's limit."""


def batches(values: Sequence[T], most: int = MOST) -> Iterator[Sequence[T]]:
    for at in range(0, len(values), most):
        yield values[at : at + most]


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


def removed(connection: sa.Connection) -> None:
    """Count that something went: whoever compresses against a chunk must look whether it is still there."""
    which = fact.c.key == REMOVALS
    if connection.execute(sa.update(fact).where(which).values(value=fact.c.value + 1)).rowcount == 0:
        connection.execute(sa.insert(fact), {"key": REMOVALS, "value": 1})
