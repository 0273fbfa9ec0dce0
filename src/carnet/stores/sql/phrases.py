"""Strings many captures repeat, each kept once and referred to by number."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

import sqlalchemy as sa

from carnet.stores.sql.tables import capture, phrase

if TYPE_CHECKING:
    from collections.abc import Iterable

_AT_ONCE = 256


def storable(text: str) -> str:
    """The text as every database takes it: no halves of characters (undecodable file names), no NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def phrase_ids(connection: sa.Connection, words: Iterable[str]) -> dict[str, int | None]:
    """Numbers of these strings, new ones written. The empty string has none."""
    kept = {text: storable(text) for text in words if text}
    wanted = sorted(set(kept.values()))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        chunk = wanted[start : start + _AT_ONCE]
        found |= _known(connection, chunk)
        new = [text for text in chunk if text not in found]
        if new:
            connection.execute(sa.insert(phrase), [{"mark": crc32(text.encode()), "words": text} for text in new])
            found |= _known(connection, new)
    return {"": None} | {text: found[plain] for text, plain in kept.items()}


def forget_unused(connection: sa.Connection) -> None:
    """Drop strings no capture refers to any more."""
    used = sa.union_all(
        *(
            sa.select(capture.c[name]).where(capture.c[name].is_not(None))
            for name in ("why", "source", "final_url", "normaliser")
        )
    )
    connection.execute(sa.delete(phrase).where(phrase.c.id.not_in(used)))


def _known(connection: sa.Connection, words: list[str]) -> dict[str, int]:
    marks, wanted = {crc32(text.encode()) for text in words}, set(words)
    rows = connection.execute(sa.select(phrase.c.words, phrase.c.id).where(phrase.c.mark.in_(marks)))
    return {row[0]: row[1] for row in rows if row[0] in wanted}
