"""The days of a collection: for each UTC day with a change, what changed in which document, from entry to entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from itertools import pairwise
from typing import TYPE_CHECKING

from carnet.web import addresses

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from carnet.model.difference import Transition
    from carnet.model.document import Document
    from carnet.model.timeline import CollectionEntry, DocumentEntry
    from carnet.web.site import Site

    Step = tuple[DocumentEntry | None, DocumentEntry]


@dataclass(frozen=True, slots=True)
class Touched:
    """One document on one day."""

    document: Document
    added: int
    removed: int
    cosmetic: bool
    reverts: bool
    injected: bool
    gone: bool
    first: bool
    href: str
    """The document's own comparison, from the entry before to this one."""


@dataclass(frozen=True, slots=True)
class DayStep:
    """What one day did to one document."""

    transition: Transition
    first: bool
    gone: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One entry of a collection's timeline."""

    at: datetime
    before: datetime | None
    """Instant of the entry before it; None for the first ever."""
    href: str
    touched: tuple[Touched, ...]

    @property
    def minor(self) -> bool:
        """True when nothing of substance changed: cosmetic steps and returns only."""
        return all((one.cosmetic and not one.injected) or one.reverts for one in self.touched)


def days_of(site: Site, collection: str, entries: Sequence[CollectionEntry], before: datetime | None) -> list[Day]:
    """Entries of a collection (oldest first) with what changed in each document; `before` is the entry before them."""
    documents = {document.name: document for document in site.store.documents.documents(collection)}
    changed = [documents[name] for name in sorted({name for entry in entries for name in entry.documents})]
    timelines = site.memory.timelines(site.store.documents, changed)
    steps = {one.name: _of_days(site, one, _by_day(timelines[one.id], entries)) for one in changed}
    days = []
    for entry in entries:
        day = entry.at.astimezone(UTC).date()
        touched = [_touched(documents[name], steps[name][day], before, entry.at) for name in entry.documents]
        days.append(Day(entry.at, before, addresses.of_entries(collection, before, entry.at), tuple(touched)))
        before = entry.at
    return days


def _by_day(timeline: Sequence[DocumentEntry], entries: Sequence[CollectionEntry]) -> dict[date, list[Step]]:
    """The versions of each of these days, each with the version before it."""
    first, last = entries[0].at.astimezone(UTC).date(), entries[-1].at.astimezone(UTC).date()
    days: dict[date, list[Step]] = {}
    for before, entry in pairwise([None, *timeline]):
        if entry is not None and first <= (day := entry.version.at.astimezone(UTC).date()) <= last:
            days.setdefault(day, []).append((before, entry))
    return days


def _of_days(site: Site, document: Document, days: dict[date, list[Step]]) -> dict[date, DayStep]:
    """One step a day. Several versions of a day count from the version before it to the day's last."""
    several = {day: steps for day, steps in days.items() if len(steps) > 1}
    pairs = [(steps[0][0].version if steps[0][0] else None, steps[-1][1].version) for steps in several.values()]
    over = dict(zip(several, site.memory.steps(site.store.documents, document, pairs), strict=True))
    return {day: _day_step(steps, over.get(day)) for day, steps in days.items()}


def _day_step(steps: Sequence[Step], over: Transition | None) -> DayStep:
    (before, first), (_, last) = steps[0], steps[-1]
    if over is None:
        return DayStep(last.transition, before is None, last.version.gone)
    back = last.transition.reverts
    # A return within the day, or to the text the day began with, is no return for the day as a whole.
    returned = back if back is not None and back < first.version.number - 1 else None
    return DayStep(replace(over, reverts=returned), before is None, last.version.gone)


def _touched(document: Document, day: DayStep, before: datetime | None, at: datetime) -> Touched:
    step, first, gone = day.transition, day.first, day.gone
    pair = (addresses.instant(before), addresses.instant(at)) if before else None
    href = (
        addresses.of_version(document.full_name, addresses.instant(at))
        if first or pair is None
        else addresses.of_pair(document.full_name, *pair)
    )
    reverts = step.reverts is not None
    return Touched(document, step.added, step.removed, step.cosmetic, reverts, step.injected, gone, first, href)
