"""The embedded store, opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.stores.embedded.database import SqliteDatabase
from carnet.stores.embedded.file import ready_file
from carnet.stores.embedded.roles import role
from carnet.stores.sql.documents import SqlDocuments
from carnet.stores.sql.notes import read_note, write_note

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from carnet.stores.contract import DocumentStore


class EmbeddedStore:
    """See Store, whose words are the contract."""

    documents: DocumentStore

    def __init__(self, data: Path) -> None:
        self._data = data
        self._database = SqliteDatabase(ready_file(data))
        self.documents = SqlDocuments(self._database)

    def close(self) -> None:
        self._database.close()

    def role(self, name: str) -> AbstractContextManager[None]:
        return role(self._data, name)

    def note(self, key: str) -> str | None:
        return read_note(self._database, key)

    def set_note(self, key: str, value: str) -> None:
        write_note(self._database, key, value)
