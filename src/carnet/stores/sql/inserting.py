"""A row, and the id it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Mapping


def insert_row(connection: sa.Connection, table: sa.Table, values: Mapping[str, object]) -> int:
    given = connection.execute(sa.insert(table).values(**values)).inserted_primary_key
    if not given:
        raise ValueError(f"{table.name} gives its rows no id")
    return int(given[0])
