"""What the portable SQL relies on, asked of the embedded database."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.stores.embedded.database import SqliteDatabase
from carnet.stores.embedded.file import ready_file
from carnet.stores.sql.tables import note

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from carnet.stores.sql.database import Database

COUNT = sa.select(sa.func.count()).select_from(note)


@pytest.fixture
def database(data: Path) -> Iterator[Database]:
    with closing(SqliteDatabase(ready_file(data))) as opened:
        yield opened


def test_a_writing_that_fails_is_undone_whole(database: Database) -> None:
    def fail() -> None:
        with database.writing() as connection:
            connection.execute(sa.insert(note), {"key": "k", "value": "v"})
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with database.reading() as connection:
        assert connection.scalar(COUNT) == 0


def test_a_reading_sees_one_state_while_others_write(database: Database) -> None:
    with database.reading() as reading:
        assert reading.scalar(COUNT) == 0
        with database.writing() as connection:
            connection.execute(sa.insert(note), {"key": "k", "value": "v"})
        assert reading.scalar(COUNT) == 0
    with database.reading() as reading:
        assert reading.scalar(COUNT) == 1
