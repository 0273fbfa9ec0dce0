"""What stands beside a comparison: the collection's entries of that month, and a list of the changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from carnet.model.difference import Mark
from carnet.web import addresses
from carnet.web.words import MONTHS, month_label

if TYPE_CHECKING:
    from carnet.model.difference import Comparison, Hunk
    from carnet.model.document import Document
    from carnet.model.timeline import CollectionEntry
    from carnet.web.site import Site


@dataclass(frozen=True, slots=True)
class Stop:
    """One entry of the month; leads to this document from the entry before to this one."""

    at: datetime
    href: str
    touched: bool
    """True when this document changed on that day."""
    here: bool


@dataclass(frozen=True, slots=True)
class Rail:
    """Entries of one month, newest first, and the way to the months beside it."""

    label: str
    stops: tuple[Stop, ...]
    earlier: str
    """Address of the newest comparison of the month before that has one; empty where there is none."""
    later: str
    earlier_label: str = ""
    """Name of that month."""
    later_label: str = ""


@dataclass(frozen=True, slots=True)
class Jump:
    """One change in the list of changes."""

    anchor: str
    section: str
    added: int
    removed: int


def rail(site: Site, document: Document, found: Comparison) -> Rail:
    at = max(found.old.at, found.new.at).astimezone(UTC)
    start = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (start + timedelta(days=32)).replace(day=1)
    entries = site.memory.days(site.store.documents, document.collection)
    befores = {after: before for before, after in pairwise(entries)}
    stops = [
        Stop(
            entry.at,
            _href(document, befores.get(entry), entry),
            document.name in entry.documents,
            entry.at.date() == at.date(),
        )
        for entry in entries
        if start <= entry.at < end
    ]
    earlier = [entry for entry in entries if entry.at < start and entry in befores]
    later = [entry for entry in entries if entry.at >= end]
    return Rail(
        month_label(start),
        tuple(reversed(stops)),
        _href(document, befores[earlier[-1]], earlier[-1]) if earlier else "",
        _href(document, befores.get(later[0]), later[0]) if later else "",
        MONTHS[earlier[-1].at.month - 1] if earlier else "",
        MONTHS[later[0].at.month - 1] if later else "",
    )


def _href(document: Document, before: CollectionEntry | None, entry: CollectionEntry) -> str:
    if before is None:
        return addresses.of_version(document.full_name, addresses.instant(entry.at))
    return addresses.of_pair(document.full_name, addresses.instant(before.at), addresses.instant(entry.at))


def jumps(found: Comparison) -> list[Jump]:
    return [
        Jump(f"c{number}", hunk.section[-1] if hunk.section else "Beginning", *_counts(hunk))
        for number, hunk in enumerate(found.hunks, 1)
    ]


def _counts(hunk: Hunk) -> tuple[int, int]:
    added = sum(line.mark in {Mark.ADDED, Mark.MOVED_TO} for line in hunk.lines)
    return added, sum(line.mark in {Mark.REMOVED, Mark.MOVED_FROM} for line in hunk.lines)
