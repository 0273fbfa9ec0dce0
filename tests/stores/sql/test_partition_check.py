from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from carnet.stores.sql.partition import SqlPartition
from carnet.stores.sql.partition_check import faults
from tests.stores.rows import key, lane, sealed, session, uid

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase

ONE = uid(1).hex()


@pytest.fixture
def filled(partition_database: SqliteDatabase) -> SqliteDatabase:
    """Two sessions, three chunks under two decisions, one of them packed."""
    part = SqlPartition("x", partition_database, lambda: None, list)
    keys = key(1), key(2, session("s2", organisation=2))
    chunks = sealed(1, keys[0], sizes=(2, 3)), sealed(2, keys[1]), sealed(3, keys[1], of=lane(training=False))
    part.add(keys, chunks)
    part.settle([replace(chunks[2].chunk, object="bodies/x")])
    return partition_database


def broken(database: SqliteDatabase, *statements: str) -> list[str]:
    """What is found after rows were changed by hand, as a damaged disk or another program would."""
    with database.glancing() as direct:
        driver = direct.driver
        driver.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            driver.execute(statement)
        driver.execute("PRAGMA foreign_keys = ON")
    with database.reading() as opened:
        return faults(opened)


def test_rows_that_agree_have_no_fault(filled: SqliteDatabase) -> None:
    assert broken(filled) == []


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE loose SET chunk = 77 WHERE chunk = 1", "1 rows of `loose` name a `chunk` that is not there"),
        ("DELETE FROM session WHERE id = 2", "1 rows of `key` name a `session` that is not there"),
        ("DELETE FROM session WHERE id = 2", "2 rows of `chunk` name a `session` that is not there"),
        ("DELETE FROM key WHERE id = 2", "2 rows of `chunk` name a `key` that is not there"),
        ("UPDATE chunk SET lane = 77 WHERE id = 1", "1 rows of `chunk` name a `lane` that is not there"),
        ("UPDATE chunk SET records = 3 WHERE id = 1", f"chunk {ONE} does not have the records it says it has"),
        ("UPDATE chunk SET size = 6 WHERE id = 1", f"chunk {ONE} does not have the records it says it has"),
        ("UPDATE chunk SET sizes = x'00000005' WHERE id = 1", f"chunk {ONE} does not have the records it says it has"),
        (
            "UPDATE chunk SET sizes = x'0000000200' WHERE id = 1",
            f"chunk {ONE} does not have the records it says it has",
        ),
        ("UPDATE chunk SET sizes = x'' WHERE id = 1", f"chunk {ONE} does not have the records it says it has"),
        ("DELETE FROM loose WHERE chunk = 1", f"chunk {ONE} lies nowhere"),
        ("UPDATE tally SET records = records + 1 WHERE organisation = 1", "the tallies do not count what is there"),
        ("UPDATE tally SET bytes = 0 WHERE organisation = 1", "the tallies do not count what is there"),
        ("DELETE FROM tally WHERE organisation = 2", "the tallies do not count what is there"),
        ("UPDATE tally SET organisation = 9 WHERE organisation = 1", "the tallies do not count what is there"),
        ("UPDATE session SET organisation = 9 WHERE id = 1", "the tallies do not count what is there"),
    ],
)
def test_rows_that_do_not_agree_are_named(filled: SqliteDatabase, statement: str, fault: str) -> None:
    assert fault in broken(filled, statement)


def test_a_tally_of_nothing_is_no_fault(filled: SqliteDatabase) -> None:
    assert broken(filled, "INSERT INTO tally VALUES (5, 1, 0, 0)") == []


def test_every_fault_is_named_not_the_first_alone(filled: SqliteDatabase) -> None:
    statements = "DELETE FROM loose WHERE chunk = 1", "UPDATE chunk SET records = 9 WHERE id = 1", "DELETE FROM tally"
    assert len(broken(filled, *statements)) == 3
