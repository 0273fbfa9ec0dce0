"""Whether the rows of a partition agree with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from carnet.stores.sql.partition_rows import entries_of
from carnet.stores.sql.partition_tables import chunk, key, lane, loose, session, tally

if TYPE_CHECKING:
    from collections.abc import Iterator


def faults(connection: sa.Connection) -> list[str]:
    """What does not agree, in words."""
    return [
        *_astray(connection),
        *_estranged(connection),
        *_miscounted(connection),
        *_nowhere(connection),
        *_tallied(connection),
    ]


def _astray(connection: sa.Connection) -> Iterator[str]:
    for column, wanted in (
        (loose.c.chunk, chunk),
        (key.c.session, session),
        (chunk.c.key, key),
        (chunk.c.session, session),
        (chunk.c.lane, lane),
    ):
        which = ~sa.exists().where(wanted.c.id == column)
        number = connection.scalar(sa.select(sa.func.count()).select_from(column.table).where(which))
        if number:
            yield f"{number} rows of `{column.table.name}` name a `{wanted.name}` that is not there"


def _estranged(connection: sa.Connection) -> Iterator[str]:
    """An erasure destroys a session's keys: a chunk that lies under another session's would outlive it."""
    query = sa.select(chunk.c.uid).join_from(chunk, key).where(key.c.session != chunk.c.session)
    for row in connection.execute(query):
        yield f"chunk {bytes(row.uid).hex()} is under a key of another session"


def _miscounted(connection: sa.Connection) -> Iterator[str]:
    for row in connection.execute(sa.select(chunk.c.uid, chunk.c.records, chunk.c.size, chunk.c.sizes)):
        sizes = (
            [entry.size for entry in entries_of(bytes(row.uid), bytes(row.sizes))] if len(row.sizes) % 4 == 0 else []
        )
        if (len(sizes), sum(sizes)) != (row.records, row.size):
            yield f"chunk {bytes(row.uid).hex()} does not have the records it says it has"


def _nowhere(connection: sa.Connection) -> Iterator[str]:
    which = sa.and_(chunk.c.object == "", ~sa.exists().where(loose.c.chunk == chunk.c.id))
    for row in connection.execute(sa.select(chunk.c.uid).where(which)):
        yield f"chunk {bytes(row.uid).hex()} lies nowhere"


def _tallied(connection: sa.Connection) -> Iterator[str]:
    counted = connection.execute(
        sa.select(session.c.organisation, chunk.c.lane, sa.func.sum(chunk.c.records), sa.func.sum(chunk.c.size))
        .join_from(chunk, session)
        .group_by(session.c.organisation, chunk.c.lane)
    )
    real = {(row[0], row[1]): (row[2], row[3]) for row in counted}
    said = {(r.organisation, r.lane): (r.records, r.bytes) for r in connection.execute(sa.select(tally))}
    if real != {place: numbers for place, numbers in said.items() if any(numbers)}:
        yield "the tallies do not count what is there"
