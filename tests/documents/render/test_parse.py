from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.render.parse import DEEPEST, dialect_of, parse, parser
from carnet.documents.render.tree import Block, Kind


def leaves(blocks: tuple[Block, ...]) -> list[Block]:
    return [leaf for block in blocks for leaf in (leaves(block.children) if block.children else [block])]


def test_blocks_stand_on_their_lines() -> None:
    blocks = parse("# A\n\ntext\nmore\n\n```sh\nx\n```\n").blocks
    assert [(block.kind, block.start, block.end) for block in blocks] == [
        (Kind.HEADING, 0, 1),
        (Kind.PARAGRAPH, 2, 4),
        (Kind.CODE, 5, 8),
    ]


def test_a_list_ends_at_its_last_line_of_text() -> None:
    assert parse("* a\n* b\n\n\ntext\n").blocks[0].end == 2


def test_a_part_of_a_document_counts_from_its_own_first_line() -> None:
    assert parse("text\n", first_line=40).blocks[0].start == 40


def test_items_of_a_tight_list_are_no_paragraphs() -> None:
    assert parse("1. a\n2. b\n").blocks[0].children[0].children[0].kind is Kind.TIGHT


def test_a_numbered_list_keeps_its_first_number() -> None:
    assert parse("7. a\n").blocks[0].name == "7"


def test_definitions_of_links_are_handed_on() -> None:
    assert "A" in parse("[a]: https://pages.test\n").references


def test_quotes_nested_without_end_keep_their_text() -> None:
    (leaf,) = leaves(parse(">" * 20_000 + " deep\n").blocks)
    assert "deep" in leaf.text


def test_lists_nested_without_end_keep_their_text() -> None:
    text = "\n".join("  " * depth + f"- item{depth}" for depth in range(200))
    kept = " ".join(leaf.text for leaf in leaves(parse(text).blocks))
    assert all(f"item{depth}" in kept for depth in range(200))
    assert DEEPEST < 200


def test_components_nested_without_end_keep_their_text() -> None:
    assert "deep" in " ".join(leaf.text for leaf in leaves(parse("<Note>\n" * 500 + "deep\n").blocks))


def test_a_fence_without_end_takes_the_rest() -> None:
    (block,) = parse("```\na\n\n# b\n").blocks
    assert (block.kind, block.text) == (Kind.CODE, "a\n\n# b\n")


def test_the_parser_is_made_once() -> None:
    assert parser("mdx") is parser("mdx")
    assert dialect_of("<Note>\n") == "mdx"
    assert dialect_of("text\n") == "commonmark"


@given(st.text(alphabet="ab #*->`|\n\t<Note/>[]()!:1.", max_size=200))
def test_blocks_follow_each_other_within_the_text(text: str) -> None:
    blocks = parse(text).blocks
    lines = text.count("\n") + 1
    assert all(0 <= block.start <= block.end <= lines for block in blocks)
    assert all(one.start <= other.start for one, other in itertools.pairwise(blocks))
