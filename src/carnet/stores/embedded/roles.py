"""Roles that run once on an embedded store: a lock file each, let go by the system when the process ends."""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.errors import BusyError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "roles"
"""In the data folder."""


@contextmanager
def role(data: Path, name: str, held: int | None = None) -> Iterator[int]:
    """Hold a role of this data folder; gives the descriptor that holds it.

    Raises BusyError, naming the process, while another one holds it.

    `held` is the descriptor that held it before this program was executed, in the same process.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise ValueError(f"not a role: {name!r}")
    path = data / FOLDER / f"{name}.lock"
    with _lock_file(path, held) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(_busy(data, name, os.pread(lock, 64, 0))) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        try:
            yield lock
        finally:
            # Emptied, never unlinked: a process that waits on an unlinked file would hold a lock nobody sees.
            os.ftruncate(lock, 0)


@contextmanager
def _lock_file(path: Path, held: int | None) -> Iterator[int]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: the lock file cannot be written: {error.strerror}") from error
    if held is not None and held != lock:
        lock = _one_of(held, lock, path.stem)
    try:
        yield lock
    finally:
        os.close(lock)


def _one_of(held: int, fresh: int, name: str) -> int:
    """What held the role before, if it is of the same file: the data folder may be another one. Closes the other.

    A descriptor that was closed meanwhile, and may be somebody else's by now, is left alone.
    """
    with suppress(OSError):  # it is not open, or the system does not tell what it is
        if os.path.sameopenfile(held, fresh):
            os.close(fresh)
            os.set_inheritable(held, False)
            return held
        if Path(f"/proc/self/fd/{held}").readlink().parts[-2:] == (FOLDER, f"{name}.lock"):
            os.close(held)
    return fresh


def _busy(data: Path, name: str, holder: bytes) -> str:
    pid = holder.decode("ascii", "replace").strip()
    who = f"process {pid}" if pid else "another process"
    return (
        f"the role {name!r} of the store in {data} is already held by {who}; "
        "stop that one first, or use another folder (--data DIR)"
    )
