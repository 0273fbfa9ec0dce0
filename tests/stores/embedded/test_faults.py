from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from carnet.stores.embedded.faults import quick_check, store_error

FILE = Path("/data/carnet.db")


def fault(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SQLITE_FULL", "no space left"),
        ("SQLITE_IOERR_WRITE", "no space left"),
        ("SQLITE_IOERR_SHMOPEN", "no space left"),
        ("SQLITE_READONLY", "check the permissions"),
        ("SQLITE_READONLY_DIRECTORY", "check the permissions"),
        ("SQLITE_CANTOPEN", "check the permissions"),
        ("SQLITE_BUSY", "held by another process"),
        ("SQLITE_CORRUPT", "is damaged"),
        ("SQLITE_NOTADB", "is damaged"),
        ("SQLITE_IOERR_READ", "SQLITE_IOERR_READ"),
    ],
)
def test_a_fault_names_the_file_and_what_to_do(name: str, said: str) -> None:
    told = store_error(FILE, fault(name))
    assert str(FILE) in str(told)
    assert said in str(told)
    assert told.exit_code == 3


def test_a_fault_without_a_name_keeps_its_words() -> None:
    assert str(store_error(FILE, sqlite3.ProgrammingError("odd"))) == f"{FILE}: odd"


def test_the_check_says_what_it_finds(tmp_path: Path) -> None:
    sound, broken = tmp_path / "sound.db", tmp_path / "broken.db"
    with closing(sqlite3.connect(sound)) as connection:
        connection.execute("CREATE TABLE note (key)")
    broken.write_bytes(b"not a database at all" * 100)
    assert quick_check(sound) == "ok"
    assert "not a database" in quick_check(broken)
    assert "unable to open" in quick_check(tmp_path / "absent.db")
