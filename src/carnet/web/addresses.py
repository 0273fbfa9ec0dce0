"""Addresses of pages: how they are written, and how a path under /documents/ is read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from itertools import accumulate
from typing import TYPE_CHECKING
from urllib.parse import quote

from carnet.errors import NotFoundError
from carnet.web import words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from carnet.model.document import Version


class Kind(StrEnum):
    """What a path below a document's own shows."""

    TIMELINE = "timeline"
    COMPARISON = "comparison"
    VERSION = "version"
    TEXT = "text"
    ANNOTATED = "annotated"
    ATOM = "feed.atom"
    JSON_FEED = "feed.json"


@dataclass(frozen=True, slots=True)
class Address:
    """A path under /documents/, read."""

    kind: Kind
    document: str
    """Full name of the document."""
    span: str = ""
    """`OLD..NEW` of a comparison, the instant of a version; empty otherwise."""
    json: bool = False
    """True for the JSON twin."""


def read_address(rest: str, known: set[str]) -> Address:
    """Read a path under /documents/. A name may hold slashes, dots and `at`: the longest known name wins."""
    for name in _beginnings(rest):
        if name in known and (below := _below(name, rest[len(name) :])):
            return below
    plain = rest.removesuffix(".json")
    if plain != rest and plain in known:
        return Address(Kind.TIMELINE, plain, json=True)
    raise NotFoundError(f"There is no document at /documents/{rest}. The start page lists them all.")


def _beginnings(rest: str) -> list[str]:
    parts = rest.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _below(name: str, tail: str) -> Address | None:
    match tail.removeprefix("/").split("/"):
        case [""]:
            return Address(Kind.TIMELINE, name)
        case [("feed.atom" | "feed.json") as feed]:
            return Address(Kind(feed), name)
        case [span] if ".." in span:
            return Address(Kind.COMPARISON, name, span.removesuffix(".json"), span.endswith(".json"))
        case ["at", instant]:
            kind = Kind.TEXT if instant.endswith(".txt") else Kind.VERSION
            return Address(kind, name, instant.removesuffix(".txt").removesuffix(".json"), instant.endswith(".json"))
        case ["annotated", instant]:
            return Address(Kind.ANNOTATED, name, instant.removesuffix(".json"), instant.endswith(".json"))
    return None


def of_collection(collection: str) -> str:
    return f"/timeline/{quote(collection)}"


def of_document(full_name: str) -> str:
    return f"/documents/{quote(full_name)}"


def of_entries(collection: str, old: datetime | None, new: datetime) -> str:
    """A collection between two of its entries; `start` stands for before the first."""
    return of_span(collection, instant(old) if old else "start", instant(new))


def of_span(collection: str, old: str, new: str) -> str:
    return f"{of_collection(collection)}/{quote(old, safe=':')}..{quote(new, safe=':')}"


def of_pair(full_name: str, old: str, new: str) -> str:
    return f"{of_document(full_name)}/{quote(old, safe=':')}..{quote(new, safe=':')}"


def of_version(full_name: str, key: str) -> str:
    return f"{of_document(full_name)}/at/{key}"


def of_annotated(full_name: str, key: str) -> str:
    """A version with the rules that cite it in its margin."""
    return f"{of_document(full_name)}/annotated/{key}"


def instant(at: datetime) -> str:
    """`2026-04-22T0358`: what is in force at the end of that minute."""
    return at.astimezone(UTC).isoformat("T", "minutes")[:16].replace(":", "")


def keys(versions: Sequence[Version]) -> dict[int, str]:
    """Version number -> a key that names it: its minute, its second where a minute has several, else its digest.

    A version whose instant does not tell its place (an imported clock that went backwards) goes by its digest.
    """
    minutes = Counter(instant(one.at) for one in versions)
    seconds = Counter(words.rfc3339(one.at) for one in versions)
    latest = list(accumulate((one.at for one in versions), max))
    earliest = list(accumulate((one.at for one in reversed(versions)), min))[::-1]
    found = {}
    for one, before, after in zip(versions, latest, earliest, strict=True):
        minute, second = instant(one.at), words.rfc3339(one.at)
        in_order = before <= one.at <= after
        key = minute if minutes[minute] == 1 else second if seconds[second] == 1 else one.digest
        found[one.number] = key if in_order else one.digest
    return found
