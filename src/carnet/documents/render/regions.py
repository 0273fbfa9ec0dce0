"""Which parts of a document a comparison touches: all else is drawn without looking at the old text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.documents.render.numbering import Extent
    from carnet.documents.render.tree import Block


@dataclass(frozen=True, slots=True)
class Region:
    """Consecutive blocks of the new text, and what stood there before."""

    blocks: tuple[Block, ...]
    hunks: range
    """Numbers of the hunks here; none in an unchanged region."""
    old: range
    """Old lines of a changed region."""


def regions(blocks: Sequence[Block], extents: Sequence[Extent]) -> Iterator[Region]:
    """The new blocks in order, changed and unchanged regions in turn."""
    at = hunk = 0
    while hunk < len(extents):
        clean = at
        while at < len(blocks) and blocks[at].end + 1 < extents[hunk].new_start:
            at += 1
        if at > clean:
            yield Region(tuple(blocks[clean:at]), range(0), range(0))
        region = _changed(blocks, extents, at, hunk)
        yield region
        at += len(region.blocks)
        hunk = region.hunks.stop
    if at < len(blocks):
        yield Region(tuple(blocks[at:]), range(0), range(0))


def _changed(blocks: Sequence[Block], extents: Sequence[Extent], first: int, hunk: int) -> Region:
    """The smallest run of whole blocks around a hunk that no other hunk and no block edge cuts."""
    start, stop = extents[hunk].new_start, extents[hunk].new_end
    block, beyond = first, hunk + 1
    grown = True
    while grown:
        grown = False
        while block < len(blocks) and blocks[block].start <= stop:
            start, stop, block, grown = min(start, blocks[block].start), max(stop, blocks[block].end), block + 1, True
        while beyond < len(extents) and extents[beyond].new_start <= stop + 1:
            stop, beyond, grown = max(stop, extents[beyond].new_end), beyond + 1, True
    begin, end = extents[hunk], extents[beyond - 1]
    old = range(max(0, begin.old_start - (begin.new_start - start)), end.old_end + (stop - end.new_end))
    return Region(tuple(blocks[first:block]), range(hunk, beyond), old)
