"""Connections of a file for one transaction each, without SQLAlchemy: lending one costs less than a hundredth."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from carnet.stores.sql.direct import Direct


class Lending:
    """Connections that were opened before and wait to be lent again; as many as threads were at work at once."""

    def __init__(self, opening: Callable[[], Direct], fault: Callable[[sqlite3.Error], Exception]) -> None:
        """`fault` makes of an error of the driver what is raised instead."""
        self._opening = opening
        self._fault = fault
        self._spare: list[Direct] = []
        self._lent: list[Direct] = []
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether a thread is at work on one."""
        return bool(self._lent)

    def transaction(self, beginning: str) -> Transaction:
        """One that begins with these words, or that each statement is for itself where there are none."""
        return Transaction(self, beginning)

    def close(self) -> None:
        """Close those that nobody is at work on; the others are closed when they come back."""
        self._closed = True
        while self._spare:
            with suppress(IndexError):  # another thread took it a moment ago
                self._spare.pop().driver.close()

    def shrink(self) -> None:
        """Let one that nobody is at work on forget the pages it keeps."""
        if self._spare:
            direct = self.take()
            try:
                direct.driver.execute("PRAGMA shrink_memory")
            finally:
                self.give_back(direct)

    def take(self) -> Direct:
        """One that nobody is at work on."""
        try:
            try:
                direct = self._spare.pop()
            except IndexError:
                direct = self._opening()
        except sqlite3.Error as error:
            raise self._fault(error) from error
        self._lent.append(direct)
        return direct

    def give_back(self, direct: Direct, error: BaseException | None = None) -> None:
        """Undo what was begun on it and not ended; raise what the error of the driver stands for, if it was one."""
        try:
            if direct.driver.in_transaction:
                with suppress(sqlite3.Error):
                    direct.driver.execute("ROLLBACK")
        finally:
            self._lent.remove(direct)
            self._spare.append(direct)
            if self._closed:
                self.close()
        if isinstance(error, sqlite3.Error):
            raise self._fault(error) from error


class Transaction:
    """Committed at the end, or undone whole. A class, as what contextlib makes of a generator takes twice the time."""

    __slots__ = ("_beginning", "_direct", "_lending")

    def __init__(self, lending: Lending, beginning: str) -> None:
        self._lending = lending
        self._beginning = beginning

    def __enter__(self) -> Direct:
        self._direct = self._lending.take()
        if self._beginning:
            try:
                self._direct.driver.execute(self._beginning)
            except BaseException as error:
                self._lending.give_back(self._direct, error)
                raise
        return self._direct

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._beginning:
            try:
                self._direct.driver.execute("COMMIT")
            except BaseException as fault:
                self._lending.give_back(self._direct, fault)
                raise
        self._lending.give_back(self._direct, error)
