"""Timelines of a document and of a collection."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from carnet.documents.transitions import transitions_of
from carnet.model.timeline import CollectionEntry, DocumentEntry

if TYPE_CHECKING:
    from datetime import date

    from carnet.model.document import Document
    from carnet.stores.contract import DocumentStore


def document_timeline(
    store: DocumentStore, document: Document, since: datetime | None = None, until: datetime | None = None
) -> list[DocumentEntry]:
    """One entry a version, in the history's order (oldest first); both ends of the range are included."""
    return [entry for entry in transitions_of(store, document) if _within(entry.version.at, since, until)]


def collection_timeline(
    store: DocumentStore, collection: str, since: datetime | None = None, until: datetime | None = None
) -> list[CollectionEntry]:
    """One entry for each UTC day on which any document changed, oldest first.

    Its instant is the day's last capture that changed something, so days are read whole before the range applies.
    """
    last: dict[date, datetime] = {}
    names: dict[date, set[str]] = {}
    for at, name in store.changes(collection, since=since and _day_start(since), until=until and _day_end(until)):
        day = at.date()
        last[day] = max(at, last.get(day, at))
        names.setdefault(day, set()).add(name)
    return [
        CollectionEntry(last[day], tuple(sorted(names[day])))
        for day in sorted(last)
        if _within(last[day], since, until)
    ]


def _within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at <= until)


def _day_start(instant: datetime) -> datetime:
    return datetime.combine(instant.astimezone(UTC).date(), time(), UTC)


def _day_end(instant: datetime) -> datetime:
    return datetime.combine(instant.astimezone(UTC).date(), time.max, UTC)
