"""Transactions on the store's file, from any thread; other processes may read and write beside us."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from carnet.errors import StoreError
from carnet.stores.embedded.faults import damaged, quick_check, store_error
from carnet.stores.embedded.held import hold, release
from carnet.stores.embedded.lending import Lending
from carnet.stores.sql.direct import Direct
from carnet.stores.sql.texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection

    from carnet.stores.embedded.alchemy import Alchemy
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
        # The first 2 MB (SQLite's own size) of a store of a million captures would be read over and over.
        self._pragmas = (*_PRAGMAS, f"cache_size = -{cache_kib}")
        self._lending = Lending(self._opened, self._fault)
        self._made: Alchemy | None = None
        self._making = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        yield from self._alchemy().reading()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        yield from self._alchemy().writing()

    def glancing(self) -> AbstractContextManager[Direct]:
        """Of a single query, without SQLAlchemy."""
        return self._lending.transaction("")

    def looking(self) -> AbstractContextManager[Direct]:
        """`reading`, without SQLAlchemy."""
        return self._lending.transaction("BEGIN")

    def putting(self) -> AbstractContextManager[Direct]:
        """`writing`, without SQLAlchemy."""
        return self._lending.transaction("BEGIN IMMEDIATE")

    def shrink(self) -> None:
        """Keep no pages in memory until something is asked again."""
        self._lending.shrink()

    def checkpoint(self) -> bool:
        """Bring the log into the file and empty it, so that no byte of what was removed is left; False while
        somebody's snapshot needs it.
        """
        try:
            return self._empty_log(patience=250)
        except StoreError:
            return False

    def close(self) -> None:
        """Bring the log into the file, as far as others let us, and let go of it."""
        try:
            self._empty_log(patience=0)  # whoever reads now is not waited for
        except StoreError:
            pass  # the log stays and is read at the next start; nothing is lost
        finally:
            self.abandon()

    def _empty_log(self, patience: int) -> bool:
        with self.glancing() as direct:
            driver: Any = direct.driver
            driver.execute(f"PRAGMA busy_timeout = {patience}")
            if driver.execute("PRAGMA freelist_count").fetchone()[0] > _MANY_PAGES:
                driver.executescript("PRAGMA incremental_vacuum")  # a statement would give back one page only
            busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            driver.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
            return not busy

    def abandon(self) -> None:
        """Let go of a file that is about to be removed."""
        self._lending.close()
        if self._made is not None:
            self._made.close()
        self._let_go()

    def _let_go(self) -> None:
        """Where a thread is still at work on a connection, the file stays held: its locks must outlive us."""
        if self._held is not None and not self._busy():
            release(self._held)
            self._held = None

    def _busy(self) -> bool:
        return self._lending.busy or (self._made is not None and self._made.busy)

    def _alchemy(self) -> Alchemy:
        """Made at its first use: a process of the relay has none."""
        from carnet.stores.embedded.alchemy import Alchemy  # noqa: PLC0415

        with self._making:
            if self._made is None:
                self._made = Alchemy(self._file, self._connected, self._fault)
            return self._made

    def _opened(self) -> Direct:
        return Direct(self._connected(), texts("sqlite").statements)

    def _connected(self) -> sqlite3.Connection:
        # The driver's own BEGIN would come too late and never IMMEDIATE.
        made = sqlite3.connect(
            str(self._file),
            check_same_thread=False,
            timeout=_BUSY_SECONDS,
            cached_statements=256,
            isolation_level=None,
        )
        try:
            for pragma in self._pragmas:
                made.execute(f"PRAGMA {pragma}")
        except BaseException:
            made.close()
            raise
        return made

    def _fault(self, error: BaseException) -> StoreError:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_CORRUPT":
            return damaged(self._file, f"{error}; {quick_check(self._file)}")
        return store_error(self._file, error)
