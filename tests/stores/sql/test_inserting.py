from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.stores.sql.inserting import insert_row

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase

metadata = sa.MetaData()
pet = sa.Table("pet", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
stray = sa.Table("stray", metadata, sa.Column("name", sa.Text))


def test_a_row_comes_with_the_id_it_was_given(catalogue_database: SqliteDatabase) -> None:
    with catalogue_database.writing() as connection:
        metadata.create_all(connection)
        numbers = [insert_row(connection, pet, {"name": name}) for name in ("rex", "'); DROP TABLE pet; --")]
        rows = {row.id: row.name for row in connection.execute(sa.select(pet))}
    assert rows == dict(zip(numbers, ("rex", "'); DROP TABLE pet; --"), strict=True))


def test_a_table_without_ids_is_named(catalogue_database: SqliteDatabase) -> None:
    with catalogue_database.writing() as connection:
        metadata.create_all(connection)
        with pytest.raises(ValueError, match="stray gives its rows no id"):
            insert_row(connection, stray, {"name": "rex"})
