"""Statements and definitions put into words: for the texts that are kept with the sources, and for upgrades."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from carnet.stores.sql.texts import MARK, TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.schema import ExecutableDDLElement


@dataclass(frozen=True, slots=True)
class Ended:
    """A statement and what is said after it, for what each dialect has a builder of its own for and all say alike."""

    statement: Any
    ending: str = ""


def insertion(table: sa.Table, ending: str = "", but: str = "") -> Ended:
    """A row into a table, all its columns given in their order, but the one the database gives."""
    columns = [column for column in table.columns if column.name != but]
    return Ended(sa.insert(table).values({one: sa.bindparam(one.name) for one in columns}).inline(), ending)


def change(table: sa.Table, *names: str) -> sa.Update:
    """Columns of a table written, all of them where none is named, in their order; the conditions are still to come."""
    meant = [column for column in table.columns if column.name in names or not names]
    return sa.update(table).values({one: sa.bindparam(f"new_{one.name}") for one in meant})


def words_of(statement: Any, dialect: sa.Dialect) -> str:
    """Its text. Raises ValueError for one in which a value stands: all are given, by their places."""
    ended = statement if isinstance(statement, Ended) else Ended(statement)
    compiled = ended.statement.compile(dialect=dialect)
    own = [name for name, value in compiled.params.items() if value is not None]
    if own:
        raise ValueError(f"a value stands in the statement: {', '.join(own)}")
    return _trimmed(compiled.string) + ended.ending


def defined(table: sa.Table, dialect: sa.Dialect) -> list[str]:
    """A table and its indexes, as SQL.

    Not create_all: it makes indexes in a random order, and SQLite prefers the one made last.
    """
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    found: list[ExecutableDDLElement] = [CreateTable(table), *(CreateIndex(index) for index in indexes)]
    return [_trimmed(str(one.compile(dialect=dialect))) for one in found]


def file_of(statements: Mapping[str, Mapping[str, Any]], tables: Mapping[str, sa.MetaData], dialect: sa.Dialect) -> str:
    """The file of texts, see `texts`: statements of each kind of database by their names, then its tables."""
    parts = [
        (f"{kind}.{name}", words_of(one, dialect)) for kind, named in statements.items() for name, one in named.items()
    ]
    parts += [
        (f"{kind}{TABLES}", words)
        for kind, metadata in tables.items()
        for table in metadata.sorted_tables
        for words in defined(table, dialect)
    ]
    return "".join([_HEAD, *(f"{MARK}{name}\n{words}\n" for name, words in parts)])


def _trimmed(words: str) -> str:
    return _BLANKS.sub("\n", words).strip().replace("\t", "  ")


_BLANKS = re.compile(r"\s*\n")
_HEAD = "-- Written by `make statements` from the tables and statements of this folder; a test compares it.\n"
