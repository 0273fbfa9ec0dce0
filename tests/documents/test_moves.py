"""Moved blocks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.lines import changes, split
from carnet.documents.moves import LONG_LINE, Moves, moves

TEXT = st.lists(st.sampled_from(["a line of some length", "another line here", "b", "", "x" * LONG_LINE]), max_size=15)
BLOCK = "first line of the block\nsecond line of the block\n"
REST = "".join(f"line {number}\n" for number in range(12))


def moved(old: str, new: str) -> Moves:
    """Moves between two texts."""
    before, after = old.encode(), new.encode()
    return moves(split(before), split(after), changes(before, after))


def test_a_block_that_stands_elsewhere_is_moved() -> None:
    assert moved(BLOCK + REST, REST + BLOCK) == Moves({0: 12, 1: 13}, {12: 0, 13: 1})


def test_a_block_may_move_up() -> None:
    assert moved(REST + BLOCK, BLOCK + REST) == Moves({12: 0, 13: 1}, {0: 12, 1: 13})


def test_one_short_line_is_not_moved() -> None:
    assert moved("short\n" + REST, REST + "short\n") == Moves({}, {})


def test_one_long_line_is_moved() -> None:
    assert moved("x" * LONG_LINE + "\n" + REST, REST + "x" * LONG_LINE + "\n").old == {0: 12}


def test_a_block_copied_twice_moves_once() -> None:
    found = moved(BLOCK + REST, REST + BLOCK + "between\n" + BLOCK)

    assert len(found.old) == len(found.new) == 2


def test_lines_of_nothing_else_but_signs_are_not_moved() -> None:
    assert moved("}\n}\n" + REST, REST + "}\n}\n") == Moves({}, {})


@given(TEXT, TEXT)
def test_moves_pair_equal_changed_lines_one_to_one(old: list[str], new: list[str]) -> None:
    before, after = "\n".join(old).encode(), "\n".join(new).encode()
    runs = changes(before, after)
    olds, news = split(before), split(after)

    found = moves(olds, news, runs)

    assert {there: here for here, there in found.old.items()} == found.new
    assert all(olds[here] == news[there] for here, there in found.old.items())
    assert all(any(run.old_start <= here < run.old_end for run in runs) for here in found.old)
    assert all(any(run.new_start <= there < run.new_end for run in runs) for there in found.new)
