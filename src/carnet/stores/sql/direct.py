"""Statements straight to the driver: of one that runs a thousand times a second, all else costs more than running it.

SQLAlchemy puts each together from the same tables as everything else, once and for all: see `texts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from carnet.stores.sql.texts import texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa


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
    texts: Mapping[str, str]
    """Statements by their names, as the database is told them."""


def directly(connection: sa.Connection) -> Direct:
    """The same transaction."""
    driver: Any = connection.connection.driver_connection
    return Direct(driver, texts(connection.dialect.name).statements)


class Statement:
    """A statement by its name.

    Values go to the driver and come from it as they are: only for columns of numbers, texts and bytes.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def run(self, direct: Direct, *values: object) -> Cursor:
        """With the values in the order in which the statement names them."""
        return direct.driver.execute(direct.texts[self._name], values)

    def run_all(self, direct: Direct, rows: Sequence[Sequence[object]]) -> Cursor:
        """Once for each row."""
        return direct.driver.executemany(direct.texts[self._name], rows)

    def first(self, direct: Direct, *values: object) -> Any:
        """The first row, or None; the statement has ended then."""
        rows = self.run(direct, *values).fetchall()
        return rows[0] if rows else None

    def value(self, direct: Direct, *values: object) -> Any:
        """What stands first in the first row; None where there is none."""
        row = self.first(direct, *values)
        return row[0] if row else None
