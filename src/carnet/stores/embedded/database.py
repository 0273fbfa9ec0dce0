"""Transactions on the store's file, from any thread; other processes may read and write beside us."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import LRUCache

from carnet.stores.embedded.faults import damaged, quick_check, store_error
from carnet.stores.embedded.held import hold, release
from carnet.stores.embedded.lending import Lending
from carnet.stores.sql.direct import Direct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.engine import Dialect

    from carnet.errors import StoreError
    from carnet.stores.embedded.held import Identity

_BUSY_SECONDS = 60
_MANY_PAGES = 256
"""Free pages (of 4 KiB) that are kept for what comes next."""
_PRAGMAS = (
    "foreign_keys = ON",
    "secure_delete = ON",  # what is removed leaves no bytes in free pages
    "synchronous = FULL",  # what was acknowledged is on the disk, power cut included
    "temp_store = MEMORY",
    "journal_size_limit = 67108864",
    "wal_autocheckpoint = 4000",  # 16 MB: pages that many batches touch are brought into the file once
)


class SqliteDatabase:
    """The store's file, opened; one connection for each thread at work, given back after each transaction."""

    def __init__(self, file: Path, cache_kib: int = 32768) -> None:
        self._file = file
        self._held: Identity | None = hold(file)
        self._engine = _engine(file)
        # The first 2 MB (SQLite's own size) of a store of a million captures would be read over and over.
        prepare = partial(_prepare, (*_PRAGMAS, f"cache_size = -{cache_kib}"))
        self._lending = Lending(partial(_opened, file, prepare), self._fault)
        event.listen(self._engine, "connect", prepare)
        event.listen(self._engine, "begin", _begin)
        self._writer = self._engine.execution_options(carnet_begin="BEGIN IMMEDIATE")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except (DBAPIError, sqlite3.Error) as error:
            raise self._fault(error) from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        try:
            with self._writer.begin() as connection:
                yield connection
        except (DBAPIError, sqlite3.Error) as error:
            raise self._fault(error) from error

    def glancing(self) -> AbstractContextManager[Direct]:
        """Of a single query, without SQLAlchemy."""
        return self._lending.transaction("")

    def looking(self) -> AbstractContextManager[Direct]:
        """`reading`, without SQLAlchemy."""
        return self._lending.transaction("BEGIN")

    def putting(self) -> AbstractContextManager[Direct]:
        """`writing`, without SQLAlchemy."""
        return self._lending.transaction("BEGIN IMMEDIATE")

    def checkpoint(self) -> bool:
        """Bring the log into the file and empty it, so that no byte of what was removed is left; False while
        somebody's snapshot needs it.
        """
        try:
            return self._empty_log(patience=250)
        except (DBAPIError, sqlite3.Error):
            return False

    def close(self) -> None:
        """Bring the log into the file, as far as others let us, and let go of it."""
        try:
            self._empty_log(patience=0)  # whoever reads now is not waited for
        except (DBAPIError, sqlite3.Error):
            pass  # the log stays and is read at the next start; nothing is lost
        finally:
            self.abandon()

    def _empty_log(self, patience: int) -> bool:
        """Outside a transaction, so not through SQLAlchemy, which begins one for everything."""
        held = self._engine.raw_connection()
        try:
            driver: Any = held.driver_connection
            driver.execute(f"PRAGMA busy_timeout = {patience}")
            if driver.execute("PRAGMA freelist_count").fetchone()[0] > _MANY_PAGES:
                driver.executescript("PRAGMA incremental_vacuum")  # a statement would give back one page only
            busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            driver.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
            return not busy
        finally:
            held.close()

    def abandon(self) -> None:
        """Let go of a file that is about to be removed."""
        self._lending.close()
        self._engine.dispose()
        self._let_go()

    def _let_go(self) -> None:
        """Where a thread is still at work on a connection, the file stays held: its locks must outlive us."""
        if self._held is not None and not self._busy():
            release(self._held)
            self._held = None

    def _busy(self) -> bool:
        pool = self._engine.pool
        return self._lending.busy or (isinstance(pool, QueuePool) and pool.checkedout() > 0)

    def _fault(self, error: DBAPIError | sqlite3.Error) -> StoreError:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        if getattr(cause, "sqlite_errorname", "") == "SQLITE_CORRUPT":
            return damaged(self._file, f"{cause}; {quick_check(self._file)}")
        return store_error(self._file, cause)


def _engine(file: Path) -> Engine:
    """Opens the file; with the dialect, and so with the statements put together already, that all files share."""
    opening: Any = partial(_connected, file)
    dialect = _dialect()
    pool = QueuePool(opening, pool_size=8, max_overflow=-1, dialect=dialect)
    engine = Engine(pool, dialect, make_url(f"sqlite:///{file}"))
    engine.update_execution_options(compiled_cache=_STATEMENTS)
    return engine


def _connected(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(str(file), check_same_thread=False, timeout=_BUSY_SECONDS, cached_statements=256)


def _opened(file: Path, prepare: Callable[[Any, object], None]) -> Direct:
    connection = _connected(file)
    prepare(connection, None)
    return Direct(connection, _dialect())


@cache
def _dialect() -> Dialect:
    """SQLite's, as it is once it has met the library."""
    engine = create_engine("sqlite://")
    with engine.connect():
        return engine.dialect


_STATEMENTS: LRUCache[Any, Any] = LRUCache(1000)


def _prepare(pragmas: tuple[str, ...], connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late and never IMMEDIATE
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # Straight to the driver: what SQLAlchemy adds to a statement costs ten times as much as this one.
    driver: Any = connection.connection.driver_connection
    driver.execute(connection.get_execution_options().get("carnet_begin", "BEGIN"))
