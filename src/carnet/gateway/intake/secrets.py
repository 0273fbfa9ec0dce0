"""Secrets of known shapes, found in time that grows with the text alone, and taken out of what a person sends."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

FILE = Path(__file__).with_name("secrets.toml")
_BEFORE, _BEHIND = 128, 512
"""Bytes looked at around a keyword, at first."""
_LONGEST_JOIN = 1 << 14
"""Characters of many texts that are looked at as one."""


class _Match(Protocol):
    def start(self, group: int = 0) -> int: ...
    def end(self, group: int = 0) -> int: ...


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of secret looks like."""

    id: str
    keep: bool
    """Whether its first group stays readable."""
    find: Callable[[bytes], Iterable[_Match]]
    at: Callable[[bytes, int], _Match | None] | None
    """Whether one begins at a place; None where a keyword may stand further in, and all around it must be searched."""


@dataclass(frozen=True, slots=True)
class Finder:
    """All shapes, and the keywords that tell which of them are worth a look."""

    shapes: tuple[Shape, ...]
    keywords: Callable[[bytes], Sequence[tuple[int, int, int]]]
    of_keyword: tuple[int, ...]
    """Keyword -> shape."""


@cache
def finder() -> Finder:
    import ahocorasick_rs  # noqa: PLC0415 - whoever reports no text does without
    import re2  # noqa: PLC0415

    rows = tomllib.loads(FILE.read_text("utf-8"))["shape"]
    shapes = tuple(_shape(row, re2) for row in rows)
    pairs = [(word.lower().encode(), number) for number, row in enumerate(rows) for word in row["keywords"]]
    search = ahocorasick_rs.BytesAhoCorasick(
        [word for word, _ in pairs], implementation=ahocorasick_rs.Implementation.DFA
    )
    return Finder(shapes, _overlapping(search), tuple(number for _, number in pairs))


def _shape(row: dict[str, Any], re2: Any) -> Shape:
    """Tried at one place, `re` takes no longer than the text behind it, and far less to be called than RE2."""
    at = re.compile(row["pattern"].encode()).match if row.get("first") else None
    return Shape(row["id"], row.get("keep", False), re2.compile(row["pattern"].encode()).finditer, at)


def _overlapping(search: Any) -> Callable[[bytes], Sequence[tuple[int, int, int]]]:
    def find(text: bytes) -> Sequence[tuple[int, int, int]]:
        found: Sequence[tuple[int, int, int]] = search.find_matches_as_indexes(text, overlapping=True)
        return found

    return find


def is_secret(text: str) -> bool:
    """Whether anything in a text looks like a secret."""
    return bool(_spans(_bytes(text)))


def without(text: str, counts: Counter[str] | None = None) -> str:
    """The text with every secret replaced by the name of its shape."""
    data = _bytes(text)
    spans = _spans(data)
    if not spans:
        return text
    parts, at = [], 0
    for start, end, shape in spans:
        if counts is not None:
            counts[shape] += 1
        parts += [data[at:start], f"[removed: {shape}]".encode()]
        at = end
    return b"".join([*parts, data[at:]]).decode("utf-8", "replace")


def _bytes(text: str) -> bytes:
    """Half a surrogate pair is no character, and no store takes it."""
    return text.encode("utf-8", "replace")


def cleaned(value: object, counts: Counter[str]) -> object:
    """Something out of JSON with every text in it, names of fields too, without secrets."""
    texts: list[str] = []
    _gather(value, texts)
    suspects = {text for part in _parted(texts) if _spans(_bytes("\x00".join(part))) for text in part}
    changed = {text: found for text in suspects if (found := _cleaned(text)) is not None}
    return _replaced(value, changed, counts) if changed else value


def _cleaned(text: str) -> tuple[str, Counter[str]] | None:
    """A text without secrets and how many of which were in it; None where none was."""
    counts: Counter[str] = Counter()
    found = without(text, counts)
    return (found, counts) if counts or found != text else None


def _gather(value: object, texts: list[str]) -> None:
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, dict):
        for key, one in value.items():
            texts.append(key)
            _gather(one, texts)
    elif isinstance(value, list):
        for one in value:
            _gather(one, texts)


def _parted(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Few long texts instead of many short ones. What will stand between them belongs to no secret."""
    waiting: list[str] = []
    size = 0
    for text in texts:
        waiting.append(text)
        size += len(text)
        if size > _LONGEST_JOIN:
            yield waiting
            waiting, size = [], 0
    yield waiting


def _replaced(value: object, changed: Mapping[str, tuple[str, Counter[str]]], counts: Counter[str]) -> object:
    if isinstance(value, str):
        found = changed.get(value)
        if found is None:
            return value
        counts.update(found[1])
        return found[0]
    if isinstance(value, dict):
        return {_replaced(key, changed, counts): _replaced(one, changed, counts) for key, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, changed, counts) for one in value]
    return value


def _spans(text: bytes) -> list[tuple[int, int, str]]:
    """(start, end, shape) of secrets, from left to right, none inside another."""
    known = finder()
    places: dict[int, list[int]] = {}
    for keyword, at, _ in known.keywords(text.lower()):
        places.setdefault(known.of_keyword[keyword], []).append(at)
    found: list[tuple[int, int, str]] = []
    for number, hits in places.items():
        shape = known.shapes[number]
        found += _around(text, shape, hits) if shape.at is None else begun_at(text, shape, shape.at, hits)
    return _apart(sorted(found))


def begun_at(
    text: bytes, shape: Shape, match_at: Callable[[bytes, int], _Match | None], hits: Sequence[int]
) -> Iterator[tuple[int, int, str]]:
    """What begins at keywords. One inside another belongs to it."""
    done = 0
    for at in hits:
        match = match_at(text, at) if at >= done else None
        if match is not None:
            done = match.end()
            yield match.end(1) if shape.keep else at, done, shape.id


def _around(text: bytes, shape: Shape, hits: Sequence[int]) -> Iterator[tuple[int, int, str]]:
    """What a shape finds near its keywords. Where a secret reaches the edge of what was looked at, more is."""
    done = place = 0
    while place < len(hits):
        low, high = max(done, hits[place] - _BEFORE), hits[place] + _BEHIND
        while place < len(hits) and hits[place] - _BEFORE <= high:
            high = max(high, hits[place] + _BEHIND)
            place += 1
        found = list(shape.find(text[low:high])) if high > low else []
        while found and high < len(text) and found[-1].end() == high - low:
            high = low + 2 * (high - low)
            found = list(shape.find(text[low:high]))
        done = max(done, high)
        for match in found:
            yield low + (match.end(1) if shape.keep else match.start()), low + match.end(), shape.id


def _apart(spans: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    kept: list[tuple[int, int, str]] = []
    for start, end, shape in spans:
        if kept and start < kept[-1][1]:
            before = kept[-1]
            kept[-1] = before[0], max(before[1], end), before[2]
        else:
            kept.append((start, end, shape))
    return kept
