"""Factories: nouns for tests, with everything that does not matter filled in."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from carnet.documents.compare import compare
from carnet.model.document import Capture, Document, Observation, Outcome, Version

if TYPE_CHECKING:
    from carnet.model.difference import Comparison

EPOCH = datetime(2026, 4, 1, tzinfo=UTC)


def at(hours: float = 0) -> datetime:
    """An instant that many hours after the first of April 2026."""
    return EPOCH + timedelta(hours=hours)


def document(name: str = "data-usage", collection: str = "agent", **others: object) -> Document:
    """A document that no store has seen yet."""
    given = {"url": f"https://pages.test/{collection}/{name}.md", **others}
    return Document(id=0, collection=collection, name=name, **given)  # type: ignore[arg-type]


def observation(
    document: int,
    hours: float = 0,
    text: bytes | None = b"A line.\n",
    *,
    raw: bytes | None = None,
    order: float | None = None,
    source: str = "",
) -> Observation:
    """What a capture saw that many hours after the beginning."""
    placed = None if order is None else at(order)
    return Observation(document, at(hours), text, raw=raw, order=placed, source=source)


def attempt(document: int, hours: float = 0, outcome: Outcome = Outcome.UNCHANGED, why: str = "") -> Capture:
    """A capture that made no version."""
    return Capture(id=0, document=document, at=at(hours), outcome=outcome, why=why)


def version(number: int = 1, text: bytes = b"A line.\n", hours: float | None = None, *, gone: bool = False) -> Version:
    """A version of document 1, an hour after the one before it."""
    digest = hashlib.sha256(b"" if gone else text).hexdigest()
    instant = at(number - 1 if hours is None else hours)
    return Version(1, number, instant, digest, 0 if gone else len(text), capture=number, gone=gone)


def comparison(old: str | bytes, new: str | bytes, name: str = "agent/data-usage") -> Compared:
    """Two texts, compared, and the texts themselves."""
    before, after = (text.encode() if isinstance(text, str) else text for text in (old, new))
    found = compare(name, version(1, before), version(2, after, 30), before, after)
    return Compared(found, before, after)


class Compared(NamedTuple):
    """A comparison with what renderers want beside it."""

    comparison: Comparison
    old: bytes
    new: bytes
