"""Where many documents stand: the newest capture and version of each, in a fixed number of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from carnet.stores.sql.rows import select_captures, select_versions, to_capture, to_version
from carnet.stores.sql.tables import IS_VERSION, PLACE, capture, document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carnet.model.document import Capture, Version

_AT_ONCE = 256


def standing(
    connection: sa.Connection, documents: Sequence[int]
) -> Mapping[int, tuple[Capture | None, Version | None]]:
    """(newest capture, newest version) of documents; a look-up in an index each."""
    found: dict[int, tuple[Capture | None, Version | None]] = {}
    for start in range(0, len(documents), _AT_ONCE):
        heads = connection.execute(_heads(documents[start : start + _AT_ONCE])).all()
        captures, versions = _captures(connection, [row.last for row in heads]), _versions(connection, heads)
        found.update((row.id, (captures.get(row.last), versions.get(row.version))) for row in heads)
    return found


def _heads(documents: Sequence[int]) -> sa.Select[tuple[int, int | None, int | None, int]]:
    mine = capture.c.document == document.c.id
    newest = sa.select(capture.c.id).where(mine).order_by(capture.c.at.desc(), capture.c.id.desc()).limit(1)
    version = sa.select(capture.c.id).where(mine, IS_VERSION).order_by(PLACE.desc(), capture.c.id.desc()).limit(1)
    count = sa.select(sa.func.count()).select_from(capture).where(mine, IS_VERSION)
    columns = [
        document.c.id,
        newest.scalar_subquery().label("last"),
        version.scalar_subquery().label("version"),
        count.scalar_subquery().label("versions"),
    ]
    return sa.select(*columns).where(document.c.id.in_(documents))


def _captures(connection: sa.Connection, ids: Sequence[int | None]) -> dict[int | None, Capture]:
    rows = connection.execute(select_captures().where(capture.c.id.in_(ids)))
    return {row.id: to_capture(row) for row in rows}


def _versions(
    connection: sa.Connection, heads: Sequence[sa.Row[tuple[int, int | None, int | None, int]]]
) -> dict[int | None, Version]:
    numbers = {row.version: row.versions for row in heads}
    rows = connection.execute(select_versions().where(capture.c.id.in_(list(numbers))))
    return {row.id: to_version(row, numbers[row.id]) for row in rows}
