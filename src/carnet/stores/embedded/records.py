"""The embedded store of records: SQLite files, files of keys, and objects, below one folder."""

from __future__ import annotations

import re
import sqlite3
import threading
from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING

from carnet.errors import LostError, StoreError
from carnet.stores.embedded.database import SqliteDatabase
from carnet.stores.embedded.exclusive import Exclusive
from carnet.stores.embedded.file import CATALOGUE, PARTITION, ready
from carnet.stores.embedded.objects import LocalObjects
from carnet.stores.embedded.root import RootFile
from carnet.stores.embedded.slots import SlotFiles, sync_folder
from carnet.stores.sql.api_keys import SqlKeys
from carnet.stores.sql.catalogue import SqlCatalogue
from carnet.stores.sql.directory import SqlDirectory
from carnet.stores.sql.generations import grow
from carnet.stores.sql.partition import SqlPartition
from carnet.stores.sql.upstreams import SqlUpstreams

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from carnet.stores.objects_contract import Objects
    from carnet.stores.records_contract import Catalogue, Directory, KeyFiles, Keys, PartitionStore, Upstreams
    from carnet.stores.sinks_contract import Sinks

MOST_OPEN = 64
"""Partitions whose files stay open: each takes a few descriptors."""
_CACHE_KIB = 2048
"""Pages kept of each partition: a store may have a hundred of them."""


class EmbeddedRecords:
    """See RecordStore, whose words are the contract."""

    directory: Directory
    api_keys: Keys
    upstreams: Upstreams
    catalogue: Catalogue
    keys: KeyFiles
    objects: Objects
    spool: Path

    def __init__(self, data: Path, root: Path | None = None) -> None:
        self._folder = data / "records"
        _refuse_half(self._folder, data / "keys")
        catalogue = self._folder / "catalogue.db"
        self._database = SqliteDatabase(ready(catalogue, CATALOGUE), _CACHE_KIB)
        self._open: dict[str, tuple[SqliteDatabase, SqlPartition, tuple[int, int]]] = {}
        self._files: dict[str, Path] = {}
        self._opening = threading.Lock()
        self._lock = Exclusive(self._folder / "lock")
        self._root = RootFile(data / "keys", root)
        self.directory = SqlDirectory(self._database)
        self.api_keys = SqlKeys(self._database)
        self.upstreams = SqlUpstreams(self._database)
        self.catalogue = SqlCatalogue(self._database, self._database.checkpoint, lambda: _integrity(catalogue))
        self.keys = SlotFiles(data / "keys")
        self.objects = LocalObjects(data / "objects")
        self.spool = data / "spool"

    @cached_property
    def sinks(self) -> Sinks:
        from carnet.stores.sql.sinks import SqlSinks  # noqa: PLC0415 - a relay has none

        return SqlSinks(self._database)

    def lock(self) -> AbstractContextManager[None]:
        return self._lock()

    def partition(self, name: str) -> PartitionStore:
        file = self._file(name)
        with self._opening:
            opened = self._open.pop(name, None)
            if opened is not None and opened[2] == _identity(file):
                self._open[name] = opened  # the last one used stands last
                return opened[1]
            if opened is not None:  # another process dropped it; a new one of that name is another partition
                opened[0].abandon()
            self._refuse_lost(name, file)
            self._let_go()
            for other, _, _ in self._open.values():  # most often a day has begun, and nothing more comes into the last
                other.shrink()
            database = SqliteDatabase(ready(file, PARTITION), _CACHE_KIB)
            partition = SqlPartition(name, database, database.checkpoint, lambda: _integrity(file))
            self._open[name] = database, partition, _identity(file)
            return partition

    def _refuse_lost(self, name: str, file: Path) -> None:
        """A partition that is known and has no file was lost: an empty one would make its keys and objects strays."""
        if not file.exists() and any(one.name == name and one.slot >= 0 for one in self.catalogue.partitions()):
            raise LostError(f"{file} is missing: restore it from a copy; nothing was changed")

    def _let_go(self) -> None:
        """Close partitions that were dropped, for their bytes stay on the disk while they are open, and idle ones."""
        gone = [name for name, opened in self._open.items() if opened[2] != _identity(self._file(name))]
        idle = list(self._open)[: max(0, len(self._open) - MOST_OPEN)]
        for name in dict.fromkeys((*gone, *idle)):
            self._open.pop(name)[0].abandon()

    def partition_names(self) -> list[str]:
        return sorted(path.stem.removeprefix("part-") for path in self._folder.glob("part-*.db"))

    def drop_partition(self, name: str) -> None:
        file = self._file(name)
        with self._opening:
            opened = self._open.pop(name, None)
            file.unlink(missing_ok=True)  # first: closing brings no log into a file that is gone
            if opened is not None:
                opened[0].abandon()
            for suffix in ("-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
            sync_folder(self._folder)

    def root(self) -> bytes:
        with self._lock():
            return self._root.read()

    def replace_root(self, ring: Mapping[int, bytes], root: bytes) -> None:
        with self._lock():
            with self._database.putting() as direct:
                grow(direct)  # before: whoever remembers the old root asks again, however this ends
            self._root.replace(ring, root)

    def close(self) -> None:
        for database, _, _ in self._open.values():
            database.close()
        self._open.clear()
        self._database.close()
        self._lock.close()

    def _file(self, name: str) -> Path:
        found = self._files.get(name)
        if found is None:
            if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
                raise ValueError(f"not a partition: {name!r}")
            found = self._files[name] = self._folder / f"part-{name}.db"
        return found


def _refuse_half(folder: Path, keys: Path) -> None:
    """A catalogue made anew beside what it should know of would take all of that for left by a crash."""
    catalogue = folder / "catalogue.db"
    others = sorted([*folder.glob("part-*.db"), *keys.glob("ring.slots")])
    if others and not catalogue.exists():
        raise StoreError(
            f"{catalogue} is missing, but {others[0]} is there: restore it from a copy; nothing was changed"
        )


def _identity(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_dev, status.st_ino


def _integrity(file: Path) -> list[str]:
    """SQLite's own check of every page, through a connection of its own."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            rows = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
    except sqlite3.Error as error:
        return [f"{file.name}: {error}"]
    return [] if rows == ["ok"] else [f"{file.name}: {row}" for row in rows]
