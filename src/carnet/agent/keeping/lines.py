"""A file of lines that is only ever added to: whole lines, by one writer at a time, and a torn end is set aside.

Many programs may write into one file. Each line is written under the file's lock; a writer that was killed in the
middle of one leaves an end without a line feed, which the next writer moves into a file beside it.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from carnet.errors import CarnetError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Sync = Literal["each", "second", "close"]
SYNCS = ("each", "second", "close")
SUFFIX, TORN = ".jsonl", ".torn"
CHUNK = 1 << 16
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


class Lines:
    """One such file, open for writing. Raises StoreError naming the file where it cannot be written."""

    def __init__(self, path: Path, sync: Sync = "second", clock: Callable[[], float] = time.monotonic) -> None:
        if sync not in SYNCS:
            raise CarnetError(f"sync {sync!r} is none; there are: {', '.join(SYNCS)}")
        self.path = path
        self.torn: Path | None = None
        """Where a torn end was set aside; None where there was none."""
        self._sync, self._clock = sync, clock
        self._synced = clock()
        self._count, self._size = 0, 0
        self._handle = self._opened()
        try:
            with self._turn():
                pass  # sets a torn end aside, and counts
        except StoreError:
            os.close(self._handle)
            raise

    def append(self, line: Callable[[int], bytes]) -> None:
        """Add a line; `line` is given its number, from 0. It is in the file whole, or not at all."""
        with self._turn():
            raw = line(self._count)
            if b"\n" in raw:
                raise CarnetError(f"{self.path}: a line must not hold a line feed")
            self._write(raw + b"\n")
            self._count += 1

    def close(self) -> None:
        """Have everything on the disk."""
        if self._handle < 0:
            return
        handle, self._handle = self._handle, -1
        try:
            os.fsync(handle)
        except OSError as error:
            raise self._fault(error) from error
        finally:
            os.close(handle)

    def _opened(self) -> int:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.path, _FLAGS, 0o600)
        except OSError as error:
            raise self._fault(error) from error
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            os.close(handle)
            raise StoreError(f"{self.path}: is no regular file; nothing is written into it")
        if os.name == "posix" and found.st_mode & 0o077:
            os.fchmod(handle, 0o600)
        return handle

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """The file's lock, with whole lines before us and their number known."""
        if self._handle < 0:
            raise CarnetError(f"{self.path}: is closed")
        try:
            _lock(self._handle)
            if os.fstat(self._handle).st_nlink == 0:  # somebody swept it away meanwhile
                self._again()
            self._set_aside()
            yield
        except OSError as error:
            raise self._fault(error) from error
        finally:
            _unlock(self._handle)

    def _again(self) -> None:
        old, self._handle = self._handle, self._opened()
        os.close(old)
        _lock(self._handle)
        self._count, self._size = 0, 0

    def _set_aside(self) -> None:
        """Move what follows the last line feed into a file beside this one, and count the lines of others."""
        size = os.fstat(self._handle).st_size
        if size < self._size:
            self._count, self._size = 0, 0  # somebody cut it; count anew
        whole = self._size
        for at, piece in _pieces(self._handle, self._size, size):
            self._count += piece.count(b"\n")
            end = piece.rfind(b"\n")
            whole = at + end + 1 if end >= 0 else whole
        if whole < size:
            self._move(whole, size)
        self._size = whole

    def _move(self, start: int, end: int) -> None:
        beside = self.path.with_name(f"{self.path.name.removesuffix(SUFFIX)}{TORN}{SUFFIX}")
        handle = os.open(beside, _FLAGS, 0o600)
        try:
            for _, piece in _pieces(self._handle, start, end):
                _all(handle, piece)
            _all(handle, b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        os.ftruncate(self._handle, start)
        self.torn = beside

    def _write(self, raw: bytes) -> None:
        try:
            _all(self._handle, raw)
            self._settle()
        except OSError:
            os.ftruncate(self._handle, self._size)  # nothing half-written stays
            raise
        self._size += len(raw)

    def _settle(self) -> None:
        now = self._clock()
        if self._sync == "each" or (self._sync == "second" and now - self._synced >= 1):
            os.fsync(self._handle)
            self._synced = now

    def _fault(self, error: OSError) -> StoreError:
        return StoreError(f"{self.path}: cannot be written: {error.strerror or error}")


def _all(handle: int, raw: bytes) -> None:
    left = memoryview(raw)
    while left:
        left = left[os.write(handle, left) :]


def _pieces(handle: int, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    while start < end:
        piece = os.pread(handle, min(CHUNK, end - start), start)
        if not piece:
            return
        yield start, piece
        start += len(piece)


def _lock(handle: int) -> None:
    try:
        import fcntl  # noqa: PLC0415 - Windows has none: there one program writes at a time
    except ImportError:
        return
    fcntl.flock(handle, fcntl.LOCK_EX)


def _unlock(handle: int) -> None:
    try:
        import fcntl  # noqa: PLC0415
    except ImportError:
        return
    if handle >= 0:
        fcntl.flock(handle, fcntl.LOCK_UN)


def read(path: Path) -> tuple[list[bytes], bytes]:
    """The whole lines of a file, and the torn end there may be. Raises StoreError naming a file that cannot be read."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
            raw = file.read()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror or error}") from error
    *whole, torn = raw.split(b"\n")
    return whole, torn
