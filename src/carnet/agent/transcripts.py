"""Walking an agent's folder: never outside it, never through a symbolic link, however it changes meanwhile."""

from __future__ import annotations

import errno
import math
import os
import stat
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.agent.transcripts_places import OTHER, shown
from carnet.errors import CarnetError
from carnet.model.place import Held

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from carnet.agent.transcripts_places import Places
    from carnet.model.place import Place

DEEPEST = 64
"""Folders within folders that are followed; one descriptor is open for each."""
MOST_FAULTS = 1000
FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)

Visit = Callable[[Held, int, str], bool]
"""Called with a file, the open folder it lies in and its name there; True where it was removed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that could not be read or removed."""

    path: str
    why: str


@dataclass(slots=True)
class Faults:
    """What went wrong on the way: the first thousand by name, all by number."""

    named: list[Fault] = field(default_factory=list)
    count: int = 0

    def add(self, path: str, error: OSError) -> None:
        self.count += 1
        if len(self.named) < MOST_FAULTS:
            self.named.append(Fault(shown(path), error.strerror or str(error)))


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    """The agent's folder as an open descriptor. Raises CarnetError where it is none, or a symbolic link."""
    if os.unlink not in os.supports_dir_fd or not hasattr(os, "O_NOFOLLOW"):
        raise CarnetError("this system cannot hold a folder open while it is searched; nothing was looked at")
    try:
        descriptor = os.open(folder, FOLDER)
    except OSError as error:
        raise CarnetError(_refusal(folder, error)) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _refusal(folder: Path, error: OSError) -> str:
    if folder.is_symlink():
        return f"{folder}: is a symbolic link, and none is followed; give the folder itself with --folder"
    if error.errno == errno.ENOENT:
        return f"{folder}: no such folder; nothing of the agent lies here (see --home and --folder)"
    return f"{folder}: {error.strerror}"


def walk(root: int, places: Places, visit: Visit, faults: Faults) -> None:
    """Show every file below an open folder to `visit`; folders that it emptied are removed."""
    _Walk(root, places, visit, faults).below(root, ())


@dataclass(slots=True)
class _Walk:
    root: int
    places: Places
    visit: Visit
    faults: Faults
    newest: tuple[tuple[str, ...], float] = ((), 0.0)
    """The session looked at last, and when its newest file was modified."""

    def below(self, folder: int, parts: tuple[str, ...]) -> bool:
        """Whether anything was removed below this folder."""
        removed = False
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    removed |= self._guarded(folder, entry, (*parts, entry.name))
        except OSError as error:
            self.faults.add("/".join(parts) or ".", error)
        return removed

    def _guarded(self, folder: int, entry: os.DirEntry[str], parts: tuple[str, ...]) -> bool:
        try:
            return self._entry(folder, entry, parts)
        except FileNotFoundError:
            return False  # somebody else was quicker
        except OSError as error:
            self.faults.add("/".join(parts), error)
            return False

    def _entry(self, folder: int, entry: os.DirEntry[str], parts: tuple[str, ...]) -> bool:
        if entry.is_dir(follow_symlinks=False):
            return self._folder(folder, entry.name, parts)
        place = self.places.place_of("/".join(parts))
        if place.kind != "data":
            return False
        found = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            place = OTHER  # a link, a socket or a pipe: listed, never followed or touched
        aged = max(found.st_mtime, self._session(place, parts))
        held = Held(parts, place, found.st_size, aged, found.st_mode, found.st_mtime)
        return self.visit(held, folder, entry.name)

    def _folder(self, folder: int, name: str, parts: tuple[str, ...]) -> bool:
        if self.places.place_of("/".join((*parts, "x"))).kind != "data":
            return False
        if len(parts) > DEEPEST:
            raise OSError(errno.ENAMETOOLONG, f"more than {DEEPEST} folders deep, not looked at")
        descriptor = os.open(name, FOLDER, dir_fd=folder)
        try:
            removed = self.below(descriptor, parts)
        finally:
            os.close(descriptor)
        if removed and len(parts) > 1:
            _remove_if_empty(folder, name)
        return removed

    def _session(self, place: Place, parts: tuple[str, ...]) -> float:
        if place.session is None or place.session >= len(parts):
            return 0.0
        session = (*parts[: place.session], parts[place.session].removesuffix(".jsonl"))
        if self.newest[0] != session:
            self.newest = (session, _newest(self.root, session))
        return self.newest[1]


def _remove_if_empty(folder: int, name: str) -> None:
    try:
        os.rmdir(name, dir_fd=folder)
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT}:
            raise


def _newest(root: int, session: tuple[str, ...]) -> float:
    """When the newest file of a session was modified: its transcript and all in the folder of its name.

    Where that cannot be told it counts as being written now, so that it is left alone.
    """
    try:
        with inside(root, session[:-1]) as folder:
            return max(_modified(folder, f"{session[-1]}.jsonl"), _newest_below(folder, session[-1], 0))
    except OSError:
        return math.inf  # the walk itself names the fault


def _modified(folder: int, name: str) -> float:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return 0.0


@contextmanager
def inside(root: int, parts: tuple[str, ...]) -> Iterator[int]:
    """A folder below the root, reached without following a link."""
    descriptor = os.dup(root)
    try:
        for part in parts:
            below = os.open(part, FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def _newest_below(folder: int, name: str, depth: int) -> float:
    try:
        descriptor = os.open(name, FOLDER, dir_fd=folder)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            return 0.0  # no folder of that name
        raise
    try:
        with os.scandir(descriptor) as entries:
            return max((_newest_of(descriptor, entry, depth) for entry in entries), default=0.0)
    finally:
        os.close(descriptor)


def _newest_of(folder: int, entry: os.DirEntry[str], depth: int) -> float:
    if not entry.is_dir(follow_symlinks=False):
        return _modified(folder, entry.name)
    return _newest_below(folder, entry.name, depth + 1) if depth < DEEPEST else 0.0
