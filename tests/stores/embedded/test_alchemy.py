from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.errors import StoreError
from carnet.stores.embedded.alchemy import Alchemy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def alchemy(tmp_path: Path) -> Iterator[Alchemy]:
    file = tmp_path / "a.db"

    def connected() -> sqlite3.Connection:
        return sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=0.05)

    with closing(connected()) as connection:
        connection.execute("CREATE TABLE t (n INTEGER)")
    with closing(Alchemy(file, connected, lambda error: StoreError(f"told: {error}"))) as opened:
        yield opened


def test_what_is_written_is_there_and_what_fails_is_undone(alchemy: Alchemy) -> None:
    writing, reading = contextmanager(alchemy.writing), contextmanager(alchemy.reading)
    with writing() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
        assert alchemy.busy
    assert not alchemy.busy
    with suppress(KeyError), writing() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (2)"))
        raise KeyError
    with reading() as connection:
        assert connection.execute(sa.text("SELECT n FROM t")).scalars().all() == [1]


def test_faults_of_the_driver_are_told_as_what_they_stand_for(alchemy: Alchemy) -> None:
    with pytest.raises(StoreError, match=r"told: .*syntax error"), contextmanager(alchemy.reading)() as connection:
        connection.execute(sa.text("nonsense"))
    with (
        contextmanager(alchemy.writing)(),
        pytest.raises(StoreError, match="told: database is locked"),
        contextmanager(alchemy.writing)(),
    ):
        pass
    assert not alchemy.busy


def test_threads_at_once_have_one_each(alchemy: Alchemy) -> None:
    both = threading.Barrier(2, timeout=10)
    seen: list[int] = []

    def read() -> None:
        with contextmanager(alchemy.reading)() as connection:
            both.wait()
            seen.append(connection.execute(sa.text("SELECT count(*) FROM t")).scalar_one())

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [0, 0]
