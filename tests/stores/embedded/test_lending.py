from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from carnet.stores.embedded.lending import Lending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Opened:
    """Opens a file and remembers how often."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.all: list[sqlite3.Connection] = []

    def __call__(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False, timeout=0.05)
        connection.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER)")
        self.all.append(connection)
        return connection


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path / "a.db")


@pytest.fixture
def lending(opened: Opened) -> Iterator[Lending]:
    with closing(Lending(opened)) as lent:
        yield lent


def numbers(lending: Lending) -> list[int]:
    with lending.transaction("BEGIN") as connection:
        return [row[0] for row in connection.execute("SELECT n FROM t ORDER BY n")]


def test_one_connection_serves_transactions_one_after_the_other(lending: Lending, opened: Opened) -> None:
    for number in range(3):
        with lending.transaction("BEGIN IMMEDIATE") as connection:
            assert lending.busy
            connection.execute("INSERT INTO t VALUES (?)", (number,))
        assert not lending.busy
    assert numbers(lending) == [0, 1, 2]
    assert len(opened.all) == 1


def test_what_fails_is_undone_and_the_connection_serves_again(lending: Lending, opened: Opened) -> None:
    with suppress(ZeroDivisionError), lending.transaction("BEGIN IMMEDIATE") as connection:
        connection.execute("INSERT INTO t VALUES (1)")
        raise ZeroDivisionError
    assert numbers(lending) == []
    assert len(opened.all) == 1


def test_a_transaction_that_cannot_begin_leaves_nothing_behind(lending: Lending, opened: Opened) -> None:
    with closing(opened()) as other:
        numbers(lending)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"), lending.transaction("BEGIN IMMEDIATE"):
            pass
        assert not lending.busy
    with lending.transaction("BEGIN IMMEDIATE") as connection:
        connection.execute("INSERT INTO t VALUES (7)")
    assert numbers(lending) == [7]


def test_threads_at_once_have_one_each(lending: Lending, opened: Opened) -> None:
    both = threading.Barrier(2, timeout=10)

    def read() -> None:
        with lending.transaction("BEGIN") as connection:
            both.wait()
            connection.execute("SELECT n FROM t").fetchall()

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened.all) == 2
    assert not lending.busy


def test_one_that_is_lent_is_closed_when_it_comes_back(lending: Lending, opened: Opened) -> None:
    with lending.transaction("BEGIN IMMEDIATE") as connection:
        lending.close()
        assert lending.busy
        connection.execute("INSERT INTO t VALUES (1)")
    assert not lending.busy
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened.all[0].execute("SELECT 1")
