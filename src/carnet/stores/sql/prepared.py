"""Statements put together once: of one that runs a thousand times a second, building it costs more than running it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement in one dialect."""

    words: str
    names: tuple[str, ...] | None
    """The order of its values; None where the driver takes them by name."""
    constants: Mapping[str, object]
    """Values that stand in the statement itself."""

    def given(self, values: Mapping[str, object]) -> Any:
        every = {**self.constants, **values}
        return every if self.names is None else tuple([every[name] for name in self.names])


class Prepared:
    """A statement and its text in each dialect that ran it.

    Values go to the driver and come from it as they are: only for columns of numbers, texts and bytes.
    """

    def __init__(self, statement: Any, ending: str = "") -> None:
        """`ending` is said after it, for what has a builder of its own in each dialect and the same words in all."""
        self._statement = statement
        self._ending = ending
        self._texts: dict[str, _Text] = {}

    def run(self, connection: sa.Connection, **values: object) -> sa.CursorResult[Any]:
        text = self._text(connection)
        return connection.exec_driver_sql(text.words, text.given(values))

    def run_all(self, connection: sa.Connection, rows: Sequence[Mapping[str, object]]) -> sa.CursorResult[Any]:
        """Once for each row; there must be one."""
        text = self._text(connection)
        given: Any = [text.given(row) for row in rows]
        return connection.exec_driver_sql(text.words, given)

    def _text(self, connection: sa.Connection) -> _Text:
        name = connection.dialect.name
        if name not in self._texts:
            compiled = self._statement.compile(dialect=connection.dialect)
            names = tuple(compiled.positiontup) if compiled.positiontup is not None else None
            constants = {key: value for key, value in compiled.params.items() if value is not None}
            self._texts[name] = _Text(compiled.string + self._ending, names, constants)
        return self._texts[name]


def insertion(table: sa.Table, ending: str = "") -> Prepared:
    """A row into a table, all its columns given."""
    return Prepared(sa.insert(table).values({column: sa.bindparam(column.name) for column in table.columns}), ending)
