from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.errors import StoreError
from carnet.stores.sql.direct import directly
from carnet.stores.sql.partition_changing import batches, erase, tidy
from carnet.stores.sql.partition_tables import chunk, key, session, tally
from carnet.stores.sql.partition_writing import count, removals, settled, write
from tests.stores import rows
from tests.stores.rows import sealed, uid

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase


@pytest.mark.parametrize(("number", "lengths"), [(0, []), (1, [1]), (500, [500]), (501, [500, 1]), (1500, [500] * 3)])
def test_values_are_asked_for_in_batches(number: int, lengths: list[int]) -> None:
    values = [uid(at) for at in range(number)]
    assert lengths == [len(some) for some in batches(values)]
    assert values == [one for some in batches(values) for one in some]


def test_rows_that_are_remembered_and_gone_are_refused(partition_database: SqliteDatabase) -> None:
    with partition_database.writing() as connection:
        (known,) = write(directly(connection), [rows.key()], [sealed(1)])
        erase(connection, [uid(1)])
    with pytest.raises(StoreError), partition_database.writing() as connection:
        write(directly(connection), [known], [sealed(2)])


def test_counting_adds_up_and_what_comes_to_nothing_is_tidied_away(partition_database: SqliteDatabase) -> None:
    with partition_database.writing() as connection:
        write(directly(connection), [rows.key()], [sealed(1)])
        count(directly(connection), [(1, 1, 2, 20), (1, 1, -1, -10), (2, 1, 3, 30)])
        count(directly(connection), [(2, 1, -3, -30)])
        numbers = sa.select(tally.c.organisation, tally.c.records, tally.c.bytes)
        assert [tuple(row) for row in connection.execute(numbers)] == [(1, 2, 15), (2, 0, 0)]
        tidy(connection, [])
        assert [tuple(row) for row in connection.execute(numbers)] == [(1, 2, 15)]


def test_tidying_looks_at_the_sessions_it_is_given(partition_database: SqliteDatabase) -> None:
    with partition_database.writing() as connection:
        settled(directly(connection), [rows.key(1), rows.key(2, rows.session("s2"))])
        tidy(connection, [1])
        assert [row.name for row in connection.execute(sa.select(session))] == ["s2"]
        assert [row.slot for row in connection.execute(sa.select(key))] == [2]


def test_removals_are_counted_once_a_removal(partition_database: SqliteDatabase) -> None:
    with partition_database.writing() as connection:
        write(directly(connection), [rows.key()], [sealed(number) for number in range(1, 4)])
        assert removals(directly(connection)) == 0
        erase(connection, [uid(1), uid(2)])
        erase(connection, [uid(3)])
        assert removals(directly(connection)) == 2
        assert connection.scalar(sa.select(sa.func.count()).select_from(chunk)) == 0
