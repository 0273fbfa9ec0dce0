from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from carnet.stores.sql.partition_tables import fact
from carnet.stores.sql.prepared import Prepared, insertion

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase

ADD = insertion(fact, " ON CONFLICT (key) DO NOTHING")


def test_a_row_is_added_for_each_that_is_given(partition_database: SqliteDatabase) -> None:
    with partition_database.writing() as connection:
        assert ADD.run_all(connection, [{"value": 1, "key": "a"}, {"key": "b", "value": 2}]).rowcount == 2
        found = connection.execute(sa.select(fact).order_by(fact.c.key))
        assert [tuple(row) for row in found] == [("a", 1), ("b", 2)]


def test_what_is_said_at_the_end_holds(partition_database: SqliteDatabase) -> None:
    with partition_database.writing() as connection:
        ADD.run(connection, key="a", value=1)
        assert ADD.run_all(connection, [{"key": "a", "value": 7}, {"key": "b", "value": 2}]).rowcount == 1
        assert connection.scalar(sa.select(fact.c.value).where(fact.c.key == "a")) == 1


def test_values_in_the_statement_and_values_given_find_their_places(partition_database: SqliteDatabase) -> None:
    least = Prepared(sa.select(fact.c.key).where(fact.c.value > sa.bindparam("least"), fact.c.key != "b"))
    with partition_database.writing() as connection:
        ADD.run_all(connection, [{"key": key, "value": at} for at, key in enumerate("abc")])
        assert least.run(connection, least=0).scalars().all() == ["c"]
        assert least.run(connection, least=-1).scalars().all() == ["a", "c"]


def test_one_statement_serves_many_databases(partition_database: SqliteDatabase) -> None:
    engines = [sa.create_engine("sqlite://") for _ in range(2)]
    for engine in engines:
        with engine.begin() as connection:
            fact.create(connection)
            assert ADD.run(connection, key="a", value=1).rowcount == 1
    with partition_database.writing() as connection:
        assert ADD.run(connection, key="a", value=1).rowcount == 1
