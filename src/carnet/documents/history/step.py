"""What any history is read into: steps of files, oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

LARGEST = 10 * 1024 * 1024
"""Bytes of the largest file taken, as for a live capture; a larger one is skipped by name."""


class Kind(StrEnum):
    """What a source is."""

    REPOSITORY = "git repository"
    BUNDLE = "git bundle"
    REMOTE = "remote git repository"
    FOLDER = "folder of dated files"
    ARCHIVE = "Carnet archive"


@dataclass(frozen=True, slots=True)
class Seen:
    """One file as a step shows it."""

    path: str
    """Path in the source, with `/`."""
    document: str
    """The part of the path that names the document; a dated file's differs from its path."""
    read: Callable[[], bytes] | None
    """Gives the bytes when they are wanted (a step may hold thousands of files); None says the file is gone."""


@dataclass(frozen=True, slots=True)
class Step:
    """One capture of a history: a commit, or the files of one instant."""

    at: datetime
    """Instant of the capture (aware, UTC)."""
    order: datetime
    """Position in the history: `at`, or the step before's where the clock went backwards."""
    mark: str
    """What identifies the step in its source, such as a commit id."""
    source: str
    """Written beside every capture: `git COMMIT` or `folder FILE`."""
    seen: tuple[Seen, ...]
    """Files that differ from the step before."""


class Progress(Protocol):
    """Told how far an import is."""

    def total(self, steps: int) -> None:
        """The number of steps ahead."""

    def step(self) -> None:
        """One step is recorded or waits to be."""

    def note(self, text: str) -> None:
        """Something the user should know, in a sentence."""


class Quiet:
    """Progress that is told to nobody."""

    def total(self, steps: int) -> None:
        """Nothing."""

    def step(self) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""
