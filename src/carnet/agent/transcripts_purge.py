"""What goes, what stays and why; and taking away what goes."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.agent.transcripts import Faults, opened, walk
from carnet.agent.transcripts_history import Lines, doomed_lines, purge_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from carnet.agent.transcripts_history import Doomed, Prompt
    from carnet.agent.transcripts_places import Places
    from carnet.agent.transcripts_projects import Project
    from carnet.model.place import Held

IN_USE = 600.0
"""Seconds since the last write within which a session counts as running."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody asked to take away."""

    before: float
    """Sessions whose newest file is older than this instant (seconds since 1970)."""
    quiet: float
    """Files written after this instant are in use and left."""
    project: Project | None = None
    places: frozenset[str] = frozenset()
    """Ids of places; empty means all that are taken when asked."""


@dataclass(slots=True)
class Count:
    """Files (or lines of the file of prompts) and their bytes."""

    files: int = 0
    bytes: int = 0
    lines: int = 0

    def add(self, size: int) -> None:
        self.files += 1
        self.bytes += size

    def add_lines(self, lines: Lines) -> None:
        self.lines += lines.count
        self.bytes += lines.bytes


@dataclass(slots=True)
class Purged:
    """What was taken away, or would be."""

    gone: dict[str, Count] = field(default_factory=dict)
    """By place."""
    left: dict[str, Count] = field(default_factory=dict)
    """By reason."""
    faults: Faults = field(default_factory=Faults)

    @property
    def files(self) -> int:
        return sum(count.files for count in self.gone.values())

    @property
    def lines(self) -> int:
        return sum(count.lines for count in self.gone.values())

    @property
    def bytes(self) -> int:
        return sum(count.bytes for count in self.gone.values())


def why_left(held: Held, choice: Choice) -> str:
    """Why a file stays, in words; empty where it goes."""
    place = held.place
    if place.purge == "never":
        return "not taken by purge"
    if choice.places and place.id not in choice.places:
        return "of another place"
    if not choice.places and place.purge == "named":
        return f"only taken with --place {place.id}"
    if choice.project is not None and not choice.project.holds(held):
        return "of another project, or of none"
    if held.modified > choice.quiet:
        return "in use: written in the last minutes"
    return "" if held.modified < choice.before else "not old enough"


@dataclass(frozen=True, slots=True)
class Act:
    """How files and lines are taken away, or only counted."""

    file: Callable[[int, str], None]
    lines: Callable[[int, str, Doomed], Lines]


def _unlink(folder: int, name: str) -> None:
    os.unlink(name, dir_fd=folder)  # removes the name itself, never what a link points at


REMOVE = Act(_unlink, purge_lines)
COUNT = Act(lambda _folder, _name: None, doomed_lines)


def purge(folder: Path, places: Places, choice: Choice, act: Act = COUNT) -> Purged:
    """Take away what was asked for (with `REMOVE`), or count it. A fault is named and the rest goes on."""
    done = Purged()
    doomed = _doomed(choice)

    def visit(held: Held, inside: int, name: str) -> bool:
        if held.path == places.history:
            _age_lines(held, inside, name)
            return False
        if reason := why_left(held, choice):
            done.left.setdefault(reason, Count()).add(held.size)
            return False
        act.file(inside, name)
        done.gone.setdefault(held.place.id, Count()).add(held.size)
        return act is not COUNT

    def _age_lines(held: Held, inside: int, name: str) -> None:
        asked = held.place.purge == "asked" and (not choice.places or held.place.id in choice.places)
        if not asked or held.modified > choice.quiet:
            reason = "in use: written in the last minutes" if asked else "of another place"
            done.left.setdefault(reason, Count()).add(held.size)
            return
        lines = act.lines(inside, name, doomed)
        if lines.count:
            done.gone.setdefault(held.place.id, Count()).add_lines(lines)

    with opened(folder) as root:
        walk(root, places, visit, done.faults)
    return done


def _doomed(choice: Choice) -> Doomed:
    def doomed(prompt: Prompt) -> bool:
        if prompt.at is None or prompt.at >= choice.before:
            return False
        return choice.project is None or choice.project.typed(prompt)

    return doomed
