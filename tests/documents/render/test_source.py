from __future__ import annotations

from carnet.documents.render.rows import Change
from carnet.documents.render.source import changed_html, number_cell, path_html, same_html, sign_of, title_html, what_of
from carnet.model.difference import Line, Mark
from tests import make

MOVING = "".join(f"Sentence number {number} stands in its place here.\n\n" for number in range(9))
BLOCK = "This paragraph will move far away from where it was written first.\n\n"


def test_padding_of_source_tables_is_narrowed_and_kept() -> None:
    assert same_html("| a" + " " * 40 + "|") == '| a<span class="cn-padding">' + " " * 40 + "</span>|"


def test_a_line_without_counterpart_is_marked_whole() -> None:
    assert changed_html(Line(Mark.REMOVED, 0, None, "a & b")) == '<del class="cn-all">a &amp; b</del>'


def test_a_changed_blank_line_is_not_invisible() -> None:
    assert "blank line" in changed_html(Line(Mark.ADDED, None, 0, "  "))


def test_a_missing_line_end_is_not_invisible() -> None:
    (hunk,) = make.comparison("a\nb\n", "a\nb").comparison.hunks
    assert "no line end" in "".join(map(changed_html, hunk.lines))


def test_both_ends_of_a_move_name_each_other() -> None:
    lines = [line for hunk in make.comparison(BLOCK + MOVING, MOVING + BLOCK).comparison.hunks for line in hunk.lines]
    drawn = "".join(map(changed_html, lines))
    assert 'href="#R19">moved to line 19</a>' in drawn
    assert 'href="#L1">moved from line 1</a>' in drawn


def test_a_line_number_is_a_permalink() -> None:
    assert number_cell("R", 14) == '<td class="cn-number"><a id="R15" href="#R15">15</a></td>'
    assert number_cell("L", None) == '<td class="cn-number"></td>'


def test_signs_differ_by_mark() -> None:
    assert sign_of(Line(Mark.ADDED, None, 0, "x")) != sign_of(Line(Mark.REMOVED, 0, None, "x"))


def test_a_section_is_named_once() -> None:
    (hunk,) = make.comparison("# T\n\n## Kept & sent\n\na\n", "# T\n\n## Kept & sent\n\nb\n").comparison.hunks
    assert path_html(hunk) == "Kept &amp; sent"
    assert "Kept &amp; sent" in title_html(Change(0, hunk), 2, section="")
    assert "change 1 of 2" in title_html(Change(0, hunk), 2, section="Kept &amp; sent")


def test_a_hunk_is_told_in_one_word() -> None:
    def told(old: str, new: str) -> list[str]:
        return [what_of(hunk) for hunk in make.comparison(old, new).comparison.hunks]

    assert told("a.\n", "a.\nb.\n") == ["added"]
    assert told("a.\nb.\n", "a.\n") == ["removed"]
    assert told("a.\n", "b.\n") == ["changed"]
    assert told("a b.\n", "a  b.\n") == ["layout"]
