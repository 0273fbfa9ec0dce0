"""A whole text as blocks with their first lines; what is no part of the document's own words is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.documents.blocks import Kind, Unit, closes, fence_of, units_of
from carnet.documents.injected import without_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Placed:
    """A unit where it stands in a text."""

    unit: Unit
    section: tuple[str, ...]
    """Headings above it, outermost first, without the document's title; a heading's own section includes it."""
    first: int
    """First line (0-based) of its paragraph, row or line in the text."""
    last: int


def placed(text: bytes) -> list[Placed]:
    """All units of a text in order, headings included, equal pictures in a row once."""
    found: list[Placed] = []
    above: list[tuple[int, str]] = []
    start = 0
    titled = False
    for block in blocks(readable(text)):
        for unit in units_of(block):
            if unit.kind is Kind.HEADING:
                above = [level for level in above if level[0] < unit.level]
                if unit.level > 1 or titled:
                    above.append((unit.level, unit.text))
                titled = True
            section = tuple(name for _, name in above)
            found.append(Placed(unit, section, start + unit.first, start + unit.last))
        start += block.count("\n") + 2
    return [found[index] for index in _once([one.unit for one in found])]


def canonical_sequence(text: bytes) -> list[str]:
    """The canonical form of every unit in order: two texts with equal sequences say the same."""
    units = [unit for block in blocks(readable(text)) for unit in units_of(block)]
    return [units[index].canonical for index in _once(units)]


def readable(text: bytes) -> str:
    """Text for reading sentences: CRLF is a line end, a byte-order mark is nothing; line numbers stay."""
    shown = text.decode("utf-8", "replace").removeprefix("\ufeff")
    if "\r" in shown:
        shown = shown.replace("\r\n", "\n").replace("\r", " ")
    if "\0" in shown:
        shown = shown.replace("\0", "\ufffd")
    return without_hidden(_fenced_front_matter(shown))


def blocks(text: str) -> Iterator[str]:
    """Runs of text parted by a blank line (two line feeds); a fence with blank lines in it stays whole."""
    held: list[str] = []
    mark = ""
    for block in text.split("\n\n"):
        if mark or "```" in block or "~~~" in block:
            mark = _open_fence(block, mark)
            held.append(block)
            if mark:
                continue
            yield "\n\n".join(held)
            held = []
        else:
            yield block
    if held:
        yield "\n\n".join(held)


def _open_fence(block: str, mark: str) -> str:
    """The fence still open at the end of a block, given the one open at its beginning."""
    for line in block.split("\n"):
        mark = fence_of(line) if not mark else "" if closes(line, mark) else mark
    return mark


def _fenced_front_matter(text: str) -> str:
    # its lines are units of their own, as code lines are
    if not text.startswith("---\n"):
        return text
    end = text.find("\n---\n", 3)
    if end < 0 or "\n```" in text[:end] or "\n\n" in text[:end]:
        return text
    return f"```\n{text[4:end]}\n```\n{text[end + 5 :]}" if end > 3 else text


def _once(units: list[Unit]) -> list[int]:
    """Indices of the units to keep: of equal pictures in a row (light and dark) the first speaks for all."""
    kept: list[int] = []
    pictures: set[str] = set()
    for index, unit in enumerate(units):
        if unit.kind is not Kind.PICTURE:
            pictures.clear()
        elif unit.canonical in pictures:
            continue
        else:
            pictures.add(unit.canonical)
        kept.append(index)
    return kept
