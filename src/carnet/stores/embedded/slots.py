"""Wrapped keys in files of 64-byte slots, overwritten in place.

Not SQLite: a reader's snapshot would keep the pages of a destroyed key alive for as long as it likes.
A slot never crosses a sector, so it is written whole or not at all.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carnet.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

SLOT = 64
_EMPTY = bytes(SLOT)
_SUFFIX = ".slots"
_NEAR = 16
"""Slots that are read for one that is wanted, where that saves a read for each."""


class SlotFiles:
    """See KeyFiles, whose words are the contract. Files are opened for each call: another may have replaced them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[str, Path] = {}

    def append(self, file: str, wrapped: Sequence[bytes]) -> list[int]:
        if not wrapped:
            return []
        with self._open(file, os.O_RDWR | os.O_CREAT) as descriptor:
            first = os.fstat(descriptor).st_size // SLOT
            data = b"".join(_checked(one) for one in wrapped)
            try:
                _write(descriptor, data, first * SLOT)
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, first * SLOT)  # some of it may have found room
                raise
        if not first:
            sync_folder(self._folder)
        return list(range(first, first + len(wrapped)))

    def read(self, file: str, slots: Sequence[int]) -> list[bytes]:
        if not slots or not self.path(file).exists():
            return [b""] * len(slots)
        with self._open(file, os.O_RDONLY) as descriptor:
            found = _side_by_side(descriptor, slots) or [_pread(descriptor, slot) for slot in slots]
        return [one if len(one) == SLOT and one != _EMPTY else b"" for one in found]

    def overwrite(self, file: str, wrapped: Mapping[int, bytes]) -> None:
        if not wrapped:
            return
        with self._open(file, os.O_RDWR) as descriptor:
            for slot, one in wrapped.items():
                _write(descriptor, _checked(one), slot * SLOT)
            os.fsync(descriptor)

    def destroy(self, file: str, slots: Sequence[int]) -> None:
        if not slots or not self.path(file).exists():
            return
        with self._open(file, os.O_RDWR) as descriptor:
            size = os.fstat(descriptor).st_size
            for slot in slots:
                if 0 <= slot * SLOT < size:
                    _write(descriptor, _EMPTY, slot * SLOT)
            os.fsync(descriptor)

    def used(self, file: str) -> list[int]:
        if not self.path(file).exists():
            return []
        content = self.path(file).read_bytes()
        return [at // SLOT for at in range(0, len(content) - SLOT + 1, SLOT) if content[at : at + SLOT] != _EMPTY]

    def drop(self, file: str) -> None:
        if self.path(file).exists():
            self.path(file).unlink()
            sync_folder(self._folder)

    def files(self) -> list[str]:
        return sorted(path.name.removesuffix(_SUFFIX) for path in self._folder.glob(f"*{_SUFFIX}"))

    def path(self, file: str) -> Path:
        found = self._paths.get(file)
        if found is None:
            found = self._paths[file] = self._folder / f"{file}{_SUFFIX}"
        return found

    @contextmanager
    def _open(self, file: str, flags: int) -> Iterator[int]:
        path = self.path(file)
        try:
            if flags & os.O_CREAT:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"{path}: the file of keys cannot be opened: {error.strerror}") from error
        try:
            yield descriptor
        except OSError as error:
            raise StoreError(
                f"{path}: the file of keys cannot be written: {error.strerror}; nothing of this step was kept"
            ) from error
        finally:
            os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make names that were added to, or taken from, a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _side_by_side(descriptor: int, slots: Sequence[int]) -> list[bytes]:
    """Slots that lie near each other, as those of one batch do, by one read; empty where it would read too much."""
    first, last = min(slots), max(slots)
    if first < 0 or last - first >= _NEAR * len(slots):
        return []
    data = os.pread(descriptor, (last - first + 1) * SLOT, first * SLOT)
    return [data[at : at + SLOT] for at in [(slot - first) * SLOT for slot in slots]]


def _pread(descriptor: int, slot: int) -> bytes:
    return os.pread(descriptor, SLOT, slot * SLOT) if slot >= 0 else b""


def _checked(wrapped: bytes) -> bytes:
    if len(wrapped) != SLOT or wrapped == _EMPTY:
        raise ValueError(f"a wrapped key has {SLOT} bytes, not all of them zero")
    return wrapped


def _write(descriptor: int, data: bytes, offset: int) -> None:
    done = 0
    while done < len(data):
        done += os.pwrite(descriptor, data[done:], offset + done)
