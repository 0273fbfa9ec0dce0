"""Rows to nouns and back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from carnet.model.document import Capture, Document, Media, Outcome, Version
from carnet.stores.sql.bodies import EMPTY
from carnet.stores.sql.history import NEVER_SEEN
from carnet.stores.sql.instants import instant
from carnet.stores.sql.phrases import storable
from carnet.stores.sql.tables import OUTCOME_NAMES, SEEN_GONE, body, capture, document, phrase

_MICROSECOND = timedelta(microseconds=1)
_WHY, _SOURCE, _FINAL, _NORMALISER = (phrase.alias(name) for name in ("why", "source", "final_url", "normaliser"))


def document_row(noun: Document) -> dict[str, object]:
    return {
        "collection": storable(noun.collection),
        "name": storable(noun.name),
        "url": storable(noun.url),
        "media": noun.media.value if noun.media else None,
        "every": noun.every // _MICROSECOND if noun.every is not None else None,
        "selector": storable(noun.selector),
        "filters": json.dumps(noun.filters),
        "browser": noun.browser,
        "watched": noun.watched,
        "example": noun.example,
    }


def to_document(row: sa.Row[Any]) -> Document:
    return Document(
        id=row.id,
        collection=row.collection,
        name=row.name,
        url=row.url,
        media=Media(row.media) if row.media else None,
        every=timedelta(microseconds=row.every) if row.every is not None else None,
        selector=row.selector,
        filters=tuple(json.loads(row.filters)),
        browser=row.browser,
        watched=row.watched,
        example=row.example,
    )


def select_documents() -> sa.Select[Any]:
    return sa.select(document)


def select_captures() -> sa.Select[Any]:
    """Captures with what their references stand for."""
    query = sa.select(
        *(capture.c[name] for name in ("id", "document", "at", "shift", "seen", "outcome", "status", "headers", "raw")),
        capture.c.body.label("body"),
        body.c.digest,
        body.c.size,
        _WHY.c.words.label("why"),
        _SOURCE.c.words.label("source"),
        _FINAL.c.words.label("final_url"),
        _NORMALISER.c.words.label("normaliser"),
    )
    joined = capture.outerjoin(body, body.c.id == capture.c.body)
    for alias, column in ((_WHY, "why"), (_SOURCE, "source"), (_FINAL, "final_url"), (_NORMALISER, "normaliser")):
        joined = joined.outerjoin(alias, alias.c.id == capture.c[column])
    return query.select_from(joined)


def to_capture(row: sa.Row[Any]) -> Capture:
    outcome = OUTCOME_NAMES[row.outcome]
    never = row.seen == SEEN_GONE and outcome is Outcome.FAILED
    return Capture(
        id=row.id,
        document=row.document,
        at=instant(row.at),
        outcome=outcome,
        why=NEVER_SEEN if never else row.why or "",
        status=row.status,
        digest=row.digest.hex() if row.digest else "",
        size=row.size or 0,
        headers=to_headers(row.headers),
        final_url=row.final_url or "",
        source=row.source or "",
    )


def headers_text(headers: tuple[tuple[str, str], ...]) -> str | None:
    return json.dumps(headers, separators=(",", ":")) if headers else None


def to_headers(text: str | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in json.loads(text)) if text else ()


def select_versions() -> sa.Select[Any]:
    query = sa.select(
        capture.c.id, capture.c.document, capture.c.at, capture.c.seen, body.c.digest, body.c.size, _NORMALISER.c.words
    )
    joined = capture.outerjoin(body, body.c.id == capture.c.body)
    return query.select_from(joined.outerjoin(_NORMALISER, _NORMALISER.c.id == capture.c.normaliser))


def to_version(row: sa.Row[Any], number: int) -> Version:
    identity, owner, at, seen, digest, size, normaliser = tuple(row)
    return Version(
        document=owner,
        number=number,
        at=instant(at),
        digest=(digest or EMPTY).hex(),
        size=size or 0,
        capture=identity,
        gone=seen == SEEN_GONE,
        normaliser=normaliser or "",
    )
