from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from carnet.stores.sql.compiling import Ended, change, defined, file_of, insertion, words_of
from carnet.stores.sql.texts import read_texts

SQLITE = SQLiteDialect()
metadata = sa.MetaData()
pet = sa.Table(
    "pet",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, index=True),
    sa.Column("age", sa.Integer, index=True),
)


def test_a_row_has_all_its_columns_in_their_order_but_the_one_that_is_given() -> None:
    assert words_of(insertion(pet), SQLITE) == "INSERT INTO pet (id, name, age) VALUES (?, ?, ?)"
    assert words_of(insertion(pet, " AT ONCE", but="id"), SQLITE) == "INSERT INTO pet (name, age) VALUES (?, ?) AT ONCE"


def test_a_change_writes_the_columns_that_are_named_or_all() -> None:
    assert words_of(change(pet, "age", "name"), SQLITE) == "UPDATE pet SET name=?, age=?"
    assert words_of(change(pet), SQLITE) == "UPDATE pet SET id=?, name=?, age=?"


def test_a_statement_with_a_value_in_it_is_refused() -> None:
    with pytest.raises(ValueError, match="a value stands in the statement: age_1"):
        words_of(sa.select(pet.c.id).where(pet.c.age == 7), SQLITE)


def test_a_tables_indexes_come_after_it_in_one_order() -> None:
    table, *indexes = defined(pet, SQLITE)
    assert table.startswith("CREATE TABLE pet (\n  id INTEGER NOT NULL,\n")
    assert indexes == ["CREATE INDEX ix_pet_age ON pet (age)", "CREATE INDEX ix_pet_name ON pet (name)"]


def test_a_file_is_read_as_it_was_written() -> None:
    statements = {"zoo": {"all": sa.select(pet.c.id), "none": Ended(sa.delete(pet), " -- all")}}
    read = read_texts(file_of(statements, {"zoo": metadata}, SQLITE))
    assert read.statements == {"zoo.all": "SELECT pet.id\nFROM pet", "zoo.none": "DELETE FROM pet -- all"}
    assert list(read.tables) == ["zoo"]
    assert list(read.tables["zoo"]) == defined(pet, SQLITE)
