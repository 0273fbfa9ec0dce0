from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.errors import StoreError
from carnet.stores.sql.direct import Direct, Statement, directly
from carnet.stores.sql.partition_tables import fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.stores.embedded.database import SqliteDatabase

TEXTS = {
    "add": "INSERT INTO fact (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
    "all": "SELECT key, value FROM fact ORDER BY key",
    "above": "SELECT key FROM fact WHERE value > ? AND key != ? ORDER BY key",
    "both": "SELECT ?, ?",
}
ADD, ALL, ABOVE, BOTH = (Statement(name) for name in TEXTS)


@pytest.fixture
def direct(partition_database: SqliteDatabase) -> Iterator[Direct]:
    with partition_database.putting() as opened:
        yield Direct(opened.driver, TEXTS)


def test_a_row_is_added_for_each_that_is_given(direct: Direct) -> None:
    assert ADD.run_all(direct, [("a", 1), ("b", 2)]).rowcount == 2
    assert ALL.run(direct).fetchall() == [("a", 1), ("b", 2)]


def test_values_find_their_places(direct: Direct) -> None:
    ADD.run_all(direct, [(key, at) for at, key in enumerate("abc")])
    assert ABOVE.run(direct, 0, "b").fetchall() == [("c",)]
    assert ABOVE.run(direct, -1, "b").fetchall() == [("a",), ("c",)]


def test_the_first_row_and_its_first_value_are_there_or_none(direct: Direct) -> None:
    assert (ALL.first(direct), ALL.value(direct)) == (None, None)
    ADD.run_all(direct, [("b", 2), ("a", 1)])
    assert (ALL.first(direct), ALL.value(direct)) == (("a", 1), "a")


def test_what_is_done_directly_is_part_of_the_transaction(partition_database: SqliteDatabase) -> None:
    removals = Statement("partition.fact")
    with suppress(ZeroDivisionError), partition_database.writing() as connection:
        connection.execute(sa.insert(fact), {"key": "a", "value": 1})
        assert removals.value(directly(connection), "a") == 1
        raise ZeroDivisionError
    with partition_database.looking() as opened:
        assert removals.value(opened, "a") is None


def test_bytes_and_numbers_come_back_as_they_were(direct: Direct) -> None:
    assert BOTH.first(direct, -(2**62), b"\0a") == (-(2**62), b"\0a")


def test_a_row_that_leads_nowhere_is_refused(partition_database: SqliteDatabase) -> None:
    with pytest.raises(StoreError, match="FOREIGN KEY"), partition_database.putting() as direct:
        Statement("partition.add_loose").run(direct, 1, b"a")
