"""What SQLite's faults mean to the person who meets them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from carnet.errors import LostError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = "carnet.db"
_FULL = {
    *("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_TRUNCATE"),
    *("SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_SHMOPEN", "SQLITE_IOERR_SHMMAP"),
}


def store_error(file: Path, error: BaseException) -> StoreError:
    """The StoreError for a fault of the database driver."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name in _FULL:
        return StoreError(
            f"no space left on the disk (or the limit) of {file}; nothing of this step was written and the store is "
            f"intact; make room and repeat ({name}: {error})"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StoreError(
            f"{file} cannot be opened or written: check the permissions of the file and its folder, "
            f"and the room on its disk ({error})"
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreError(f"{file} is held by another process that does not finish; try again ({error})")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return damaged(file, str(error))
    return StoreError(f"{file}: {error} ({name})" if name else f"{file}: {error}")


def damaged(file: Path, how: str) -> LostError:
    """A file of documents may be begun anew; one of records that is moved away is missing, and what it held is not."""
    anew = ", or move it away to begin an empty store" if file.name == DOCUMENTS else ""
    return LostError(f"{file} is damaged: {how}; restore it from a copy{anew}")


def quick_check(file: Path) -> str:
    """First line of SQLite's own check of the file, for the message."""
    try:
        with sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True) as connection:
            return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0]).splitlines()[-1]
    except sqlite3.Error as error:
        return str(error)
