from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from carnet.stores.sql.partition_tables import fact
from carnet.stores.sql.prepared import Prepared

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase

LEAST = Prepared(sa.select(fact.c.key).where(fact.c.value > sa.bindparam("least"), fact.c.key != "b"))


def test_values_in_the_statement_and_values_given_find_their_places(partition_database: SqliteDatabase) -> None:
    with partition_database.writing() as connection:
        connection.execute(sa.insert(fact), [{"key": key, "value": at} for at, key in enumerate("abc")])
        assert LEAST.run(connection, least=0).scalars().all() == ["c"]
        assert [row.key for row in LEAST.run(connection, least=-1)] == ["a", "c"]


def test_one_query_serves_many_databases(partition_database: SqliteDatabase) -> None:
    for _ in range(2):
        with sa.create_engine("sqlite://").begin() as connection:
            fact.create(connection)
            assert LEAST.run(connection, least=0).all() == []
    with partition_database.writing() as connection:
        assert LEAST.run(connection, least=0).all() == []
