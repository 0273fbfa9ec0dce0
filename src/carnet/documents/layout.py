"""A whole text as blocks with their first lines; what is no part of the document's own words is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from carnet.documents.blocks import Block, Kind, Unit, closes, fence_of, read_block
from carnet.documents.injected import hidden_until, may_hide

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Placed(NamedTuple):
    """A unit where it stands in a text."""

    unit: Unit
    section: tuple[str, ...]
    """Headings above it, outermost first, without the document's title; a heading's own section includes it."""
    first: int
    """First line (0-based) of its paragraph, row or line in the text."""
    last: int


class Outline:
    """The headings above, while a text is read from its beginning."""

    def __init__(self) -> None:
        self.section: tuple[str, ...] = ()
        self._above: list[tuple[int, str]] = []
        self._titled = False

    def pass_by(self, heading: Unit) -> None:
        """Read a heading. A first heading of level 1 is the document's title and stands above no section."""
        self._above = [above for above in self._above if above[0] < heading.level]
        if heading.level > 1 or self._titled:
            self._above.append((heading.level, heading.text))
        self._titled = True
        self.section = tuple([name for _, name in self._above])


def layout(text: bytes) -> list[Block]:
    """The blocks of a text in order, equal pictures in a row once."""
    blocks = [read_block(block) for block in split_blocks(readable(text))]
    return _pictures_once(blocks) if any(block.pictures for block in blocks) else blocks


def placed(blocks: Sequence[Block], start: int = 0, end: int | None = None) -> list[Placed]:
    """The units, headings included, of some blocks of a text (by index) with section and lines."""
    outline = Outline()
    line = 0
    found: list[Placed] = []
    for index, block in enumerate(blocks[:end]):
        if index < start:
            for heading in block.headings:
                outline.pass_by(heading)
        else:
            found += _placed(block, outline, line)
        line += block.lines + 2
    return found


def sections(blocks: Sequence[Block]) -> list[tuple[int, tuple[str, ...]]]:
    """(line, section that begins there) of every heading of a text."""
    outline = Outline()
    line = 0
    found: list[tuple[int, tuple[str, ...]]] = []
    for block in blocks:
        for heading in block.headings:
            outline.pass_by(heading)
            found.append((line + heading.first, outline.section))
        line += block.lines + 2
    return found


def canonical_sequence(blocks: Iterable[Block]) -> list[str]:
    """The canonical form of every unit in order: two texts with equal sequences say the same."""
    return [canonical for block in blocks for canonical in block.canonicals]


def readable(text: bytes) -> str:
    """Text for reading sentences: CRLF is a line end, a byte-order mark is nothing; line numbers stay."""
    shown = text.decode("utf-8", "replace").removeprefix("\ufeff")
    if "\r" in shown:
        shown = shown.replace("\r\n", "\n").replace("\r", " ")
    if "\0" in shown:
        shown = shown.replace("\0", "\ufffd")
    return _fenced_front_matter(shown)


def split_blocks(text: str) -> Iterator[str]:
    """Runs of text parted by a blank line (two line feeds); a fence or a comment with blank lines stays whole."""
    held: list[str] = []
    mark = ""
    hiding = may_hide(text)
    unclosed: set[str] = set()
    start = until = first = 0
    for chunk in text.split("\n\n"):
        end = start + len(chunk)
        first = first if held else start
        held.append(chunk)
        if until <= end:
            if mark or "```" in chunk or "~~~" in chunk:
                mark = _open_fence(chunk, mark)
            if hiding and not mark:
                until = hidden_until(text, max(until, first), end, unclosed)
        start = end + 2
        if not mark and until <= end:
            yield held[0] if len(held) == 1 else "\n\n".join(held)
            held = []
    if held:
        yield "\n\n".join(held)


def _placed(block: Block, outline: Outline, line: int) -> Iterator[Placed]:
    for unit in block.units:
        if unit.kind is Kind.HEADING:
            outline.pass_by(unit)
        yield Placed(unit, outline.section, line + unit.first, line + unit.last)


def _open_fence(chunk: str, mark: str) -> str:
    """The fence still open at the end of a run of lines, given the one open at its beginning."""
    for line in chunk.split("\n"):
        mark = fence_of(line) if not mark else "" if closes(line, mark) else mark
    return mark


def _fenced_front_matter(text: str) -> str:
    # its lines are units of their own, as code lines are
    if not text.startswith("---\n"):
        return text
    end = text.find("\n---\n", 3)
    if end <= 3 or "\n```" in text[:end] or "\n\n" in text[:end]:
        return text
    return f"```\n{text[4:end]}\n```\n{text[end + 5 :]}"


def _pictures_once(blocks: Sequence[Block]) -> list[Block]:
    """Blocks in which, of equal pictures in a row (light and dark), the first speaks for all."""
    kept: list[Block] = []
    seen: set[str] = set()
    for block in blocks:
        units: list[Unit] = []
        for unit in block.units if block.pictures else ():
            if unit.kind is not Kind.PICTURE:
                seen.clear()
            elif unit.canonical in seen:
                continue
            else:
                seen.add(unit.canonical)
            units.append(unit)
        if block.units and not block.pictures:
            seen.clear()
        if block.pictures and len(units) < len(block.units):
            kept.append(replace(block, units=tuple(units), canonicals=tuple(unit.canonical for unit in units)))
        else:
            kept.append(block)
    return kept
