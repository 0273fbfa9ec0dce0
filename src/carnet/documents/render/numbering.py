"""The numbers of changes: every hunk has one anchor (c1, c2, …) in every view."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from carnet.documents.render.escape import attribute
from carnet.model.difference import Mark

if TYPE_CHECKING:
    from carnet.model.difference import Comparison, Hunk, Line

SIGNS = {"added": "+", "removed": "−", "changed": "±", "moved": "↕", "layout": "·"}
"""What stands in the margin: colour never tells a change alone."""


class Extent(NamedTuple):
    """The lines a hunk covers on both sides."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def extent(hunk: Hunk) -> Extent:
    """The lines a hunk covers on both sides."""
    old = sum(line.old is not None for line in hunk.lines)
    new = sum(line.new is not None for line in hunk.lines)
    return Extent(hunk.old_start, hunk.old_start + old, hunk.new_start, hunk.new_start + new)


class Numbering:
    """Which hunk a line belongs to, and which anchors the page has already."""

    def __init__(self, comparison: Comparison) -> None:
        self.hunks = comparison.hunks
        self.extents = [extent(hunk) for hunk in comparison.hunks]
        self._old_starts = [found.old_start for found in self.extents]
        self._old_ends = [found.old_end for found in self.extents]
        self._new_starts = [found.new_start for found in self.extents]
        self._new_ends = [found.new_end for found in self.extents]
        self._shown: set[int] = set()
        self.gone = {line.old: line for hunk in comparison.hunks for line in hunk.lines if line.new is None}
        self.come = {line.new: line for hunk in comparison.hunks for line in hunk.lines if line.old is None}

    def of_old(self, start: int, end: int) -> range:
        """Hunks that take lines away from old lines `start` to `end`."""
        return range(bisect_right(self._old_ends, start), bisect_left(self._old_starts, end))

    def of_new(self, start: int, end: int) -> range:
        """Hunks that bring lines into new lines `start` to `end`."""
        return range(bisect_right(self._new_ends, start), bisect_left(self._new_starts, end))

    def unshown(self, numbers: range) -> list[int]:
        """Hunks among these without an anchor so far."""
        return [number for number in numbers if number not in self._shown]

    def lead(self, numbers: list[int], what: str) -> str:
        """The sign in the margin of a changed block; the anchors of hunks that begin with it."""
        fresh = [number for number in numbers if number not in self._shown]
        self._shown.update(fresh)
        if not fresh:
            return f'<span class="cn-mark cn-{what}-mark" aria-hidden="true">{SIGNS[what]}</span>'
        extra = "".join(f'<span class="cn-also" id="c{number + 1}"></span>' for number in fresh[1:])
        return anchor(fresh[0], len(self.hunks), what) + extra

    def all_layout(self, numbers: list[int]) -> bool:
        """True when each of these hunks is cosmetic."""
        return bool(numbers) and all(self.hunks[number].cosmetic for number in numbers)


def anchor(number: int, total: int, what: str) -> str:
    """The anchor of hunk `number` (from 0), a permalink that says what it is."""
    words = "layout only" if what == "layout" else what
    label = attribute(f"Change {number + 1} of {total}: {words}")
    name = f"c{number + 1}"
    return f'<a class="cn-mark cn-{what}-mark" id="{name}" href="#{name}" aria-label="{label}">{SIGNS[what]}</a>'


def is_moved(line: Line) -> bool:
    """True for either end of a move."""
    return line.mark in {Mark.MOVED_FROM, Mark.MOVED_TO}
