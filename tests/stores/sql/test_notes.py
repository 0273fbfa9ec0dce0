from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from carnet.stores.embedded.database import SqliteDatabase
from carnet.stores.embedded.file import ready_file
from carnet.stores.sql.notes import read_note, write_note

if TYPE_CHECKING:
    from pathlib import Path


def test_a_note_is_written_over_and_others_stay(data: Path) -> None:
    with closing(SqliteDatabase(ready_file(data))) as database:
        for key, value in (("a", "1"), ("b", "2"), ("a", "")):
            write_note(database, key, value)
        assert [read_note(database, key) for key in ("a", "b", "c")] == ["", "2", None]
