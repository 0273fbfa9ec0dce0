from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.render.numbering import extent
from carnet.documents.render.parse import parse
from carnet.documents.render.regions import regions
from tests import make

LINES = st.lists(st.sampled_from(["", "a", "* b", "| c |", "|---|", "# d", "```", "e"]), max_size=14)


def test_untouched_blocks_are_left_alone() -> None:
    compared = make.comparison("a\n\nb\n\nc\n\nd\n", "a\n\nb\n\nc\n\nx\n")
    blocks = parse(compared.new.decode()).blocks
    found = list(regions(blocks, [extent(hunk) for hunk in compared.comparison.hunks]))
    assert [(len(region.blocks), list(region.hunks)) for region in found] == [(2, []), (2, [0])]
    assert found[1].old == range(4, 7)


@given(LINES, LINES)
def test_blocks_and_hunks_appear_once_and_in_order(old: list[str], new: list[str]) -> None:
    compared = make.comparison("\n".join(old), "\n".join(new))
    blocks = parse("\n".join(new)).blocks
    found = list(regions(blocks, [extent(hunk) for hunk in compared.comparison.hunks]))
    assert tuple(block for region in found for block in region.blocks) == blocks
    assert [number for region in found for number in region.hunks] == list(range(len(compared.comparison.hunks)))


@given(LINES, LINES)
def test_the_old_side_of_regions_holds_every_removed_line(old: list[str], new: list[str]) -> None:
    compared = make.comparison("\n".join(old), "\n".join(new))
    found = list(regions(parse("\n".join(new)).blocks, [extent(hunk) for hunk in compared.comparison.hunks]))
    covered = {line for region in found for line in region.old}
    removed = {line.old for hunk in compared.comparison.hunks for line in hunk.lines if line.new is None}
    assert removed <= covered
