"""Somebody changes what is kept, one thing at a time; `carnet records verify` names it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from carnet.records.surveying import partitions
from carnet.stores.embedded.records import EmbeddedRecords
from tests.records.kept import PAT, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def worn(shelf: Shelf) -> Shelf:
    """A conversation packed, another loose, in one partition; and something in the log."""
    for turn in range(2):
        shelf.later(minutes=1).kept("the same words " * 20 + str(turn), session="packed")
    shelf.later(hours=1).keep()
    for turn in range(2):
        shelf.later(minutes=1).kept("other words " * 20 + str(turn), session="loose")
    shelf.kept("erased", PAT, "gone")
    shelf.erase(session="gone")
    shelf.keep()
    assert shelf.faults() == []
    return shelf


@pytest.fixture
def sql(worn: Shelf, data: Path) -> Iterator[sqlite3.Connection]:
    """The rows of the one partition, as somebody changes them who has the file."""
    name = next(one.name for one in partitions(worn.store) if worn.store.partition(one.name).objects())
    with closing(sqlite3.connect(data / "records" / f"part-{name}.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        yield connection


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE session SET name = 'other' WHERE name = 'loose'", "its row or its key is not the one"),
        ("UPDATE session SET account = 99 WHERE name = 'packed'", "its row or its key is not the one"),
        ("UPDATE session SET organisation = 99", "the tallies do not count"),
        ("UPDATE chunk SET expires = expires + 1", "would keep it longer than days30 from its creation"),
        ("UPDATE chunk SET expires = expires - 86400000000", "would end it before days30 from its creation"),
        ("UPDATE chunk SET created = created - 1, expires = expires - 1", "its row or its key is not the one"),
        ("UPDATE chunk SET length = length + 1", "not the ones that were written"),
        ("UPDATE chunk SET digest = zeroblob(32)", "not the ones that were written"),
        ("UPDATE chunk SET depth = 0", "does not say what it rests on"),
        ("UPDATE chunk SET base = zeroblob(12)", "does not say what it rests on"),
        ("UPDATE chunk SET base = x'', depth = 0", "its row or its key is not the one"),
        ("UPDATE chunk SET size = size + 1", "does not have the records it says it has"),
        ("UPDATE chunk SET records = 2", "does not have the records it says it has"),
        ("UPDATE chunk SET offset = offset + 1 WHERE object <> ''", "not the ones that were written"),
        ("UPDATE chunk SET object = 'bodies/none/none' WHERE object <> ''", "object bodies/none/none is missing"),
        ("UPDATE chunk SET object = '../../outside' WHERE object <> ''", "not the name of an object"),
        ("UPDATE chunk SET key = (SELECT max(id) FROM key)", "is under a key of another session"),
        ("UPDATE chunk SET key = 99", "name a `key` that is not there"),
        ("UPDATE chunk SET lane = 99", "name a `lane` that is not there"),
        ("UPDATE chunk SET session = 99", "name a `session` that is not there"),
        ("UPDATE key SET session = 99", "name a `session` that is not there"),
        ("UPDATE key SET slot = slot + 7", "no session has it"),
        ("UPDATE key SET uid = zeroblob(16) WHERE id = 1", "does not open"),
        ("UPDATE lane SET kind = 'feedback'", "its row or its key is not the one"),
        ("UPDATE lane SET retention = 'years5'", "its row or its key is not the one"),
        ("UPDATE lane SET retention = 'days7'", "longer than days7 from its creation"),
        ("UPDATE lane SET retention = 'soon'", "has no retention class"),
        ("UPDATE lane SET retention = 'none'", "has no retention class"),
        ("UPDATE lane SET training = 1", "its row or its key is not the one"),
        ("UPDATE lane SET training = 2", "does not say which rules decided"),
        ("UPDATE lane SET purposes = '[\"product-improvement\"]'", "its row or its key is not the one"),
        ("UPDATE lane SET rules = replace(rules, 'commercial', 'consent')", "its row or its key is not the one"),
        ("UPDATE lane SET rules = '[ ' || substr(rules, 2)", "does not say which rules decided"),
        ("INSERT INTO lane SELECT id + 1, kind, flow, provider, 'days7', 0, purposes, rules FROM lane", "decided so"),
        ("UPDATE lane SET purposes = 'x'", "does not say which rules decided"),
        ("UPDATE tally SET records = records + 1", "the tallies do not count"),
        ("DELETE FROM loose", "lies nowhere"),
        ("DELETE FROM chunk WHERE object = ''", "name a `chunk` that is not there"),
        ("UPDATE loose SET data = zeroblob(40)", "not the ones that were written"),
    ],
)
def test_a_row_that_was_changed(worn: Shelf, sql: sqlite3.Connection, change: str, named: str) -> None:
    assert sql.execute(change).rowcount > 0
    found = worn.faults()
    assert [fault for fault in found if named in fault], found


def test_a_partition_that_is_said_to_end_on_another_day(worn: Shelf, data: Path) -> None:
    with closing(sqlite3.connect(data / "records" / "catalogue.db", isolation_level=None)) as connection:
        connection.execute("UPDATE partition SET end = '2099-01-01'")
    assert any("does not end with its partition" in fault for fault in worn.faults())


def test_verifying_changes_nothing(worn: Shelf, data: Path) -> None:
    worn.store.close()
    with closing(EmbeddedRecords(data)) as store:
        other = Shelf(store, worn.now)
        assert other.faults() == []
        before = _contents(data)
        assert other.faults() == []
        assert _contents(data) == before


def _contents(data: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in data.rglob("*") if path.is_file() and path.suffix != ".db-shm"}
