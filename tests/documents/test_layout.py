"""A whole text as blocks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.layout import canonical_sequence, layout, placed, readable, sections, split_blocks

PIECES = st.lists(
    st.sampled_from(["\n", "\n\n", "```", "~~~\n", "# A\n", "text ", "<!--", "-->", "{/*", "*/}", "- ", "| a |\n|-|\n"])
    | st.sampled_from(["<AgentInstructions>", "</AgentInstructions>", "![a](b)", "`", "\r\n", "\r", "\0", "---\n"]),
    max_size=20,
).map("".join)


def words(text: str) -> list[str]:
    """What a reader reads in a text."""
    return [one.unit.text for one in placed(layout(text.encode()))]


@given(PIECES)
def test_blocks_joined_give_the_text(text: str) -> None:
    assert "\n\n".join(split_blocks(text)) == text


@given(PIECES)
def test_units_stand_on_lines_of_the_text(text: str) -> None:
    found = placed(layout(text.encode()))

    assert all(0 <= one.first <= one.last <= text.count("\n") for one in found)
    assert [one.first for one in found] == sorted(one.first for one in found)


@given(PIECES, PIECES, PIECES)
def test_units_of_some_blocks_are_those_of_the_whole(one: str, two: str, three: str) -> None:
    blocks = layout(f"{one}\n\n{two}\n\n{three}".encode())
    middle = len(blocks) // 2

    assert placed(blocks, 0, middle) + placed(blocks, middle) == placed(blocks)


@given(st.binary(max_size=200))
def test_any_bytes_can_be_laid_out(text: bytes) -> None:
    blocks = layout(text)

    assert canonical_sequence(blocks) == [one.unit.canonical for one in placed(blocks)]


def test_sections_are_the_headings_above_without_the_title() -> None:
    text = "# Title\n\nintro\n\n## A\n\na\n\n### B\n\nb\n\n## C\n\nc\n\n# D\n\nd"

    by_text = {one.unit.text: one.section for one in placed(layout(text.encode()))}

    assert {name: by_text[name] for name in ("intro", "a", "b", "c", "d")} == {
        "intro": (),
        "a": ("A",),
        "b": ("A", "B"),
        "c": ("C",),
        "d": ("D",),
    }


def test_headings_begin_sections_on_their_lines() -> None:
    assert sections(layout(b"# T\n\n## A\ntext\n\n\n### B\n")) == [(0, ()), (2, ("A",)), (6, ("A", "B"))]


def test_a_fence_with_blank_lines_stays_whole() -> None:
    assert words("```\n# no heading\n\n# nor here\n```\n\n# Heading") == ["# no heading", "# nor here", "Heading"]


def test_a_comment_with_blank_lines_is_left_out() -> None:
    assert words("before\n\n<!-- one\n\ntwo\n\nthree --> after\n\nend") == ["before", "after", "end"]


def test_an_instruction_block_with_blank_lines_and_headings_is_left_out() -> None:
    text = "start\n\n<AgentInstructions>\n  Keep this.\n\n  ## Feedback\n  POST it.\n</AgentInstructions>\n\n# Title"

    assert words(text) == ["start", "Title"]


def test_equal_pictures_in_a_row_are_one() -> None:
    light, dark = '<img src="l.svg" alt="A. Picture" />', '<img src="d.svg" alt="A. Picture" />'

    assert words(f"{light}\n\n{dark}\n\ntext\n\n{light}") == ["A.", "Picture", "text", "A.", "Picture"]


def test_line_ends_and_byte_order_marks_do_not_count() -> None:
    assert words("\ufeff# A\r\n\r\ntext\r\nmore\r\n") == words("# A\n\ntext\nmore\n") == ["A", "text more"]


def test_front_matter_gives_its_lines() -> None:
    assert words("---\ntitle: x\nkind: y\n---\n\n# A") == ["title: x", "kind: y", "A"]


def test_line_numbers_survive_front_matter() -> None:
    text = b"---\ntitle: x\n---\n# A\n"

    assert readable(text).count("\n") == text.count(b"\n")
    assert placed(layout(text))[-1].first == 3


@pytest.mark.parametrize(
    "piece", ["<!--\n\n-->\n", "<!-- a\n\n", "~~~~\n\n```\n\n", "<AgentInstructions>\n\n", "if you are an ai ", "`` ` "]
)
def test_a_long_page_of_openings_is_laid_out_within_the_time_limit(piece: str) -> None:
    text = piece.encode() * (1_500_000 // len(piece))

    assert sum(block.lines + 2 for block in layout(text)) == text.count(b"\n") + 2
