"""Objects as files of a folder, through obstore."""

from __future__ import annotations

import os
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.errors import NotFoundError, StoreError
from carnet.stores.embedded.slots import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from obstore.store import LocalStore


_PART = re.compile(r"(?!\.+(#|$))[A-Za-z0-9._-]+(#[0-9]+)?")


class LocalObjects:
    """See Objects, whose words are the contract."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _store(self) -> LocalStore:
        from obstore.store import LocalStore  # noqa: PLC0415 - few commands touch an object

        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return LocalStore(self._folder)

    def put(self, name: str, data: bytes) -> None:
        path = self._path(name)
        try:
            self._store.put(name, data)
            _sync(path)
            for folder in _between(path.parent, self._folder):
                sync_folder(folder)
        except Exception as error:  # obstore's own faults share no class with OSError
            self._prune(path.parent)
            raise StoreError(
                f"{path}: the object cannot be written: {_reason(error)}; nothing of it was kept; make room and repeat"
            ) from error

    def get(self, name: str) -> bytes:
        path = self._path(name)
        try:
            return bytes(self._store.get(name).bytes())
        except FileNotFoundError:
            raise NotFoundError(f"{path}: there is no such object") from None
        except Exception as error:
            raise StoreError(f"{path}: the object cannot be read: {_reason(error)}") from error

    def delete(self, names: Sequence[str]) -> None:
        # Not through obstore: its delete leaves the empty folders, which would tell of sessions that are gone.
        for name in names:
            path = self._path(name)
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StoreError(f"{path}: the object cannot be removed: {error.strerror}") from error
            self._prune(path.parent)

    def names(self, prefix: str = "") -> Iterator[str]:
        # Not through obstore: its list hides the drafts (`NAME#1`) that killed processes left, to be removed by nobody.
        for folder, _, files in os.walk(self._folder / prefix):
            place = Path(folder).relative_to(self._folder)
            yield from ((place / file).as_posix() for file in files)

    def _path(self, name: str) -> Path:
        """Names come out of rows, and a damaged row must not lead out of the folder."""
        if not all(_PART.fullmatch(part) for part in name.split("/")):
            raise StoreError(f"{name!r} is not the name of an object in {self._folder}; the row that has it is damaged")
        return self._folder / name

    def _prune(self, folder: Path) -> None:
        while folder not in {self._folder, self._folder.parent}:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _between(folder: Path, top: Path) -> list[Path]:
    """A folder and those above it, down to the top."""
    return [one for one in (folder, *folder.parents) if one == top or top in one.parents]


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).splitlines()[0][:200]
