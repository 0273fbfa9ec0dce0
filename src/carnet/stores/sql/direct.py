"""Statements straight to the driver: of one that runs a thousand times a second, all else costs more than running it.

SQLAlchemy puts each together once, from the same tables as everything else, and each database gives its own dialect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Sequence

_GIVEN = object()
"""Stands for a value that is given at each run."""


class Cursor(Protocol):
    """What a driver answers."""

    @property
    def rowcount(self) -> int:
        """Rows that were written."""

    def fetchone(self) -> Any:
        """The next row."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""


class Driver(Protocol):
    """A driver's connection."""

    def execute(self, words: str, values: Sequence[Any] = ..., /) -> Cursor:
        """Run once."""

    def executemany(self, words: str, rows: Sequence[Sequence[Any]], /) -> Cursor:
        """Run for each row."""

    @property
    def in_transaction(self) -> bool:
        """Whether something was begun and not ended."""

    def close(self) -> None:
        """Let go of the database."""


@dataclass(frozen=True, slots=True)
class Direct:
    """A transaction, without SQLAlchemy."""

    driver: Driver
    dialect: sa.Dialect
    """One that takes values by their places."""


def directly(connection: sa.Connection) -> Direct:
    """The same transaction."""
    driver: Any = connection.connection.driver_connection
    return Direct(driver, connection.dialect)


class Statement:
    """A statement and its text in each dialect that ran it.

    Values go to the driver and come from it as they are: only for columns of numbers, texts and bytes.
    """

    __slots__ = ("_ending", "_statement", "_texts")

    def __init__(self, statement: Any, ending: str = "") -> None:
        """`ending` is said after it, for what has a builder of its own in each dialect and the same words in all."""
        self._statement = statement
        self._ending = ending
        self._texts: dict[str, tuple[str, tuple[object, ...]]] = {}

    def run(self, direct: Direct, values: Sequence[object] = ()) -> Cursor:
        """With the values in the order in which the statement names them."""
        words, places = self._texts.get(direct.dialect.name) or self._text(direct.dialect)
        if places:
            left = iter(values)
            values = [next(left) if one is _GIVEN else one for one in places]
        return direct.driver.execute(words, values)

    def run_all(self, direct: Direct, rows: Sequence[Sequence[object]]) -> Cursor:
        """Once for each row; all their values are given."""
        words, _ = self._texts.get(direct.dialect.name) or self._text(direct.dialect)
        return direct.driver.executemany(words, rows)

    def _text(self, dialect: sa.Dialect) -> tuple[str, tuple[object, ...]]:
        """Its words and, where some values stand in the statement itself, what stands at each place."""
        compiled = self._statement.compile(dialect=dialect)
        own = compiled.params
        places = tuple([_GIVEN if own[name] is None else own[name] for name in compiled.positiontup or ()])
        fixed = any(one is not _GIVEN for one in places)
        found = self._texts[dialect.name] = compiled.string + self._ending, places if fixed else ()
        return found


def insertion(table: sa.Table, ending: str = "") -> Statement:
    """A row into a table, all its columns given in their order."""
    return Statement(sa.insert(table).values({column: sa.bindparam(column.name) for column in table.columns}), ending)
