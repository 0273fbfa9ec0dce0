from __future__ import annotations

from carnet.documents.render.blocks import Cell, Frame, Pen, Slugs, code_lines, draw, element, head_and_body, row, table
from carnet.documents.render.parse import parse
from carnet.documents.render.tree import Block, Kind
from carnet.documents.render.words import DELETED, INSERTED


def drawn(text: str, pen: Pen | None = None, frame: Frame | None = None) -> str:
    return "".join(draw(block, pen or Pen(slugs=Slugs()), frame or Frame()) for block in parse(text).blocks)


def test_headings_leave_the_first_level_to_the_page() -> None:
    assert drawn("# Data usage\n") == '<h2 id="s-data-usage" class="cn-h1">Data usage</h2>\n'


def test_equal_headings_have_different_ids() -> None:
    slugs = Slugs()
    assert [slugs.next("A b!"), slugs.next("a B"), slugs.next("…")] == ["s-a-b", "s-a-b-2", "s-section"]


def test_a_removed_heading_is_no_target() -> None:
    assert " id=" not in drawn("# A\n", Pen(mark=DELETED))


def test_an_added_paragraph_is_marked_word_by_word() -> None:
    assert drawn("a **b**\n", Pen(mark=INSERTED)) == "<p><ins>a </ins><strong><ins>b</ins></strong></p>\n"


def test_the_sign_of_a_list_stands_outside_of_it() -> None:
    assert drawn("* a\n", frame=Frame("+", "cn-added")).startswith('<div class="cn-added">+<ul>')


def test_the_sign_of_a_row_stands_in_its_first_cell() -> None:
    assert row([Cell("", "a"), Cell("right", "b")], "td", Frame("+", "x")) == (
        '<tr class="x"><td>+a</td><td class="cn-right">b</td></tr>\n'
    )


def test_a_table_scrolls_by_itself_and_can_be_reached_by_keyboard() -> None:
    assert 'tabindex="0" role="group" aria-label="Table"' in table(["<tr></tr>"])


def test_the_first_row_of_a_table_is_its_header() -> None:
    block = parse("| A |\n|---|\n| b |\n").blocks[0]
    assert head_and_body(block) == ["th", "td"]
    assert "<thead><tr><th>A</th></tr>\n</thead><tbody><tr><td>b</td></tr>" in draw(block, Pen())


def test_code_is_marked_line_by_line() -> None:
    assert code_lines("a\nb\n", Pen(mark=DELETED)) == "<del>a</del>\n<del>b</del>\n"


def test_program_text_is_folded_until_it_changes() -> None:
    block = Block(Kind.SCRIPT, 0, 1, "x")
    assert "<details" in element(block, "x", Pen())
    assert " open>" not in element(block, "x", Pen())
    assert " open>" in element(block, "x", Pen(), Frame("", "cn-changed"))


def test_a_paragraph_of_dropped_tags_leaves_no_empty_paragraph() -> None:
    assert drawn("<span></span>\n") == ""
