"""Factories: nouns for tests, with everything that does not matter filled in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from carnet.model.document import Capture, Document, Observation, Outcome

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
