"""What becomes a feed item: a change of substance, once; a return to an earlier text is one item, marked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.documents.compare import read_comparison
from carnet.documents.render.feed import feed_html
from carnet.web import addresses
from carnet.web.words import long_instant, rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from carnet.model.difference import Transition
    from carnet.model.document import Document, Version
    from carnet.model.timeline import DocumentEntry
    from carnet.stores.contract import Store
    from carnet.web.site import Site

MOST = 40
"""Items of a feed; readers keep what they have seen."""


@dataclass(frozen=True, slots=True)
class Item:
    """One change, as a feed tells it."""

    id: str
    """Stable: the same change has the same id in every feed, at every address, for good."""
    title: str
    at: datetime
    path: str
    """Address of the comparison on this server."""
    summary: str
    html: str
    """The changes, by the one renderer."""
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    document: Document
    old: Version | None
    entry: DocumentEntry
    path: str


def items(site: Site, documents: Sequence[Document]) -> list[Item]:
    """The newest items of these documents, newest first."""
    timelines = site.memory.timelines(site.store.documents, documents)
    steps = [step for document in documents for step in _steps(document, timelines[document.id])]
    steps.sort(key=lambda step: (step.entry.version.at, step.document.full_name), reverse=True)
    return [_item(site.store, step) for step in steps[:MOST]]


def _steps(document: Document, entries: Sequence[DocumentEntry]) -> list[_Step]:
    undone = {number for entry in entries for number in _undone(entry)}
    keys = addresses.keys([entry.version for entry in entries])
    steps, before = [], None
    for entry in entries:
        version = entry.version
        if not is_noise(entry.transition) and version.number not in undone:
            path = (
                addresses.of_pair(document.full_name, keys[before.number], keys[version.number])
                if before
                else addresses.of_version(document.full_name, keys[version.number])
            )
            steps.append(_Step(document, before, entry, path))
        before = version
    return steps


def is_noise(step: Transition) -> bool:
    """Cosmetic, unless it brought instructions to agents: those stand outside the sentences, and are news."""
    return step.cosmetic and not step.injected


def _undone(entry: DocumentEntry) -> range:
    """Numbers of the short-lived versions between a text and the return to it: the return tells of them."""
    back = entry.transition.reverts
    return range(back + 1, entry.version.number) if back is not None and entry.version.number - back == 2 else range(0)


def _item(store: Store, step: _Step) -> Item:
    document, version, change = step.document, step.entry.version, step.entry.transition
    tags = _tags(step)
    what = _what(step)
    marks = "".join(f" [{tag}]" for tag in tags)
    summary = f"{document.full_name}: {what}, {long_instant(version.at)}"
    return Item(
        id=uuid.uuid5(uuid.NAMESPACE_URL, f"carnet {document.full_name} {rfc3339(version.at)} {version.digest}").urn,
        title=f"{document.name}: {what}{marks}",
        at=version.at,
        path=step.path,
        summary=f"{summary}. {change.added} added, {change.removed} removed.",
        html=_html(store, step),
        tags=tags,
    )


def _what(step: _Step) -> str:
    change = step.entry.transition
    if step.entry.version.gone:
        return "removed by its publisher"
    if step.old is None:
        return "first version"
    return f"{change.added} added, {change.removed} removed"


def _tags(step: _Step) -> tuple[str, ...]:
    named = (
        ("EXAMPLE", step.document.example),
        ("reverted", step.entry.transition.reverts is not None),
        ("instructions to agents", step.entry.transition.injected),
    )
    return tuple(name for name, holds in named if holds)


def _html(store: Store, step: _Step) -> str:
    if step.old is None:
        return "<p>The first version Carnet holds of this document.</p>"
    return feed_html(read_comparison(store.documents, step.document, step.old, step.entry.version))
