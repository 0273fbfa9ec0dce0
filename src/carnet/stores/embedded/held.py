"""Which store files this process has open through SQLite: those must not be opened by any other means.

POSIX drops all of a process's locks on a file when the process closes any descriptor of it, SQLite's own included;
another process would then take itself for the last one and delete the log that we still write
(https://www.sqlite.org/howtocorrupt.html, section 2.2).
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Identity = tuple[int, int]
"""Device and inode."""

_LOCK = threading.Lock()
_HELD: Counter[Identity] = Counter()


def hold(file: Path) -> Identity:
    """Say that SQLite is about to open this file; wait for whoever is reading its bytes."""
    with _LOCK:
        status = file.stat()
        identity = (status.st_dev, status.st_ino)
        _HELD[identity] += 1
        return identity


def release(identity: Identity) -> None:
    """Say that SQLite has closed the file."""
    with _LOCK:
        _HELD[identity] -= 1
        if not _HELD[identity]:
            del _HELD[identity]


@contextmanager
def untouched(file: Path) -> Iterator[bool]:
    """Whether the file's bytes may be read here: not while SQLite has it open. Nobody opens it meanwhile."""
    with _LOCK:
        status = file.stat()
        yield (status.st_dev, status.st_ino) not in _HELD
