"""Reading files of a machine that anybody may have made: nothing hangs, nothing is written, nothing grows."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 1_000_000
"""Bytes of a settings file that are read; real ones have a few thousand."""

_KINDS = (
    (stat.S_ISDIR, "is a directory"),
    (stat.S_ISFIFO, "is a named pipe"),
    (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISCHR, "is a device"),
    (stat.S_ISBLK, "is a device"),
)


@dataclass(frozen=True, slots=True)
class Content:
    """What a path held."""

    raw: bytes | None
    """Its bytes; None where it could not be read."""
    why: str = ""
    """Why not; empty where there is no such file."""


def read(path: Path, largest: int = LARGEST) -> Content:
    """A regular file's bytes. Pipes, devices and directories are never opened."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return Content(None, next((why for test, why in _KINDS if test(found.st_mode)), "is no regular file"))
        if found.st_size > largest:
            return Content(None, f"has {found.st_size:,} bytes; more than {largest:,} are not read")
        return _opened(path, largest)
    except FileNotFoundError:
        return Content(None, "is a link that leads nowhere" if path.is_symlink() else "")
    except NotADirectoryError:
        return Content(None)
    except (OSError, ValueError) as error:
        return Content(None, _reason(error))


def _opened(path: Path, largest: int) -> Content:
    """Without waiting: what was a file a moment ago may be a pipe now."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(handle, "rb") as opened:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return Content(None, "is no regular file")
        raw = opened.read(largest + 1)
    return Content(raw) if len(raw) <= largest else Content(None, f"has more than {largest:,} bytes")


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, PermissionError):
        return "may not be read (permission denied)"
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "is a link that leads to itself"
    return f"cannot be read: {(error.strerror if isinstance(error, OSError) else None) or error}"
