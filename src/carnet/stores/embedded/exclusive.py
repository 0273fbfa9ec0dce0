"""One change at a time: a lock across processes and threads that its holder may take again."""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carnet.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Exclusive:
    """The lock of one file. It goes with the process that holds it, however that ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.RLock()
        self._depth = 0
        self._descriptor = -1

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._threads:
            self._enter()
            try:
                yield
            finally:
                self._leave()

    def _enter(self) -> None:
        if not self._depth:
            if self._descriptor < 0:
                self._descriptor = self._open()
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        self._depth += 1

    def _leave(self) -> None:
        self._depth -= 1
        if not self._depth:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"{self._path}: the lock file cannot be written: {error.strerror}") from error

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
