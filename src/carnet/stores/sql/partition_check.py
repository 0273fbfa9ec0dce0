"""Whether the rows of a partition agree with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from carnet.stores.sql.partition_rows import entries_of
from carnet.stores.sql.partition_tables import chunk, key, lane, loose, session, tally
from carnet.stores.sql.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Iterator


def faults(connection: sa.Connection) -> list[str]:
    """What does not agree, in words."""
    return [
        *_astray(connection),
        *_estranged(connection),
        *_miscounted(connection),
        *_nowhere(connection),
        *_unfounded(connection),
        *_undecided(connection),
        *_tallied(connection),
    ]


def _counting(column: sa.Column[int], wanted: sa.Table) -> Prepared:
    which = ~sa.exists().where(wanted.c.id == column)
    return Prepared(sa.select(sa.func.count()).select_from(column.table).where(which))


_STRAY = [
    (column.table.name, wanted.name, _counting(column, wanted))
    for column, wanted in (
        (loose.c.chunk, chunk),
        (key.c.session, session),
        (chunk.c.key, key),
        (chunk.c.session, session),
        (chunk.c.lane, lane),
    )
]


def _astray(connection: sa.Connection) -> Iterator[str]:
    for table, wanted, counting in _STRAY:
        number = counting.run(connection).scalar()
        if number:
            yield f"{number} rows of `{table}` name a `{wanted}` that is not there"


_ESTRANGED = Prepared(
    sa.select(chunk.c.uid).join_from(chunk, key, key.c.id == chunk.c.key).where(key.c.session != chunk.c.session)
)


def _estranged(connection: sa.Connection) -> Iterator[str]:
    """An erasure destroys a session's keys: a chunk that lies under another session's would outlive it."""
    for row in _ESTRANGED.run(connection):
        yield f"chunk {bytes(row.uid).hex()} is under a key of another session"


_SIZES = Prepared(sa.select(chunk.c.uid, chunk.c.records, chunk.c.size, chunk.c.sizes))


def _miscounted(connection: sa.Connection) -> Iterator[str]:
    for row in _SIZES.run(connection):
        sizes = (
            [entry.size for entry in entries_of(bytes(row.uid), bytes(row.sizes))] if len(row.sizes) % 4 == 0 else []
        )
        if (len(sizes), sum(sizes)) != (row.records, row.size):
            yield f"chunk {bytes(row.uid).hex()} does not have the records it says it has"


_NOWHERE = Prepared(
    sa.select(chunk.c.uid).where(
        chunk.c.object == sa.bindparam("none"), ~sa.exists().where(loose.c.chunk == chunk.c.id)
    )
)


def _nowhere(connection: sa.Connection) -> Iterator[str]:
    for row in _NOWHERE.run(connection, none=""):
        yield f"chunk {bytes(row.uid).hex()} lies nowhere"


_BELOW = chunk.alias("below")
_UNFOUNDED = Prepared(
    sa.select(chunk.c.uid)
    .outerjoin(_BELOW, sa.and_(_BELOW.c.uid == chunk.c.base, _BELOW.c.key == chunk.c.key))
    .where(
        sa.or_(
            chunk.c.depth < sa.literal_column("0"),
            sa.and_(
                chunk.c.base != sa.bindparam("nothing"),
                sa.or_(_BELOW.c.id.is_(None), _BELOW.c.depth >= chunk.c.depth),
            ),
        )
    )
)


def _unfounded(connection: sa.Connection) -> Iterator[str]:
    """A chunk rests on one of its session that has fewer below it: no chain is a circle."""
    for row in _UNFOUNDED.run(connection, nothing=b""):
        yield f"chunk {bytes(row.uid).hex()}: its row does not say what it rests on"


_UNDECIDED = Prepared(sa.select(lane.c.id).where(~sa.exists().where(chunk.c.lane == lane.c.id)))


def _undecided(connection: sa.Connection) -> Iterator[str]:
    """A decision goes with the last of its chunks: one that nothing names was changed, or written by nobody of ours."""
    for row in _UNDECIDED.run(connection):
        yield f"row {row.id} of `lane`: no chunk was decided so"


_COUNTED = Prepared(
    sa.select(session.c.organisation, chunk.c.lane, sa.func.sum(chunk.c.records), sa.func.sum(chunk.c.size))
    .join_from(chunk, session)
    .group_by(session.c.organisation, chunk.c.lane)
)
_TALLIES = Prepared(sa.select(tally))


def _tallied(connection: sa.Connection) -> Iterator[str]:
    real = {(one, of): (records, size) for one, of, records, size in map(tuple, _COUNTED.run(connection))}
    said = {(row.organisation, row.lane): (row.records, row.bytes) for row in _TALLIES.run(connection)}
    if real != {place: numbers for place, numbers in said.items() if any(numbers)}:
        yield "the tallies do not count what is there"
