from __future__ import annotations

from carnet.documents.render.parse import parse
from carnet.documents.render.tree import Block, Kind


def table(text: str) -> Block:
    (block,) = parse(text).blocks
    assert block.kind is Kind.TABLE
    return block


def cells(text: str) -> list[list[str]]:
    return [[cell.text for cell in row.children] for row in table(text).children]


def test_cells_lose_their_padding() -> None:
    assert cells("| A    | B |\n| ---- | - |\n| one  | 2 |\n") == [["A", "B"], ["one", "2"]]


def test_rows_know_their_lines() -> None:
    rows = table("| A |\n|---|\n| 1 |\n| 2 |\n").children
    assert [row.start for row in rows] == [0, 2, 3]


def test_an_escaped_pipe_is_part_of_its_cell() -> None:
    assert cells("| A | B |\n|---|---|\n| a \\| b | c |\n")[1] == ["a | b", "c"]


def test_cells_past_the_header_are_kept() -> None:
    assert cells("| A |\n|---|\n| 1 | and more |\n")[1] == ["1", "and more"]


def test_a_short_row_is_not_filled() -> None:
    assert cells("| A | B | C |\n|---|---|---|\n| 1 |\n")[1] == ["1"]


def test_alignment_is_read_from_the_delimiters() -> None:
    header = table("| A | B | C |\n|:--|:-:|--:|\n").children[0]
    assert [cell.name for cell in header.children] == ["", "center", "right"]


def test_a_table_ends_where_another_block_begins() -> None:
    kinds = [block.kind for block in parse("| A |\n|---|\n| 1 |\n# Next\n").blocks]
    assert kinds == [Kind.TABLE, Kind.HEADING]


def test_a_delimiter_row_of_another_width_makes_no_table() -> None:
    assert parse("| A | B |\n|---|\n").blocks[0].kind is Kind.PARAGRAPH


def test_a_table_without_end_of_columns_stays_text() -> None:
    wide = "|a" * 2_000 + "|\n" + "|-" * 2_000 + "|\n"
    assert parse(wide).blocks[0].kind is Kind.PARAGRAPH
