"""Units of a block."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.blocks import Kind, closes, fence_of, read_block

SIGNS = "# A|## B #|text. More|- item|1. one|```py|~~~|> quoted|---|===|<Note>|</Note>|<!-- x|-->|![a](b)|    indented"
TABLE = ["", "| a | b |", "| - | - |", "a | b", "{/* c */}", "[r]: https://x.test"]
LINES = st.sampled_from([*SIGNS.split("|"), *TABLE])


def texts(block: str) -> list[str]:
    """What a reader reads in a block."""
    return [unit.text for unit in read_block(block).units]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("One line.\nThe next. Last", ["One line.", "The next.", "Last"]),
        ("* first item\n  goes on\n* second\n  1. third", ["first item goes on", "second", "third"]),
        ("> quoted\n> words. More.", ["quoted words.", "More."]),
        ("text\n> quoted", ["text", "quoted"]),
        ("```bash\nrun  it\n\n  then\n```\nafter", ["run it", "then", "after"]),
        ("```\n~~~\n# no heading\n```", ["~~~", "# no heading"]),
        ("<Note>\n  Inside.\n</Note>", ["Inside."]),
        ('<Tab title="macOS">\n  Inside.\n</Tab>', ["macOS", "Inside."]),
        ("Title\n=====\ntext", ["Title", "text"]),
        ("above\n***\nbelow", ["above", "below"]),
        ("[ref]: https://a.test/b\n[^1]: a note", ["[^1]: a note"]),
        ("visible {/* hidden */} words", ["visible words"]),
        ("before <!-- one\ntwo --> after", ["before after"]),
        ("", []),
    ],
)
def test_a_block_gives_these_units(block: str, expected: list[str]) -> None:
    assert texts(block) == expected


def test_a_cell_carries_its_row_and_column() -> None:
    head = "| Flow | Here | There |\n| --- | :-: | --- |\n"
    block = head + "| **Metrics** | On. `A=1` stops it. | Off |\n| Errors | | x \\| y |"

    assert texts(block) == [
        "Flow | Here | There",
        "Metrics | Here | On.",
        "Metrics | Here | A=1 stops it.",
        "Metrics | There | Off",
        "Errors | There | x | y",
    ]


def test_two_cells_that_change_places_are_not_the_same() -> None:
    head = "| Flow | Free | Paid |\n|---|---|---|\n"

    assert texts(head + "| train | Yes | No |") != texts(head + "| train | No | Yes |")


def test_padding_and_dashes_of_a_table_do_not_count() -> None:
    assert texts("|a|b|\n|-|-|\n|c|d|") == texts("| a   | b |\n| --- | :----: |\n| c   | d      |")


def test_a_row_with_one_cell_is_its_own_sentence() -> None:
    assert texts("| A |\n| - |\n| It is on. Or off. |") == ["A", "It is on.", "Or off."]


def test_headings_have_a_level_and_no_markup() -> None:
    units = read_block("### The `x` [setting](#y) {#anchor} ###").units

    assert [(unit.kind, unit.text, unit.level) for unit in units] == [(Kind.HEADING, "The x setting", 3)]


def test_a_heading_in_a_quotation_heads_nothing() -> None:
    assert [unit.kind for unit in read_block("> ## Remember\n> this").units] == [Kind.TEXT, Kind.TEXT]


@pytest.mark.parametrize(
    "banner",
    [
        (
            "> ## Documentation Index\n> The whole list stands at https://pages.test/llms.txt\n"
            "> Use this file to discover what else there is."
        ),
        "> The other pages are listed in an llms.txt at https://p.test/llms.txt",
    ],
)
def test_the_pointer_to_the_index_is_chrome(banner: str) -> None:
    assert texts(banner) == []


def test_other_words_in_the_banner_are_not_lost() -> None:
    block = "> See llms.txt for the index.\n> We now keep everything for ever."

    assert texts(block) == ["We now keep everything for ever."]


def test_units_know_their_lines() -> None:
    units = read_block("one\ntwo. Three\n- four\n- five").units

    assert [(unit.first, unit.last) for unit in units] == [(0, 1), (0, 1), (2, 2), (3, 3)]


@given(st.lists(LINES, max_size=14))
def test_any_lines_give_units_inside_the_block(lines: list[str]) -> None:
    block = read_block("\n".join(lines))

    assert all(0 <= unit.first <= unit.last <= block.lines for unit in block.units)
    assert [unit.first for unit in block.units] == sorted(unit.first for unit in block.units)
    assert all(unit.text for unit in block.units)


def test_a_block_read_again_is_the_same_object() -> None:
    assert read_block("The same words, read twice.") is read_block("The same words, read twice.")


def test_a_long_table_is_read_whole() -> None:
    rows = "\n".join(f"| K{number} | value {number} |" for number in range(8_000))

    assert len(texts(f"| Key | Value |\n| - | - |\n{rows}")) == 8_001


def test_fences_are_told_from_inline_code() -> None:
    assert fence_of("  ```json title") == "```"
    assert fence_of("- ~~~~") == "~~~~"
    assert fence_of("```inline``` code") == ""
    assert closes("  ````", "```")
    assert not closes("```json", "```")
