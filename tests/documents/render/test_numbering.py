from __future__ import annotations

from carnet.documents.render.numbering import Numbering, anchor, extent, is_moved
from carnet.model.difference import Line, Mark
from tests import make

OLD = "one\ntwo\nthree\nfour\nfive\nsix\n"
NEW = "one\n2\nthree\nfour\nfive\nmore\nsix\n"


def test_an_extent_covers_both_sides() -> None:
    first, second = make.comparison(OLD, NEW).comparison.hunks
    assert extent(first) == (1, 2, 1, 2)
    assert extent(second) == (5, 5, 5, 6)


def test_lines_know_their_hunks() -> None:
    numbering = Numbering(make.comparison(OLD, NEW).comparison)
    assert list(numbering.of_old(0, 3)) == [0]
    assert list(numbering.of_new(2, 7)) == [1]
    assert list(numbering.of_new(2, 5)) == []
    assert list(numbering.of_old(0, 9)) == [0, 1]


def test_a_hunk_has_one_anchor() -> None:
    numbering = Numbering(make.comparison(OLD, NEW).comparison)
    first, second = numbering.lead([0, 1], "changed"), numbering.lead([0], "changed")
    assert 'id="c1"' in first
    assert 'id="c2"' in first
    assert "id=" not in second
    assert numbering.unshown(range(2)) == []


def test_an_anchor_says_what_it_is() -> None:
    assert 'aria-label="Change 3 of 12: layout only"' in anchor(2, 12, "layout")
    assert 'href="#c3"' in anchor(2, 12, "added")


def test_both_ends_of_a_move_count_as_moved() -> None:
    assert is_moved(Line(Mark.MOVED_FROM, 1, None, "x"))
    assert not is_moved(Line(Mark.ADDED, None, 1, "x"))


def test_layout_is_told_from_substance() -> None:
    numbering = Numbering(make.comparison("A line.\n", "A  line.\n").comparison)
    assert numbering.all_layout([0])
    assert not numbering.all_layout([])
