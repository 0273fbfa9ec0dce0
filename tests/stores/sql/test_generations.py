from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.stores.sql.generations import generation, grow, write_fact

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase


def test_the_generation_begins_at_nothing_and_grows_by_one(catalogue_database: SqliteDatabase) -> None:
    seen = []
    for _ in range(12):
        with catalogue_database.putting() as direct:
            seen.append(generation(direct))
            grow(direct)
    assert seen == list(range(12))


def test_a_change_that_is_undone_does_not_grow_it(catalogue_database: SqliteDatabase) -> None:
    with catalogue_database.putting() as direct:
        grow(direct)
    with pytest.raises(KeyError):
        undone(catalogue_database)
    with catalogue_database.looking() as direct:
        assert generation(direct) == 1


def undone(database: SqliteDatabase) -> None:
    with database.putting() as direct:
        grow(direct)
        raise KeyError


def test_a_small_value_is_written_and_written_again(catalogue_database: SqliteDatabase) -> None:
    for value in ("a", "b"):
        with catalogue_database.putting() as direct:
            write_fact(direct, "name", value)
            assert direct.driver.execute("SELECT value FROM fact WHERE key = 'name'").fetchall() == [(value,)]
