"""Secrets of known shapes, found in time that grows with the text alone, and taken out of what a person sends."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

FILE = Path(__file__).with_name("secrets.toml")
_BEFORE, _BEHIND = 128, 512
"""Bytes looked at around a keyword, at first."""
_LONGEST_JOIN = 1 << 16
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
    shapes = tuple(Shape(row["id"], row.get("keep", False), _compiled(re2, row["pattern"])) for row in rows)
    pairs = [(word.lower().encode(), number) for number, row in enumerate(rows) for word in row["keywords"]]
    search = ahocorasick_rs.BytesAhoCorasick(
        [word for word, _ in pairs], implementation=ahocorasick_rs.Implementation.DFA
    )
    return Finder(shapes, _overlapping(search), tuple(number for _, number in pairs))


def _compiled(re2: Any, pattern: str) -> Callable[[bytes], Iterable[_Match]]:
    find: Callable[[bytes], Iterable[_Match]] = re2.compile(pattern.encode()).finditer
    return find


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
    return _replaced(value, suspects, counts) if suspects else value


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


def _replaced(value: object, suspects: AbstractSet[str], counts: Counter[str]) -> object:
    if isinstance(value, str):
        return without(value, counts) if value in suspects else value
    if isinstance(value, dict):
        return {_replaced(key, suspects, counts): _replaced(one, suspects, counts) for key, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, suspects, counts) for one in value]
    return value


def _spans(text: bytes) -> list[tuple[int, int, str]]:
    """(start, end, shape) of secrets, from left to right, none inside another."""
    known = finder()
    places: dict[int, list[int]] = {}
    for keyword, at, _ in known.keywords(text.lower()):
        places.setdefault(known.of_keyword[keyword], []).append(at)
    return _apart(sorted(one for number, hits in places.items() for one in _around(text, known.shapes[number], hits)))


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
