from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.errors import StoreError
from carnet.stores.embedded import database as databases
from carnet.stores.embedded.database import SqliteDatabase
from carnet.stores.embedded.file import PARTITION, ready, ready_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def database(data: Path) -> Iterator[SqliteDatabase]:
    with closing(SqliteDatabase(ready_file(data))) as opened:
        yield opened


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("secure_delete", 1), ("foreign_keys", 1), ("synchronous", 2), ("busy_timeout", 60_000)],
)
def test_every_connection_is_set_up(database: SqliteDatabase, pragma: str, value: object) -> None:
    with database.reading() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_writer_that_never_finishes_is_named_as_the_cause(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "_BUSY_SECONDS", 0.05)
    file = ready_file(data)
    with closing(SqliteDatabase(file)) as waiting, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"carnet\.db is held by another process"), waiting.writing():
            pass
        with waiting.reading() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM note")) == 0


def test_closing_brings_the_log_into_the_file(data: Path) -> None:
    file = ready_file(data)
    database = SqliteDatabase(file)
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO note VALUES ('k', 'v')")
    assert file.with_name("carnet.db-wal").stat().st_size > 0
    database.close()
    assert not file.with_name("carnet.db-wal").exists()


def test_closing_beside_a_reader_loses_nothing(data: Path) -> None:
    file = ready_file(data)
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM note").fetchall()
        with closing(SqliteDatabase(file)) as database, database.writing() as connection:
            connection.exec_driver_sql("INSERT INTO note VALUES ('k', 'v')")
    with closing(SqliteDatabase(file)) as database, database.reading() as connection:
        assert connection.scalar(sa.text("SELECT value FROM note")) == "v"


def test_after_a_checkpoint_no_byte_of_what_was_removed_is_in_the_file_or_its_log(data: Path) -> None:
    file = ready_file(data)
    with closing(SqliteDatabase(file)) as database:
        with database.writing() as connection:
            connection.exec_driver_sql("INSERT INTO note VALUES ('k', 'removed-marker')")
        with database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM note")

        assert database.checkpoint()
        assert file.with_name("carnet.db-wal").stat().st_size == 0
        assert b"removed-marker" not in file.read_bytes()


def test_a_checkpoint_beside_a_snapshot_says_that_it_is_not_done(data: Path) -> None:
    file = ready_file(data)
    with closing(SqliteDatabase(file)) as database, closing(sqlite3.connect(file, isolation_level=None)) as reader:
        with database.writing() as connection:
            connection.exec_driver_sql("INSERT INTO note VALUES ('k', 'v')")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM note").fetchall()
        with database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM note")

        assert not database.checkpoint()
        reader.execute("COMMIT")
        assert database.checkpoint()


def test_a_file_that_is_made_for_it_gives_its_room_back(data: Path) -> None:
    file = ready(data / "part.db", PARTITION)
    with closing(SqliteDatabase(file)) as database:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE large (bytes BLOB)")
            connection.exec_driver_sql("INSERT INTO large VALUES (zeroblob(4000000))")
        database.checkpoint()
        full = file.stat().st_size
        with database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM large")

        assert database.checkpoint()
        assert file.stat().st_size < full / 10
