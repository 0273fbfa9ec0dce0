"""Connections of a file for one transaction each, without SQLAlchemy: lending one costs less than a hundredth."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Lending:
    """Connections that were opened before and wait to be lent again; as many as threads were at work at once."""

    def __init__(self, opening: Callable[[], sqlite3.Connection]) -> None:
        self._opening = opening
        self._spare: list[sqlite3.Connection] = []
        self._lent: list[sqlite3.Connection] = []
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether a thread is at work on one."""
        return bool(self._lent)

    @contextmanager
    def transaction(self, beginning: str) -> Iterator[sqlite3.Connection]:
        """Committed at the end, or undone whole."""
        connection = self._take()
        try:
            connection.execute(beginning)
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            _undo(connection)
            raise
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Close those that nobody is at work on; the others are closed when they come back."""
        self._closed = True
        while self._spare:
            with suppress(IndexError):  # another thread took it a moment ago
                self._spare.pop().close()

    def _take(self) -> sqlite3.Connection:
        try:
            connection = self._spare.pop()
        except IndexError:
            connection = self._opening()
        self._lent.append(connection)
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        self._lent.remove(connection)
        self._spare.append(connection)
        if self._closed:
            self.close()


def _undo(connection: sqlite3.Connection) -> None:
    """SQLite has undone it already after some faults."""
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
