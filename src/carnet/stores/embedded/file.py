"""A store's file: created whole or not at all, and refused by name when it is not ours."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import struct
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.errors import LostError, StoreError
from carnet.stores.embedded.faults import damaged, store_error
from carnet.stores.embedded.held import untouched
from carnet.stores.embedded.views import VIEWS
from carnet.stores.sql.texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "carnet.db"


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file of a store holds."""

    kind: str
    """Of database, as `texts` calls them."""
    application: int
    """Four letters, in the file's `application_id`."""
    schema: int
    """Version of the tables, in the file's `user_version`. From 1 on each only added tables and columns: see
    `upgrading`."""
    views: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    """What must be set before the first table."""
    oldest: int = 1
    """The oldest schema that can be brought up to this one."""


DOCUMENTS = Layout("documents", 0x43524E54, 1, VIEWS)
"""`CRNT`."""
CATALOGUE = Layout("catalogue", 0x43524E43, 5)
"""`CRNC`. Schema 2 added clients' keys and upstreams, 3 what becomes of exchanges that cannot be recorded, 4 limits of
single keys and organisations, 5 sinks."""
PARTITION = Layout("partition", 0x43524E50, 3, settings=("auto_vacuum = INCREMENTAL",), oldest=3)
"""`CRNP`. What is removed from it gives its room back. Seals of schema 1 vouched for less; 2 had other headings in its
chunks, and an index of keys by their uids."""

_MAGIC = b"SQLite format 3\0"
_HEADER = 100


@dataclass(frozen=True, slots=True)
class _Header:
    """What the first hundred bytes of a SQLite file say."""

    page_size: int
    pages: int
    schema: int
    application: int


def ready_file(data: Path) -> Path:
    """The file of documents in this folder, created where there is none."""
    return ready(data / NAME, DOCUMENTS)


def ready(file: Path, layout: Layout) -> Path:
    """A file of that layout, created where there is none. Raises StoreError for one that is not ours."""
    _make_folder(file.parent)
    if not file.exists():
        with _creating(file.parent):
            if not file.exists():
                _create(file, layout)
    check(file, layout)
    if _is_older(file, layout):
        from carnet.stores.embedded.upgrading import add_tables  # noqa: PLC0415 - once in the life of a file

        add_tables(file, layout)
    return file


def check(file: Path, layout: Layout = DOCUMENTS) -> None:
    """Raise StoreError, naming the file, unless it is a whole store this Carnet can read.

    A file this process has open already was judged then, and is left alone (see held.py).
    """
    try:
        with untouched(file) as free:
            if free:
                _judge(file, layout, _head(file), file.stat().st_size)
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror}") from error


def _head(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(_HEADER)


def _judge(file: Path, layout: Layout, head: bytes, size: int) -> None:
    if not _MAGIC.startswith(head[: len(_MAGIC)]):
        raise LostError(f"{file} is not a Carnet store (not a SQLite file); move it away or use another folder")
    if len(head) < _HEADER:
        raise damaged(file, f"it is truncated to {size} bytes")
    header = _read_header(head)
    if header.application != layout.application:
        raise LostError(f"{file} is a SQLite file of another program; move it away or use another folder (--data DIR)")
    if header.schema > layout.schema:
        raise StoreError(
            f"{file} has the schema {header.schema}, this Carnet reads {layout.schema}: "
            "it was written by a newer Carnet; upgrade, or use another folder (--data DIR)"
        )
    if 1 <= header.schema < layout.oldest:
        raise StoreError(
            f"{file} has the schema {header.schema}, of a Carnet before its first release, and this one reads "
            f"{layout.oldest}: export from it with that Carnet, and use another folder (--data DIR)"
        )
    if header.schema < 1:
        raise damaged(file, f"there never was a schema {header.schema}")
    if size < header.pages * header.page_size and not _has_log(file):
        raise damaged(file, f"it is truncated: {size} of {header.pages * header.page_size} bytes are left")


def _is_older(file: Path, layout: Layout) -> bool:
    with untouched(file) as free:
        return free and _read_header(_head(file)).schema < layout.schema


def _read_header(head: bytes) -> _Header:
    page_size = struct.unpack_from(">H", head, 16)[0]
    pages, user, application = (struct.unpack_from(">I", head, offset)[0] for offset in (28, 60, 68))
    return _Header(65536 if page_size == 1 else page_size, pages, user, application)


def _has_log(file: Path) -> bool:
    """True when a write-ahead log may hold pages the file does not have yet (a process was killed)."""
    log = file.with_name(f"{file.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise StoreError(f"{data} is a file; the store needs a folder (setting `data`, --data DIR)") from None
    except OSError as error:
        raise StoreError(f"the folder {data} cannot be created: {error.strerror}") from error


@contextlib.contextmanager
def _creating(data: Path) -> Iterator[None]:
    """One process creates; others that start at the same moment wait for it."""
    try:
        lock = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StoreError(f"the folder {data} cannot be read: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _create(file: Path, layout: Layout) -> None:
    """Write an empty store beside its place and move it there: a store file is never half made."""
    draft = file.with_name(f"{file.name}.new")
    try:
        for suffix in ("", "-wal", "-journal", "-shm"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)
            # A log without its file is what a file that was removed left: SQLite would read it into the new one.
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _write_schema(draft, layout)
        _sync(draft)
        draft.replace(file)
        _sync(file.parent)
    except OSError as error:
        raise StoreError(f"{file} cannot be created: {error.strerror}") from error
    except sqlite3.Error as error:
        raise store_error(file, error) from error


def _write_schema(draft: Path, layout: Layout) -> None:
    with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        # The draft is synced once, when it is whole.
        for setting in (*layout.settings, "synchronous = OFF", "journal_mode = WAL"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute(f"PRAGMA user_version = {layout.schema}")
        connection.execute(f"PRAGMA application_id = {layout.application}")
        connection.execute("BEGIN")
        for statement in (*texts("sqlite").tables[layout.kind], *layout.views):
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
