from __future__ import annotations

from carnet.documents.render.parse import parse
from carnet.documents.render.tree import signature, words_of


def same(old: str, new: str) -> bool:
    return [signature(block) for block in parse(old).blocks] == [signature(block) for block in parse(new).blocks]


def test_padding_of_a_table_makes_no_other_block() -> None:
    assert same("| A | B |\n|---|---|\n| c | d |\n", "| A     | B |\n|-------|:--|\n| c     | d |\n")


def test_wrapping_makes_no_other_paragraph() -> None:
    assert same("one two\nthree\n", "one\ntwo three\n")


def test_white_space_of_code_matters() -> None:
    assert not same("```\na  b\n```\n", "```\na b\n```\n")


def test_the_level_of_a_heading_matters() -> None:
    assert not same("# a\n", "## a\n")


def test_words_of_a_block_are_those_of_all_its_parts() -> None:
    assert words_of(parse("* a\n* b\n").blocks[0]).split() == ["a", "b"]
