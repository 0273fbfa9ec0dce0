from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.render.rows import CONTEXT, Change, Same, parts, side_by_side
from carnet.documents.render.text import lines_of
from tests import make

LINES = st.lists(st.sampled_from(["", "a", "b", "kept for 30 days", "kept for 60 days"]), max_size=30)


def numbered(first: int, last: int) -> str:
    return "".join(f"line {number}\n" for number in range(first, last))


def test_lines_far_from_a_change_fold() -> None:
    compared = make.comparison(
        numbered(0, 40) + "old\n" + numbered(41, 80), numbered(0, 40) + "new\n" + numbered(41, 80)
    )
    found = list(parts(compared.comparison, 80))
    assert [(part.size, part.folded) for part in found if isinstance(part, Same)] == [
        (40 - CONTEXT, True),
        (CONTEXT, False),
        (CONTEXT, False),
        (39 - CONTEXT, True),
    ]


def test_one_line_is_not_worth_a_fold() -> None:
    compared = make.comparison(numbered(0, CONTEXT + 1) + "old\n", numbered(0, CONTEXT + 1) + "new\n")
    assert not any(part.folded for part in parts(compared.comparison, CONTEXT + 2) if isinstance(part, Same))


def test_equal_texts_are_one_fold() -> None:
    compared = make.comparison("a\nb\n", "a\nb\n")
    assert list(parts(compared.comparison, 2)) == [Same(0, 0, 2, folded=True)]


def test_counterparts_stand_on_one_row() -> None:
    compared = make.comparison("kept for 30 days\n", "something new\nkept for 60 days\n")
    (hunk,) = compared.comparison.hunks
    rows = [(left and left.text, right and right.text) for left, right in side_by_side(hunk.lines)]
    assert rows == [(None, "something new"), ("kept for 30 days", "kept for 60 days")]


@given(LINES, LINES)
def test_parts_cover_both_texts_in_order(old: list[str], new: list[str]) -> None:
    compared = make.comparison("\n".join(old), "\n".join(new))
    before, after = lines_of(compared.old), lines_of(compared.new)
    at_old, at_new = [], []
    for part in parts(compared.comparison, len(after)):
        if isinstance(part, Change):
            at_old += [line.old for line in part.hunk.lines if line.new is None]
            at_new += [line.new for line in part.hunk.lines if line.old is None]
        else:
            at_old += range(part.old, part.old + part.size)
            at_new += range(part.new, part.new + part.size)
            assert before[part.old : part.old + part.size] == after[part.new : part.new + part.size]
    assert at_old == list(range(len(before)))
    assert at_new == list(range(len(after)))


@given(LINES, LINES)
def test_rows_hold_every_line_once_and_in_order(old: list[str], new: list[str]) -> None:
    for hunk in make.comparison("\n".join(old), "\n".join(new)).comparison.hunks:
        rows = list(side_by_side(hunk.lines))
        assert [left for left, _ in rows if left] == [line for line in hunk.lines if line.new is None]
        assert [right for _, right in rows if right] == [line for line in hunk.lines if line.old is None]
