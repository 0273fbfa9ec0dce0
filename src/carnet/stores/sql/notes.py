"""Small named values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.stores.sql.direct import Statement

if TYPE_CHECKING:
    from carnet.stores.sql.database import Database

_NOTE = Statement("documents.note")
_CHANGE_NOTE, _ADD_NOTE = Statement("documents.change_note"), Statement("documents.add_note")


def read_note(database: Database, key: str) -> str | None:
    with database.glancing() as direct:
        found: str | None = _NOTE.value(direct, key)
        return found


def write_note(database: Database, key: str, value: str) -> None:
    with database.putting() as direct:
        if _CHANGE_NOTE.run(direct, value, key).rowcount == 0:
            _ADD_NOTE.run(direct, key, value)
