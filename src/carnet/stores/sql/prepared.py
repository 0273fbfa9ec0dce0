"""Queries put together once, whose rows are read by name: see `direct` for what runs a thousand times a second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import sqlalchemy as sa


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

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._texts: dict[str, _Text] = {}

    def run(self, connection: sa.Connection, **values: object) -> sa.CursorResult[Any]:
        text = self._text(connection)
        return connection.exec_driver_sql(text.words, text.given(values))

    def _text(self, connection: sa.Connection) -> _Text:
        name = connection.dialect.name
        if name not in self._texts:
            compiled = self._statement.compile(dialect=connection.dialect)
            names = tuple(compiled.positiontup) if compiled.positiontup is not None else None
            constants = {key: value for key, value in compiled.params.items() if value is not None}
            self._texts[name] = _Text(compiled.string, names, constants)
        return self._texts[name]
