"""The days of a collection: for each UTC day with a change, what changed in which document, from entry to entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from itertools import groupby
from typing import TYPE_CHECKING

from carnet.documents.timeline import collection_timeline, document_timeline
from carnet.web import addresses
from carnet.web.steps import step_between

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from carnet.model.difference import Transition
    from carnet.model.document import Document
    from carnet.model.timeline import DocumentEntry
    from carnet.stores.contract import Store


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


def days_of(store: Store, collection: str, since: datetime, until: datetime, before: datetime | None) -> list[Day]:
    """Entries between two instants, oldest first; `before` is the entry just ahead of them."""
    documents = {document.name: document for document in store.documents.documents(collection)}
    entries = collection_timeline(store.documents, collection, since, until)
    steps = {
        name: _by_day(document_timeline(store.documents, documents[name], since, until))
        for name in sorted({name for entry in entries for name in entry.documents})
    }
    days = []
    for entry in entries:
        day = entry.at.astimezone(UTC).date()
        touched = [_touched(store, documents[name], steps[name][day], before, entry.at) for name in entry.documents]
        days.append(Day(entry.at, before, addresses.of_entries(collection, before, entry.at), tuple(touched)))
        before = entry.at
    return days


def _by_day(entries: Sequence[DocumentEntry]) -> dict[date, list[DocumentEntry]]:
    return {
        day: list(members) for day, members in groupby(entries, key=lambda one: one.version.at.astimezone(UTC).date())
    }


def _touched(
    store: Store, document: Document, entries: Sequence[DocumentEntry], before: datetime | None, at: datetime
) -> Touched:
    last = entries[-1]
    step = last.transition if len(entries) == 1 else _over_the_day(store, document, entries)
    first = entries[0].version.number == 1
    pair = (addresses.instant(before), addresses.instant(at)) if before else None
    href = (
        addresses.of_version(document.full_name, addresses.instant(at))
        if first or pair is None
        else addresses.of_pair(document.full_name, *pair)
    )
    reverts = step.reverts is not None
    gone = last.version.gone
    return Touched(document, step.added, step.removed, step.cosmetic, reverts, step.injected, gone, first, href)


def _over_the_day(store: Store, document: Document, entries: Sequence[DocumentEntry]) -> Transition:
    """Several versions in one day count as one step, from the version before the day to the day's last."""
    first = entries[0].version.number
    earlier = [one for one in store.documents.versions(document.id) if one.number < first]
    return step_between(store.documents, document, earlier, entries[-1].version)
