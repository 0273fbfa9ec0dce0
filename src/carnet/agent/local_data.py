"""Findings about what an agent left on this machine: too old, open to others, with secrets in it."""

from __future__ import annotations

import heapq
import math
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.agent.secrets_scan import Sought, bounded, open_regular, scan
from carnet.agent.transcripts import Faults, inside, opened, walk
from carnet.agent.transcripts_history import open_history, prompts
from carnet.agent.transcripts_listing import as_period
from carnet.agent.transcripts_places import read_places, shown
from carnet.agent.transcripts_purge import Count
from carnet.model.finding import Finding
from carnet.packs import named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from carnet.agent.secrets_scan import Budget
    from carnet.agent.transcripts_places import Places
    from carnet.agent.transcripts_projects import Project
    from carnet.model.place import Held

DAY = 86400.0
GRACE = 1.0
"""Days past the period before a file counts as left behind: the agent's own cleanup runs now and then."""
SPOKEN = frozenset(
    {"transcripts", "subagents", "tool-results", "session-files", "history", "memory", "feedback-bundles"}
)
"""Places that hold what was said: they are searched for secrets, the newest first."""
LOOSE = 0o066
"""Mode bits that let other accounts read or write."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much work looking for findings may be."""

    files: int = 50_000
    """Files that are walked over."""
    newest: int = 2_000
    """Files that are searched for secrets, the newest first."""
    seconds: float = 0.08
    """For the search; `carnet audit` runs in shells and hooks."""
    size: int = 256_000_000


SHORT = Bounds()


@dataclass(slots=True)
class _Seen:
    """What one walk over the folder gathers."""

    before: float
    most: int
    newest: int
    past: Count = field(default_factory=Count)
    memory: Count = field(default_factory=Count)
    open_files: list[str] = field(default_factory=list)
    open_count: int = 0
    spool: list[str] = field(default_factory=list)
    spool_count: int = 0
    history: Held | None = None
    searched: list[tuple[float, tuple[str, ...]]] = field(default_factory=list)
    spoken: int = 0
    """Files that hold what was said, searched or not."""
    walked: int = 0

    def visit(self, held: Held, _inside: int, _name: str) -> bool:
        self.walked += 1
        if self.walked > self.most:
            raise _EnoughError
        place = held.place.id
        if place == "history":
            self.history = held
        elif place == "memory":
            if held.own_modified < self.before:
                self.memory.add(held.size)
        elif held.place.purge == "asked" and held.modified < self.before - GRACE * DAY:
            self.past.add(held.size)
        self._modes(held)
        if place in SPOKEN:
            self._remember(held)
        return False

    def _modes(self, held: Held) -> None:
        if not held.mode & LOOSE or held.place.id == "other":
            return
        if held.place.id == "telemetry":
            self.spool_count += 1
            self.spool[len(self.spool) :] = [held.path] if not self.spool else []
        elif held.place.id in SPOKEN:
            self.open_count += 1
            self.open_files[len(self.open_files) :] = [held.path] if not self.open_files else []

    def _remember(self, held: Held) -> None:
        self.spoken += 1
        entry = (held.own_modified, held.parts)
        if len(self.searched) < self.newest:
            heapq.heappush(self.searched, entry)
        else:
            heapq.heappushpop(self.searched, entry)


class _EnoughError(Exception):
    """Raised when a walk has seen as many files as it may."""


def local_findings(
    folder: Path, facts: Mapping[str, object], now: datetime, pack: str = "claude-code"
) -> list[Finding]:
    """Findings about the agent's folder; `facts` are dotted (`Machine.facts()`) and tell the period."""
    places = read_places(named(pack).folder)
    days = as_period(facts.get(f"settings.{places.period_key}"), places)
    return folder_findings(folder, places, days, now)


def folder_findings(
    folder: Path,
    places: Places,
    days: int,
    now: datetime,
    bounds: Bounds = SHORT,
    clock: Callable[[], float] = time.monotonic,
) -> list[Finding]:
    """Findings about one folder whose data is to be kept so many days; none where there is no such folder."""
    if not folder.is_dir() or folder.is_symlink():
        return list(_linked(folder))
    seen = _Seen(now.timestamp() - days * DAY, bounds.files, bounds.newest)
    faults = Faults()
    with opened(folder) as root:
        whole = _walked(root, places, seen, faults)
        budget = bounded(bounds.seconds, bounds.size, clock)
        found = [*_ages(folder, places, seen, days), *_typed(root, folder, places, seen, days)]
        found += [*_modes(folder, seen, root), *_secrets(root, folder, seen, budget)]
    return [*found, *_unseen(folder, faults, whole, seen.walked - 1)]


def _walked(root: int, places: Places, seen: _Seen, faults: Faults) -> bool:
    try:
        walk(root, places, seen.visit, faults)
    except _EnoughError:
        return False
    return True


def _linked(folder: Path) -> Iterator[Finding]:
    if folder.is_symlink():
        yield Finding(
            "local.link",
            "note",
            "The agent's folder is a symbolic link, so what lies behind it was not looked at.",
            shown(str(folder)),
            "Point carnet transcripts --folder at the folder itself.",
            ("local-transcripts",),
        )


def _ages(folder: Path, places: Places, seen: _Seen, days: int) -> Iterator[Finding]:
    flows = ("local-transcripts",)
    if seen.past.files:
        yield Finding(
            "local.past-period",
            "medium",
            f"{_files(seen.past.files)} of sessions ({seen.past.bytes:,} bytes) are older than {days} days: "
            "the agent's own cleanup runs only while it is used.",
            shown(str(folder)),
            "carnet transcripts purge takes them away.",
            flows,
            f"settings.{places.period_key}",
        )
    if seen.memory.files:
        yield Finding(
            "local.memory",
            "low",
            f"{_files(seen.memory.files)} of notes the agent keeps about projects ({seen.memory.bytes:,} bytes) "
            f"are older than {days} days; no cleanup touches them.",
            shown(str(folder / "projects")),
            "Read them, then carnet transcripts purge --place memory takes them away.",
            flows,
        )


def _typed(root: int, folder: Path, places: Places, seen: _Seen, days: int) -> Iterator[Finding]:
    if seen.history is None:
        return
    old = 0
    try:
        with open_history(root, places.history) as file:
            for _, prompt in prompts(file):
                old += prompt is not None and prompt.at is not None and prompt.at < seen.before
    except OSError:
        return  # the walk names files that cannot be read
    if old:
        yield Finding(
            "local.history",
            "medium",
            f"{old:,} prompts typed more than {days} days ago are still kept; no cleanup touches this file.",
            shown(str(folder / places.history)),
            "carnet transcripts purge --place history takes the old lines away.",
            ("local-transcripts",),
        )


def _modes(folder: Path, seen: _Seen, root: int) -> Iterator[Finding]:
    """Files whose modes let other accounts in, unless the folder itself keeps those out."""
    shut = not os.fstat(root).st_mode & 0o011
    grave = "note" if shut else "medium"
    but = " (the folder itself keeps them out)" if shut else ""
    for count, first, name, what in (
        (seen.open_count, seen.open_files, "local.readable", "of sessions and prompts"),
        (seen.spool_count, seen.spool, "local.telemetry-modes", "of usage events that wait to be sent"),
    ):
        if count:
            yield Finding(
                name,
                grave,
                f"The modes of {_files(count)} {what} let other accounts of this machine in{but}.",
                shown(str(folder / first[0])),
                f"chmod -R go= {shown(str(folder))}",
                ("local-transcripts",),
            )


def search_folder(folder: Path, places: Places, project: Project | None, sought: Sought) -> Faults:
    """Search everything that was said in an agent's folder for secrets, however long it takes."""
    faults = Faults()
    budget = bounded(math.inf, 1 << 62, time.monotonic)

    def visit(held: Held, below: int, name: str) -> bool:
        if held.place.id in SPOKEN and (project is None or project.holds(held)):
            with open_regular(below, name) as file:
                scan(file, held.path, budget, sought)
        return False

    with opened(folder) as root:
        walk(root, places, visit, faults)
    return faults


def _secrets(root: int, folder: Path, seen: _Seen, budget: Budget) -> Iterator[Finding]:
    sought = Sought()
    whole = seen.spoken == len(seen.searched)
    for _, parts in sorted(seen.searched, reverse=True):
        if budget.spent():
            whole = False
            break
        try:
            with inside(root, parts[:-1]) as below, open_regular(below, parts[-1]) as file:
                whole &= scan(file, "/".join(parts), budget, sought)
        except OSError:
            whole = False
    if sought.counts:
        yield _secret_finding(folder, sought)
    if not whole:
        yield Finding(
            "local.search-bounded",
            "note",
            f"The search for secrets ended at its bound after {_files(sought.files)} ({sought.size:,} bytes) of "
            f"{seen.spoken:,}, the newest first.",
            shown(str(folder)),
            "carnet transcripts secrets looks at everything.",
            ("local-transcripts",),
        )


def _secret_finding(folder: Path, sought: Sought) -> Finding:
    path, line, _ = sought.places[0]
    kinds = ", ".join(f"{title} ({count:,})" for title, count in sorted(sought.counts.items()))
    others = sum(sought.counts.values()) - 1
    return Finding(
        "local.secrets",
        "high",
        f"{sought.different:,} secret{'s' if sought.different != 1 else ''} of known shapes stand in sessions in the "
        f"clear: {kinds}{f'; here and in {others:,} other places' if others else ''}.",
        f"{shown(str(folder / path))}:{line}",
        "Revoke them; carnet transcripts secrets lists every place, carnet transcripts purge takes sessions away.",
        ("local-transcripts",),
    )


def _unseen(folder: Path, faults: Faults, whole: bool, walked: int) -> Iterator[Finding]:  # noqa: FBT001 - private
    if faults.count:
        first = faults.named[0]
        yield Finding(
            "local.unreadable",
            "low",
            f"{faults.count:,} places of the agent's folder could not be read ({first.why}): "
            "what lies there is not known.",
            f"{shown(str(folder))}/{first.path}",
            "Give this account the right to read them, or look as their owner.",
            ("local-transcripts",),
        )
    if not whole:
        yield Finding(
            "local.walk-bounded",
            "note",
            f"Only the first {walked:,} files of the agent's folder were looked at.",
            shown(str(folder)),
            "carnet transcripts list looks at everything.",
            ("local-transcripts",),
        )


def _files(number: int) -> str:
    return f"{number:,} file{'' if number == 1 else 's'}"
