from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.stores.embedded.lending import Lending
from carnet.stores.sql.direct import Direct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Opened:
    """Opens a file and remembers how often."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.all: list[sqlite3.Connection] = []

    def __call__(self) -> Direct:
        connection = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False, timeout=0.05)
        connection.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER)")
        self.all.append(connection)
        return Direct(connection, {})


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path / "a.db")


@pytest.fixture
def lending(opened: Opened) -> Iterator[Lending]:
    with closing(Lending(opened, lambda error: StoreError(str(error)))) as lent:
        yield lent


def numbers(lending: Lending) -> list[int]:
    with lending.transaction("BEGIN") as direct:
        return [row[0] for row in direct.driver.execute("SELECT n FROM t ORDER BY n").fetchall()]


def test_one_connection_serves_transactions_one_after_the_other(lending: Lending, opened: Opened) -> None:
    for number in range(3):
        with lending.transaction("BEGIN IMMEDIATE") as direct:
            assert lending.busy
            direct.driver.execute("INSERT INTO t VALUES (?)", (number,))
        assert not lending.busy
    assert numbers(lending) == [0, 1, 2]
    assert len(opened.all) == 1


def test_what_fails_is_undone_and_the_connection_serves_again(lending: Lending, opened: Opened) -> None:
    with suppress(ZeroDivisionError), lending.transaction("BEGIN IMMEDIATE") as direct:
        direct.driver.execute("INSERT INTO t VALUES (1)")
        raise ZeroDivisionError
    assert numbers(lending) == []
    assert len(opened.all) == 1


def test_a_transaction_that_cannot_begin_leaves_nothing_behind(lending: Lending, opened: Opened) -> None:
    with closing(opened().driver) as other:
        numbers(lending)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"), lending.transaction("BEGIN IMMEDIATE"):
            pass
        assert not lending.busy
    with lending.transaction("BEGIN IMMEDIATE") as direct:
        direct.driver.execute("INSERT INTO t VALUES (7)")
    assert numbers(lending) == [7]


def test_a_fault_of_the_driver_is_told_as_what_it_stands_for(lending: Lending) -> None:
    for beginning in ("", "BEGIN", "nonsense"):
        with pytest.raises(StoreError, match="syntax error"), lending.transaction(beginning) as direct:
            direct.driver.execute("nonsense")
        assert not lending.busy
    assert numbers(lending) == []


def test_an_end_that_fails_undoes_everything(lending: Lending) -> None:
    with lending.transaction("BEGIN IMMEDIATE") as direct:
        direct.driver.execute("CREATE TABLE child (n INTEGER REFERENCES t (rowid) DEFERRABLE INITIALLY DEFERRED)")
    with lending.transaction("") as direct:
        direct.driver.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(StoreError, match="foreign key"), lending.transaction("BEGIN IMMEDIATE") as direct:
        direct.driver.execute("INSERT INTO child VALUES (99)")
    with lending.transaction("BEGIN IMMEDIATE") as direct:
        assert direct.driver.execute("SELECT count(*) FROM child").fetchone() == (0,)


def test_statements_without_a_beginning_are_each_for_itself(lending: Lending) -> None:
    with suppress(ZeroDivisionError), lending.transaction("") as direct:
        direct.driver.execute("INSERT INTO t VALUES (1)")
        raise ZeroDivisionError
    assert numbers(lending) == [1]


def test_a_connection_that_cannot_be_opened_is_told_of(tmp_path: Path) -> None:
    lending = Lending(Opened(tmp_path / "missing" / "a.db"), lambda error: StoreError(f"told: {error}"))
    with pytest.raises(StoreError, match="told: unable to open"), lending.transaction("BEGIN"):
        pass
    assert not lending.busy


def test_threads_at_once_have_one_each(lending: Lending, opened: Opened) -> None:
    both = threading.Barrier(2, timeout=10)

    def read() -> None:
        with lending.transaction("BEGIN") as direct:
            both.wait()
            direct.driver.execute("SELECT n FROM t").fetchall()

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened.all) == 2
    assert not lending.busy


def test_one_that_waits_forgets_its_pages_and_none_is_opened_for_that(lending: Lending, opened: Opened) -> None:
    lending.shrink()
    assert opened.all == []
    numbers(lending)
    asked: list[str] = []
    opened.all[0].set_trace_callback(asked.append)
    lending.shrink()
    assert asked == ["PRAGMA shrink_memory"]
    with lending.transaction("BEGIN"):
        lending.shrink()
    assert len(opened.all) == 1
    assert not lending.busy


def test_one_that_is_lent_is_closed_when_it_comes_back(lending: Lending, opened: Opened) -> None:
    with lending.transaction("BEGIN IMMEDIATE") as direct:
        lending.close()
        assert lending.busy
        direct.driver.execute("INSERT INTO t VALUES (1)")
    assert not lending.busy
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened.all[0].execute("SELECT 1")
