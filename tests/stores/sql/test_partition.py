"""What is particular to a partition in SQL; what every partition does is in test_records_contract_partitions.py."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.stores.records_contract import PartitionStore
from carnet.stores.sql.partition import SqlPartition
from carnet.stores.sql.partition_tables import chunk
from tests.stores.rows import key, sealed, session

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase


@pytest.fixture
def part(partition_database: SqliteDatabase) -> SqlPartition:
    return SqlPartition("x", partition_database, lambda: None, list)


def test_every_question_is_handed_on_as_the_contract_has_it() -> None:
    names = [name for name, _ in inspect.getmembers(PartitionStore, inspect.isfunction) if not name.startswith("_")]
    asked = {name: inspect.signature(getattr(PartitionStore, name)).parameters for name in names}
    assert len(asked) > 20
    for name, wanted in asked.items():
        has = inspect.signature(getattr(SqlPartition, name)).parameters
        assert [(one.name, one.default) for one in has.values()] == [(one.name, one.default) for one in wanted.values()]


def test_on_damaged_pages_rows_are_not_looked_at(partition_database: SqliteDatabase) -> None:
    damaged = SqlPartition("x", partition_database, lambda: None, lambda: ["page 7 is damaged"])
    damaged.add([key()], [sealed(1)])
    with partition_database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM tally")
    assert damaged.check() == ["page 7 is damaged"]


def test_a_checkpoint_is_the_databases_business(partition_database: SqliteDatabase) -> None:
    asked: list[str] = []
    SqlPartition("x", partition_database, lambda: asked.append("checkpoint"), list).checkpoint()
    assert asked == ["checkpoint"]


def test_nobodys_chunks_lie_in_no_order_and_never_between_those_of_people(
    part: SqlPartition, partition_database: SqliteDatabase
) -> None:
    nobodys = key(2, session("", account=0))
    for number in range(1, 40):
        part.add([key(), nobodys], [sealed(number, nobodys if number % 2 else key())])
    with partition_database.reading() as connection:
        rows = connection.execute(sa.select(chunk.c.id, chunk.c.uid).order_by(chunk.c.id)).all()
    numbers = [(row.id, int.from_bytes(row.uid)) for row in rows]
    theirs = [number for place, number in numbers if place > 0]
    assert theirs == list(range(2, 40, 2)), "a person's come one after the other"
    mixed = [number for place, number in numbers if place < 0]
    assert sorted(mixed) == list(range(1, 40, 2))
    assert mixed not in (sorted(mixed), sorted(mixed, reverse=True)), "where a rating lies tells nothing of when"
    assert len({place >> 32 for place, _ in numbers if place < 0}) > 1
