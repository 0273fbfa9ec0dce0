"""What lies in an agent's folder: counts, bytes, ages, who takes it away."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.agent.transcripts import Faults, opened, walk
from carnet.agent.transcripts_history import open_history, prompts
from carnet.agent.transcripts_purge import Count

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.agent.transcripts_places import Places
    from carnet.agent.transcripts_projects import Project
    from carnet.model.place import Held, Place

LARGEST_SETTINGS = 1 << 22
LONGEST_DAYS = 1_000_000
"""Days beyond any calendar."""


@dataclass(slots=True)
class Summary:
    """All files of one place."""

    place: Place
    all: Count = field(default_factory=Count)
    past: Count = field(default_factory=Count)
    """Those older than the period."""
    oldest: float | None = None
    newest: float | None = None
    readable: int = 0
    """Files that other accounts of this machine may read or write, by their own mode."""

    def add(self, held: Held, before: float) -> None:
        self.all.add(held.size)
        self.reach(held.modified)
        self.readable += bool(held.mode & 0o066)
        if held.modified < before:
            self.past.add(held.size)

    def reach(self, at: float) -> None:
        self.oldest = at if self.oldest is None else min(self.oldest, at)
        self.newest = at if self.newest is None else max(self.newest, at)


@dataclass(slots=True)
class Listing:
    """What lies there, by place in the pack's order."""

    summaries: dict[str, Summary] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)


def listing(folder: Path, places: Places, before: float, project: Project | None = None) -> Listing:
    """One summary for each place that holds something; `before` is the instant the period begins."""
    found = Listing()

    def visit(held: Held, inside: int, name: str) -> bool:
        if held.path == places.history:
            _add_history(found, held, (inside, name), before, project)
        elif project is None or project.holds(held):
            found.summaries.setdefault(held.place.id, Summary(held.place)).add(held, before)
        return False

    with opened(folder) as root:
        walk(root, places, visit, found.faults)
    order = [place.id for place in places.places]
    rank = {name: at for at, name in enumerate(order)}
    found.summaries = dict(sorted(found.summaries.items(), key=lambda pair: rank.get(pair[0], len(order))))
    return found


def _add_history(found: Listing, held: Held, where: tuple[int, str], before: float, project: Project | None) -> None:
    """The file of prompts is as old as its lines."""
    summary = Summary(held.place, readable=int(bool(held.mode & 0o066)))
    summary.all.add(held.size if project is None else 0)
    with open_history(*where) as file:
        for piece, prompt in prompts(file):
            if prompt is None or prompt.at is None or (project is not None and not project.typed(prompt)):
                continue
            summary.all.lines += 1
            summary.all.bytes += 0 if project is None else len(piece)
            summary.reach(prompt.at)
            if prompt.at < before:
                summary.past.lines += 1
                summary.past.bytes += len(piece)
    found.summaries[held.place.id] = summary


def own_period(folder: Path, places: Places) -> int:
    """Days the user's own settings file keeps data; the agent's default where it does not say so rightly."""
    try:
        with opened(folder) as root, open_history(root, places.settings) as file:
            told = json.loads(file.read(LARGEST_SETTINGS))
    except (OSError, ValueError, RecursionError):
        return places.period_days
    days = told.get(places.period_key) if isinstance(told, dict) else None
    return as_period(days, places)


def as_period(days: object, places: Places) -> int:
    """A period as the agent takes it: whole days, at least one; else its default."""
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        return places.period_days
    return min(days, LONGEST_DAYS)
