"""Transactions on the store's file through SQLAlchemy, for all that is not asked a thousand times a second."""

from __future__ import annotations

import sqlite3
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import LRUCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.engine import Dialect


class Alchemy:
    """One connection for each thread at work, given back after each transaction."""

    def __init__(
        self, file: Path, connected: Callable[[], sqlite3.Connection], fault: Callable[[BaseException], Exception]
    ) -> None:
        """`connected` opens the file; `fault` makes of an error of the driver what is raised instead."""
        self._fault = fault
        opening: Any = connected
        dialect = _dialect()
        # With the dialect, and so with the statements put together already, that all files share.
        self._pool = QueuePool(opening, pool_size=8, max_overflow=-1, dialect=dialect)
        engine = Engine(self._pool, dialect, make_url(f"sqlite:///{file}"))
        engine.update_execution_options(compiled_cache=_STATEMENTS)
        event.listen(engine, "begin", _begin)
        self._reader = engine
        self._writer = engine.execution_options(carnet_begin="BEGIN IMMEDIATE")

    def reading(self) -> Iterator[Connection]:
        """See Database."""
        return self._transaction(self._reader)

    def writing(self) -> Iterator[Connection]:
        """See Database."""
        return self._transaction(self._writer)

    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise self._fault(error.orig or error) from error
        except sqlite3.Error as error:
            raise self._fault(error) from error

    @property
    def busy(self) -> bool:
        """Whether a thread is at work on a connection."""
        return self._pool.checkedout() > 0

    def close(self) -> None:
        """Close the connections that nobody is at work on; the others when they come back."""
        self._reader.dispose()


@cache
def _dialect() -> Dialect:
    """SQLite's, as it is once it has met the library."""
    engine = create_engine("sqlite://")
    with engine.connect():
        return engine.dialect


_STATEMENTS: LRUCache[Any, Any] = LRUCache(1000)


def _begin(connection: Connection) -> None:
    # Straight to the driver: what SQLAlchemy adds to a statement costs ten times as much as this one.
    driver: Any = connection.connection.driver_connection
    driver.execute(connection.get_execution_options().get("carnet_begin", "BEGIN"))
