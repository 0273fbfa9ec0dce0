from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.errors import StoreError
from carnet.stores.sql.direct import Direct, Statement, directly, insertion
from carnet.stores.sql.partition_tables import fact, loose

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase

ADD = insertion(fact, " ON CONFLICT (key) DO NOTHING")
ALL = Statement(sa.select(fact.c.key, fact.c.value).order_by(fact.c.key))


def test_a_row_is_added_for_each_that_is_given(partition_database: SqliteDatabase) -> None:
    with partition_database.putting() as direct:
        assert ADD.run_all(direct, [("a", 1), ("b", 2)]).rowcount == 2
        assert ALL.run(direct).fetchall() == [("a", 1), ("b", 2)]


def test_what_is_said_at_the_end_holds(partition_database: SqliteDatabase) -> None:
    with partition_database.putting() as direct:
        ADD.run(direct, ("a", 1))
        assert ADD.run_all(direct, [("a", 7), ("b", 2)]).rowcount == 1
        assert ALL.run(direct).fetchall() == [("a", 1), ("b", 2)]


def test_values_in_the_statement_and_values_given_find_their_places(partition_database: SqliteDatabase) -> None:
    least = Statement(sa.select(fact.c.key).where(fact.c.value > sa.bindparam("least"), fact.c.key != "b"))
    with partition_database.putting() as direct:
        ADD.run_all(direct, [(key, at) for at, key in enumerate("abc")])
        assert least.run(direct, [0]).fetchall() == [("c",)]
        assert least.run(direct, [-1]).fetchall() == [("a",), ("c",)]


def test_what_is_done_directly_is_part_of_the_transaction(partition_database: SqliteDatabase) -> None:
    with suppress(ZeroDivisionError), partition_database.writing() as connection:
        ADD.run(directly(connection), ("a", 1))
        assert connection.scalar(sa.select(fact.c.value)) == 1
        raise ZeroDivisionError
    with partition_database.looking() as direct:
        assert ALL.run(direct).fetchall() == []


def test_one_statement_serves_many_databases(partition_database: SqliteDatabase) -> None:
    engines = [sa.create_engine("sqlite://") for _ in range(2)]
    for engine in engines:
        with engine.begin() as connection:
            fact.create(connection)
            assert ADD.run(directly(connection), ("a", 1)).rowcount == 1
    with partition_database.putting() as direct:
        assert ADD.run(direct, ("a", 1)).rowcount == 1


def test_bytes_and_numbers_come_back_as_they_were(partition_database: SqliteDatabase) -> None:
    with partition_database.looking() as direct:
        both = Statement(sa.select(sa.bindparam("number"), sa.bindparam("bytes")))
        assert both.run(direct, (-(2**62), b"\0a")).fetchone() == (-(2**62), b"\0a")


def test_a_row_that_leads_nowhere_is_refused(partition_database: SqliteDatabase) -> None:
    add = insertion(loose)
    with pytest.raises(StoreError, match="FOREIGN KEY"), partition_database.putting() as direct:
        add.run(direct, (1, b"a"))


def test_a_transaction_needs_a_driver_and_its_dialect(partition_database: SqliteDatabase) -> None:
    with partition_database.writing() as connection:
        made = directly(connection)
        assert made == Direct(made.driver, connection.dialect)
        assert made.dialect.positional
