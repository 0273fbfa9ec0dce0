from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from carnet.stores.embedded.database import SqliteDatabase
from carnet.stores.embedded.file import ready_file
from carnet.stores.embedded.held import hold, release, untouched

if TYPE_CHECKING:
    from pathlib import Path

LOOK = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM mark').fetchall(); c.close()"


def test_a_second_store_on_the_same_file_leaves_the_locks_of_the_first(data: Path) -> None:
    """Without them another process that closes last would delete the log under us."""
    with closing(SqliteDatabase(ready_file(data))) as first:
        with first.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE mark (name)")
        file = ready_file(data)
        subprocess.run([sys.executable, "-c", LOOK, str(file)], check=True)
        assert file.with_name(f"{file.name}-wal").exists()
        with first.writing() as connection:
            connection.exec_driver_sql("INSERT INTO mark VALUES ('kept')")
    with closing(sqlite3.connect(data / "carnet.db")) as after:
        assert after.execute("SELECT name FROM mark").fetchall() == [("kept",)]
        assert after.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_file_is_untouched_until_it_is_held_and_again_when_the_last_lets_go(tmp_path: Path) -> None:
    file = tmp_path / "carnet.db"
    file.touch()
    seen = []
    holds = [hold(file), hold(file)]
    for one in holds:
        with untouched(file) as free:
            seen.append(free)
        release(one)
    with untouched(file) as free:
        seen.append(free)
    assert seen == [False, False, True]


def test_a_closed_store_is_judged_again_at_the_next_opening(data: Path) -> None:
    SqliteDatabase(ready_file(data)).close()
    with untouched(data / "carnet.db") as free:
        assert free
