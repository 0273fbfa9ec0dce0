"""The file of typed prompts: aged line by line, rewritten so that it is always either the old file or the new one."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

LONGEST = 1 << 24
"""Bytes of a line that are read as a prompt; a longer one is kept as it is."""
LATEST = 1e15
"""Milliseconds beyond which no prompt was typed."""
TEMPORARY = ".carnet-purge"
PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class Prompt:
    """One line of the file, as far as it can be read."""

    at: float | None
    """When it was typed, in seconds since 1970; None where the line does not say."""
    project: str
    session: str


@dataclass(frozen=True, slots=True)
class Lines:
    """How many lines, how many bytes."""

    count: int = 0
    bytes: int = 0

    def plus(self, size: int) -> Lines:
        return Lines(self.count + 1, self.bytes + size)


Doomed = Callable[[Prompt], bool]
"""Whether a prompt is to go."""


def read_prompt(line: bytes) -> Prompt:
    """A line of the file; one that says nothing of its time is of no known age."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        return Prompt(None, "", "")
    return Prompt(_seconds(told.get("timestamp")), str(told.get("project", "")), str(told.get("sessionId", "")))


def _seconds(milliseconds: object) -> float | None:
    if not isinstance(milliseconds, int | float) or isinstance(milliseconds, bool):
        return None
    return milliseconds / 1000 if 0 <= milliseconds < LATEST else None


def prompts(file: BinaryIO) -> Iterator[tuple[bytes, Prompt | None]]:
    """Every line with its prompt, in pieces of bounded size; None for a piece of a line that is too long to read."""
    within = False
    while piece := file.readline(LONGEST):
        whole = piece.endswith(b"\n") or len(piece) < LONGEST
        yield piece, None if within or not whole else read_prompt(piece)
        within = not piece.endswith(b"\n") and (within or not whole)


@contextlib.contextmanager
def open_history(folder: int, name: str) -> Iterator[BinaryIO]:
    """The file, opened for reading: a regular one in this folder and nothing behind a link."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "is no regular file, left alone")
        yield file


def doomed_lines(folder: int, name: str, doomed: Doomed) -> Lines:
    """How many lines would go, and their bytes."""
    gone = Lines()
    with open_history(folder, name) as file:
        for piece, prompt in prompts(file):
            if prompt is not None and doomed(prompt):
                gone = gone.plus(len(piece))
    return gone


def purge_lines(folder: int, name: str, doomed: Doomed) -> Lines:
    """Rewrite the file without the lines that are to go; what an agent appends meanwhile is kept."""
    if not doomed_lines(folder, name, doomed).count:
        return Lines()
    with open_history(folder, name) as old:
        fcntl.flock(old, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises where another purge is at work
        before = os.fstat(old.fileno())
        if not os.path.samestat(before, os.stat(name, dir_fd=folder, follow_symlinks=False)):
            raise OSError(0, "was replaced meanwhile, left alone; try again")
        with _temporary(folder, name + TEMPORARY, before) as new:
            gone = _copy(old, new, doomed)
            os.rename(name + TEMPORARY, name, src_dir_fd=folder, dst_dir_fd=folder)
            for late in old:
                new.write(late)  # appended to the old file while the new one took its name
            new.flush()
            os.fsync(new.fileno())
        os.fsync(folder)
    return gone


@contextlib.contextmanager
def _temporary(folder: int, name: str, like: os.stat_result) -> Iterator[BinaryIO]:
    """A private file beside the old one. One left by a purge that was killed is replaced: the lock says it is dead."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_APPEND | os.O_CLOEXEC
    descriptor = os.open(name, flags, PRIVATE, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if like.st_uid != os.geteuid() or like.st_gid != os.getegid():
                os.fchown(descriptor, like.st_uid, like.st_gid)
            yield file
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        raise


def _copy(old: BinaryIO, new: BinaryIO, doomed: Doomed) -> Lines:
    gone = Lines()
    for piece, prompt in prompts(old):
        if prompt is not None and doomed(prompt):
            gone = gone.plus(len(piece))
        else:
            new.write(piece)
    new.flush()
    os.fsync(new.fileno())
    return gone
