"""A comparison as rows of old and new lines: what side by side, changes only and the terminal show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.documents.render.numbering import Extent, extent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.model.difference import Comparison, Hunk, Line

CONTEXT = 3
"""Unchanged lines shown on either side of a change."""


@dataclass(frozen=True, slots=True)
class Change:
    """A hunk in its place."""

    number: int
    """Its number, from 0; the anchor is `c` and the number plus one."""
    hunk: Hunk


@dataclass(frozen=True, slots=True)
class Same:
    """A run of unchanged lines: `size` lines from old line `old` and new line `new` on."""

    old: int
    new: int
    size: int
    folded: bool
    """True where the run is too far from any change to be shown at once."""


Part = Change | Same


def parts(comparison: Comparison, new_lines: int) -> Iterator[Part]:
    """The document from its first line to its last: hunks, and the unchanged runs between them."""
    at = Extent(0, 0, 0, 0)
    for number, hunk in enumerate(comparison.hunks):
        here = extent(hunk)
        yield from _same(at, here.new_start - at.new_end, after=CONTEXT if number else 0, before=CONTEXT)
        yield Change(number, hunk)
        at = here
    yield from _same(at, new_lines - at.new_end, after=CONTEXT if comparison.hunks else 0, before=0)


def _same(at: Extent, size: int, after: int, before: int) -> Iterator[Same]:
    """A run split in the lines after one change, the folded middle, and the lines before the next."""
    old, new = at.old_end, at.new_end
    if size <= after + before + 1:
        after, before = max(size, 0), 0
    middle = size - after - before
    for begin, length, folded in ((0, after, False), (after, middle, True), (after + middle, before, False)):
        if length > 0:
            yield Same(old + begin, new + begin, length, folded)


def side_by_side(lines: Sequence[Line]) -> Iterator[tuple[Line | None, Line | None]]:
    """A hunk's lines in two columns, counterparts on one row."""
    gone = [line for line in lines if line.new is None]
    come = [line for line in lines if line.old is None]
    place = {line.new: at for at, line in enumerate(come)}
    here = {line.old for line in gone}
    at = 0
    for line in gone:
        partner = place.get(line.pair) if line.pair is not None else None
        if partner is None or partner < at or come[partner].pair not in here:
            yield line, None
            continue
        yield from ((None, other) for other in come[at:partner])
        yield line, come[partner]
        at = partner + 1
    yield from ((None, other) for other in come[at:])
