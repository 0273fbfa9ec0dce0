"""Reading Markdown or plain text into units: headings, sentences, table cells, lines of code.

A unit depends on its block of text alone, so blocks are read once however many versions hold them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from carnet.documents.canonical import canonical, fingerprint
from carnet.documents.injected import shown, spoken_orders
from carnet.documents.markup import is_picture, plain, restore, strip
from carnet.documents.sentence_ends import split_sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Kind(StrEnum):
    """What a unit is."""

    HEADING = "heading"
    TEXT = "text"
    CODE = "code"
    PICTURE = "picture"


class Unit(NamedTuple):
    """A sentence, a table cell's sentence, a line of code, an image's description or a heading."""

    kind: Kind
    text: str
    canonical: str
    fingerprint: str
    first: int
    """First line (0-based, within the block) of the paragraph, row or line it stands in."""
    last: int
    orders: bool
    """True when it gives a reader's agent orders."""
    level: int = 0
    """1 to 6 for a heading."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of text (between blank lines, or a whole fence or comment), read."""

    units: tuple[Unit, ...]
    canonicals: tuple[str, ...]
    headings: tuple[Unit, ...]
    pictures: bool
    """True when a unit is an image's description."""
    orders: bool
    """True when it gives a reader's agent orders."""
    lines: int
    """Line feeds in it."""


_FENCE = re.compile(r"[ \t>]*(?:[-*+]\s+|\d+[.)]\s+)?(`{3,}|~{3,})([^\n]*)")
_HEADING = re.compile(r"[ ]{0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_ANCHOR = re.compile(r"\s*\{#[\w-]+\}\s*$")
_UNDERLINE = re.compile(r"[ ]{0,3}(=+|-{2,})[ \t]*$")
_RULE = re.compile(r"[ ]{0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,9}[.)])(?:[ \t]+|$)")
_QUOTE = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+")
_SEPARATOR = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-*:?[ \t]*)*$")
_PIPE = re.compile(r"(?<!\\)\|")
_TAG_LINE = re.compile(r"[ \t]*</?[A-Za-z][^<>]*>[ \t]*$")
_DEFINITION = re.compile(r"[ ]{0,3}\[(?!\^)[^\[\]]+\]:[ \t]+\S+")
_BANNER = re.compile(
    r"llms\.txt|^documentation index$|^use this file to discover|discover all available pages", re.IGNORECASE
)
_LONGEST_KEPT = 65_536


class _Kept:
    """Blocks read before, by their text: those of late, and those of before that until they are asked for again."""

    def __init__(self, characters: int) -> None:
        self._room = characters
        self._late: dict[str, Block] = {}
        self._before: dict[str, Block] = {}
        self._size = 0

    def read(self, text: str) -> Block:
        block = self._late.get(text)
        if block is None:
            block = self._before.get(text) or _block(text)
            if len(text) <= _LONGEST_KEPT:
                self._keep(text, block)
        return block

    def forget(self) -> None:
        self._late, self._before, self._size = {}, {}, 0

    def _keep(self, text: str, block: Block) -> None:
        if self._size + len(text) > self._room:
            self._before, self._late, self._size = self._late, {}, 0
        self._late[text] = block
        self._size += len(text)


_kept = _Kept(characters=6_000_000)


def read_block(text: str) -> Block:
    """One block of text, read; equal blocks of many versions are read once."""
    return _kept.read(text)


def forget() -> None:
    """Read every block anew from here on (measurements begin so)."""
    _kept.forget()
    _row.cache_clear()


def _block(text: str) -> Block:
    visible = shown(text)
    units = _read(visible.text.split("\n"))
    return Block(
        tuple(units),
        tuple([unit.canonical for unit in units]),
        tuple([unit for unit in units if unit.kind is Kind.HEADING]),
        any(unit.kind is Kind.PICTURE for unit in units),
        visible.orders or any(unit.orders for unit in units),
        text.count("\n"),
    )


def _read(lines: Sequence[str]) -> list[Unit]:
    if all(_is_quote(line) for line in lines if line.strip()):
        return _quote(lines)
    return _plain(lines)


def _is_quote(line: str) -> bool:
    return line.lstrip(" \t").startswith(">")


def _quote(lines: Sequence[str]) -> list[Unit]:
    """Quoted lines: headings in them head nothing, and the site's pointer to its index (chrome) is left out."""
    chrome = any("llms.txt" in line for line in lines)
    return [
        unit._replace(kind=Kind.TEXT, level=0) if unit.kind is Kind.HEADING else unit
        for unit in _plain([_QUOTE.sub("", line, count=1) for line in lines])
        if not (chrome and _BANNER.search(unit.text))
    ]


def _plain(lines: Sequence[str]) -> list[Unit]:
    units: list[Unit] = []
    at = 0
    while at < len(lines):
        at, found = _next(lines, at)
        units += found
    return units


def _next(lines: Sequence[str], at: int) -> tuple[int, Iterable[Unit]]:
    """The units that begin on a line, and the line after them."""
    line = lines[at]
    if not line.strip() or _DEFINITION.match(line) or _RULE.match(line):
        return at + 1, ()
    if mark := fence_of(line):
        end = _fence_end(lines, at, mark)
        return end + 1, _code(lines, at + 1, end)
    if heading := _HEADING.match(line):
        return at + 1, _heading(heading[2] or "", len(heading[1]), at, at)
    if _opens_table(lines, at):
        return _table(lines, at)
    return _paragraph(lines, at)


def fence_of(line: str) -> str:
    """The mark of the fence a line opens, empty where it opens none."""
    if "```" not in line and "~~~" not in line:
        return ""
    found = _FENCE.match(line)
    return found[1] if found and not ("`" in found[1] and "`" in found[2]) else ""


def closes(line: str, mark: str) -> bool:
    """True when a line closes the fence opened with a mark."""
    inner = line.strip(" \t>")
    return inner.startswith(mark) and not inner.strip(mark[0])


def _fence_end(lines: Sequence[str], opened: int, mark: str) -> int:
    """Line that closes the fence opened on a line, or the number of lines where none does."""
    for at in range(opened + 1, len(lines)):
        if closes(lines[at], mark):
            return at
    return len(lines)


def _code(lines: Sequence[str], start: int, end: int) -> list[Unit]:
    texts = ((at, " ".join(lines[at].split())) for at in range(start, end))
    return [_unit(Kind.CODE, text, at, at) for at, text in texts if text]


def _heading(markdown: str, level: int, first: int, last: int) -> list[Unit]:
    text = plain(_ANCHOR.sub("", markdown))
    return [_unit(Kind.HEADING, text, first, last, level)] if text else []


def _unit(kind: Kind, text: str, first: int, last: int, level: int = 0) -> Unit:
    orders = kind is not Kind.CODE and spoken_orders(text)  # code that gives orders is an example of some
    return Unit(kind, text, canonical(text), fingerprint(text), first, last, orders, level)


def _paragraph(lines: Sequence[str], first: int) -> tuple[int, list[Unit]]:
    at = first + 1
    while at < len(lines) and not _interrupts(lines, at):
        if underline := _UNDERLINE.match(lines[at]):
            text = " ".join(lines[first:at])
            return at + 1, _heading(text, 1 if underline[1].startswith("=") else 2, first, at)
        at += 1
    text = " ".join(_QUOTE.sub("", line, count=1) if _is_quote(line) else line for line in lines[first:at])
    return at, _sentences(_without_mark(text), first, at - 1)


def _interrupts(lines: Sequence[str], at: int) -> bool:
    line = lines[at]
    return (
        not line.strip()
        or (_RULE.match(line) is not None and _UNDERLINE.match(line) is None)
        or fence_of(line) != ""
        or any(sign.match(line) for sign in (_ITEM, _HEADING, _TAG_LINE))
        or _TAG_LINE.match(lines[at - 1]) is not None
        or _is_quote(line) != _is_quote(lines[at - 1])
        or _opens_table(lines, at)
    )


def _without_mark(text: str) -> str:
    """Drop a list's mark, at the beginning only: what ends a sentence ("within 30.") is part of what it says."""
    mark = _ITEM.match(text)
    return text[mark.end() :] if mark else text


def _sentences(markdown: str, first: int, last: int) -> list[Unit]:
    kind = Kind.PICTURE if is_picture(markdown) else Kind.TEXT
    return [_unit(kind, text, first, last) for text in sentence_texts(markdown)]


def sentence_texts(markdown: str) -> list[str]:
    """The sentences of one paragraph of Markdown, without markup."""
    skeleton, pieces = strip(markdown)
    return [restore(sentence, pieces) for sentence in split_sentences(skeleton)]


def _opens_table(lines: Sequence[str], at: int) -> bool:
    return (
        "|" in lines[at]
        and at + 1 < len(lines)
        and "-" in lines[at + 1]
        and _SEPARATOR.match(lines[at + 1]) is not None
        and ("|" in lines[at + 1])
    )


def _table(lines: Sequence[str], first: int) -> tuple[int, list[Unit]]:
    columns = _columns(lines[first])
    title = " | ".join(column for column in columns if column)
    units = [_unit(Kind.TEXT, title, first, first)] if title else []
    at = first + 2
    while at < len(lines) and "|" in lines[at]:
        read = _row if len(lines[at]) <= _LONGEST_KEPT else _row.__wrapped__
        units += [Unit(u[0], u[1], u[2], u[3], at, at, u[6]) for u in read(lines[at], columns)]
        at += 1
    return at, units


@lru_cache(maxsize=256)
def _columns(line: str) -> tuple[str, ...]:
    return tuple(plain(cell) for cell in _cells(line))


@lru_cache(maxsize=16_384)
def _row(line: str, columns: tuple[str, ...]) -> tuple[Unit, ...]:
    """A row's sentences, each led by the row's first cell and its column: a cell's meaning is where it stands."""
    cells = _cells(line)
    head = plain(cells[0])
    rest = [(column, cell) for column, cell in zip_longest(columns[1:], cells[1:], fillvalue="") if cell]
    if not rest:
        return tuple(_unit(Kind.TEXT, text, 0, 0) for text in sentence_texts(cells[0]))
    texts = (
        " | ".join(part for part in (head, column, sentence) if part)
        for column, cell in rest
        for sentence in sentence_texts(cell)
    )
    return tuple(_unit(Kind.TEXT, text, 0, 0) for text in texts)


def _cells(line: str) -> list[str]:
    body = line.strip(" \t>")
    body = body.removeprefix("|")
    body = body[:-1] if body.endswith("|") and not body.endswith("\\|") else body
    return [cell.strip().replace("\\|", "|") for cell in _PIPE.split(body)]
