"""Silence between entries: somebody looked and nothing changed, or nobody looked at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from carnet.documents.timeline import collection_timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.document import Document
    from carnet.stores.contract import Store

LONG = timedelta(days=3)
"""Shorter silences are not worth a line in a timeline of days."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which no capture of any of the documents was tried."""

    since: datetime
    until: datetime

    @property
    def lasted(self) -> timedelta:
        return self.until - self.since


def gaps_of(store: Store, document: Document, instants: Sequence[datetime]) -> list[Gap]:
    """Gaps in the watch over one document that changed at these instants.

    An imported history was taken as a whole: its keeper looked at every document whenever it changed any of them.
    """
    first = store.documents.captures(document.id, until=instants[0], limit=1) if instants else []
    if not first or not first[0].source:
        return gaps_between(store, [document], instants)
    days = (entry.at for entry in collection_timeline(store.documents, document.collection))
    every = sorted({*instants, *(at for at in days if instants[0] <= at <= instants[-1])})
    return gaps_between(store, [document], every)


def gaps_between(store: Store, documents: Sequence[Document], instants: Sequence[datetime]) -> list[Gap]:
    """Gaps that end at one of these instants (oldest first): before each, who looked last?

    One look-up a document and long silence, however many captures there are.
    """
    found = []
    for before, after in pairwise(instants):
        if after - before < LONG:
            continue
        seen = before
        for document in documents:
            last = store.documents.captures(document.id, since=seen, until=after - timedelta(microseconds=1), limit=1)
            seen = max([seen, *(capture.at for capture in last)])
            if after - seen < LONG:
                break
        else:
            found.append(Gap(seen, after))
    return found
