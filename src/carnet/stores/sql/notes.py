"""Small named values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from carnet.stores.sql.tables import note

if TYPE_CHECKING:
    from carnet.stores.sql.database import Database


def read_note(database: Database, key: str) -> str | None:
    with database.reading() as connection:
        return connection.scalar(sa.select(note.c.value).where(note.c.key == key))


def write_note(database: Database, key: str, value: str) -> None:
    with database.writing() as connection:
        if connection.execute(sa.update(note).where(note.c.key == key).values(value=value)).rowcount == 0:
            connection.execute(sa.insert(note), {"key": key, "value": value})
