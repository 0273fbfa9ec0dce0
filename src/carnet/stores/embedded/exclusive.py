"""One change at a time: a lock across processes and threads that its holder may take again."""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from carnet.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 120.0
"""Seconds after which a holder is taken for one that is stuck: longer than an honest one is known to take."""


class Exclusive:
    """The lock of one file. It goes with the process that holds it, however that ends."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self._path = path
        self._patience = patience
        self._threads = threading.RLock()
        self._depth = 0
        self._descriptor = -1

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Raises StoreError naming the holder where it does not let go."""
        if not self._threads.acquire(timeout=self._patience):
            raise self._stuck()
        try:
            self._enter()
            try:
                yield
            finally:
                self._leave()
        finally:
            self._threads.release()

    def _enter(self) -> None:
        if not self._depth:
            if self._descriptor < 0:
                self._descriptor = self._open()
            self._take()
        self._depth += 1

    def _take(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiter = _Waiter(self._descriptor)
            try:
                taken = waiter.wait(self._patience)
            except BaseException:  # somebody pressed Ctrl-C
                if waiter.give_up():
                    self._descriptor = -1
                else:
                    fcntl.flock(self._descriptor, fcntl.LOCK_UN)
                raise
            if not taken and waiter.give_up():
                self._descriptor = -1  # it is the waiter's now, who closes it
                raise self._stuck() from None
        with suppress(OSError):  # whoever waits is told who holds it; a full disk is no reason not to
            os.pwrite(self._descriptor, f"{os.getpid():<20}\n".encode(), 0)

    def _stuck(self) -> StoreError:
        holder = ""
        with suppress(OSError):
            holder = self._path.read_text("ascii", "replace").strip()
        who = f"process {holder}" if holder.isdigit() else "another process"
        return StoreError(
            f"{self._path}: {who} has held the store for more than {self._patience:g} seconds and does not let go; "
            "see what it does, or end it, and repeat: nothing was changed"
        )

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


class _Waiter:
    """Waits in the kernel's queue, so that everybody's turn comes, and can be left there."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._taken = threading.Event()
        self._judging = threading.Lock()
        self._given_up = False
        threading.Thread(target=self._run, name="carnet-lock", daemon=True).start()

    def wait(self, patience: float) -> bool:
        return self._taken.wait(patience)

    def give_up(self) -> bool:
        """Leave the descriptor to the waiter; False where it has the lock already."""
        with self._judging:
            self._given_up = not self._taken.is_set()
            return self._given_up

    def _run(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        with self._judging:
            if self._given_up:
                os.close(self._descriptor)  # and the lock with it
            else:
                self._taken.set()
