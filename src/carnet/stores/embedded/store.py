"""The embedded store, opened."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from carnet.stores.embedded.database import SqliteDatabase
from carnet.stores.embedded.file import ready_file
from carnet.stores.embedded.roles import role
from carnet.stores.sql.notes import read_note, write_note

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from carnet.stores.contract import DocumentStore
    from carnet.stores.records_contract import RecordStore


class EmbeddedStore:
    """See Store, whose words are the contract."""

    def __init__(self, data: Path, root: Path | None = None) -> None:
        self._data = data
        self._root = root
        self._database = SqliteDatabase(ready_file(data))

    @cached_property
    def documents(self) -> DocumentStore:
        from carnet.stores.sql.documents import SqlDocuments  # noqa: PLC0415 - a relay reads none

        return SqlDocuments(self._database)

    @property
    def has_records(self) -> bool:
        return (self._data / "records" / "catalogue.db").exists()

    @cached_property
    def records(self) -> RecordStore:
        from carnet.stores.embedded.records import EmbeddedRecords  # noqa: PLC0415 - many commands keep no records

        return EmbeddedRecords(self._data, self._root)

    def close(self) -> None:
        if "records" in self.__dict__:
            self.records.close()
        self._database.close()

    def role(self, name: str, held: int | None = None) -> AbstractContextManager[int]:
        return role(self._data, name, held)

    def note(self, key: str) -> str | None:
        return read_note(self._database, key)

    def set_note(self, key: str, value: str) -> None:
        write_note(self._database, key, value)
