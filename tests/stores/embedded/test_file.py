"""A file that is not ours is refused by name; one of ours is whole or not there."""

from __future__ import annotations

import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.stores.embedded import file as files
from carnet.stores.embedded.store import EmbeddedStore
from tests import make

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(data: Path) -> Path:
    """A store file with something in it, closed."""
    with closing(EmbeddedStore(data)) as store:
        owner = store.documents.add_document(make.document()).id
        store.documents.record([make.observation(owner, n, os.urandom(9000)) for n in range(40)])
    return data / "carnet.db"


def test_the_folder_and_the_file_are_nobody_elses_business(data: Path) -> None:
    file = files.ready_file(data)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_nothing_but_the_file_is_left_when_the_store_is_closed(file: Path) -> None:
    assert os.listdir(file.parent) == ["carnet.db"]  # noqa: PTH208 (names are what is compared)


def test_indexes_are_made_in_one_order(data: Path) -> None:
    with closing(sqlite3.connect(files.ready_file(data))) as connection:
        rows = connection.execute("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE INDEX%' ORDER BY rowid")
        names = [name for (name,) in rows]
    assert [name for name in names if name.startswith("capture")] == [
        "capture_rare",
        "capture_repeat",
        "capture_time",
        "capture_version",
    ]


def test_a_draft_that_was_left_behind_is_no_obstacle(data: Path) -> None:
    data.mkdir()
    (data / "carnet.db.new").write_bytes(b"half of a")
    (data / "carnet.db.new-wal").write_bytes(b"log")
    files.check(files.ready_file(data))


def test_many_that_start_at_once_find_one_store(data: Path) -> None:
    def begin(number: int) -> int:
        with closing(EmbeddedStore(data)) as store:
            return store.documents.add_document(make.document(f"page-{number}")).id

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(begin, range(6))) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("content", [b"hello, I am a text\n" * 20, b"\0" * 4096, b"x", b"PK\x03\x04zip"])
def test_a_file_that_is_no_database_is_refused_by_name_and_left_alone(data: Path, content: bytes) -> None:
    data.mkdir()
    (data / "carnet.db").write_bytes(content)
    with pytest.raises(StoreError, match=r"carnet\.db is not a Carnet store"):
        EmbeddedStore(data)
    assert (data / "carnet.db").read_bytes() == content


def test_another_programs_database_is_refused_by_name(data: Path) -> None:
    data.mkdir()
    with closing(sqlite3.connect(data / "carnet.db")) as connection:
        connection.execute("CREATE TABLE document (id)")
    with pytest.raises(StoreError, match=r"carnet\.db is a SQLite file of another program"):
        EmbeddedStore(data)


def test_a_newer_store_is_refused_by_name(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 7")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with pytest.raises(StoreError, match=r"carnet\.db has the schema 7, this Carnet reads 1.*newer"):
        EmbeddedStore(file.parent)


@pytest.mark.parametrize("kept", [0, 1, 15, 16, 60, 99, 100, 4095, 4096, 50_000, -4096, -1])
def test_a_truncated_store_is_refused_by_name(file: Path, kept: int) -> None:
    os.truncate(file, kept if kept >= 0 else file.stat().st_size + kept)
    with pytest.raises(StoreError, match=r"carnet\.db is damaged: it is truncated"):
        EmbeddedStore(file.parent)


def test_a_folder_in_the_place_of_the_file_is_refused_by_name(data: Path) -> None:
    (data / "carnet.db").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"carnet\.db cannot be read"):
        EmbeddedStore(data)


def test_a_file_in_the_place_of_the_folder_is_refused_by_name(data: Path) -> None:
    data.write_bytes(b"")
    with pytest.raises(StoreError, match="is a file; the store needs a folder"):
        EmbeddedStore(data)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="cannot be created"):
            EmbeddedStore(tmp_path / "data")
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be created: Not a directory"):
        EmbeddedStore(tmp_path / "file" / "data")
