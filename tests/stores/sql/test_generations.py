from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.stores.sql.generations import generation, grow

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase


def test_the_generation_begins_at_nothing_and_grows_by_one(catalogue_database: SqliteDatabase) -> None:
    seen = []
    for _ in range(12):
        with catalogue_database.writing() as connection:
            seen.append(generation(connection))
            grow(connection)
    assert seen == list(range(12))


def test_a_change_that_is_undone_does_not_grow_it(catalogue_database: SqliteDatabase) -> None:
    with catalogue_database.writing() as connection:
        grow(connection)
    with pytest.raises(KeyError):
        undone(catalogue_database)
    with catalogue_database.reading() as connection:
        assert generation(connection) == 1


def undone(database: SqliteDatabase) -> None:
    with database.writing() as connection:
        grow(connection)
        raise KeyError
