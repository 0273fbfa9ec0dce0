"""Sentences that came, went or moved."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.changed_sentences import changed_sentences
from carnet.documents.layout import layout
from carnet.documents.noise import cosmetic
from carnet.model.difference import Mark

PARAGRAPHS = st.lists(
    st.sampled_from(["One. Two.", "Two.", "## A", "![p](x)", "![p](y)", "- i\n- j", "[l](x)", "[l](y)", "```\nc\n```"]),
    max_size=9,
).map(lambda parts: "\n\n".join(parts).encode())


def changed(old: bytes, new: bytes) -> list[tuple[str, str]]:
    """Marks and texts."""
    return [(one.change.mark.value, one.change.text) for one in changed_sentences(layout(old), layout(new))]


def test_only_the_changed_sentence_of_a_paragraph_is_named() -> None:
    assert changed(b"One is on. Two is on.", b"One is on. Two is off.") == [
        ("removed", "Two is on."),
        ("added", "Two is off."),
    ]


def test_a_sentence_that_stands_elsewhere_is_moved() -> None:
    assert changed(b"## A\n\nKept.\n\n## B\n\nx\n\ny\n", b"## A\n\n## B\n\nx\n\ny\n\nKept.\n") == [
        ("moved-from", "Kept."),
        ("moved-to", "Kept."),
    ]


def test_a_renamed_heading_is_named() -> None:
    assert changed(b"## A\n\ntext", b"## B\n\ntext") == [("removed", "A"), ("added", "B")]


@given(PARAGRAPHS, PARAGRAPHS)
def test_nothing_changed_means_cosmetic_and_the_other_way_round(old: bytes, new: bytes) -> None:
    assert (changed(old, new) == []) == cosmetic(old, new)


@given(PARAGRAPHS, PARAGRAPHS)
def test_every_move_has_two_ends(old: bytes, new: bytes) -> None:
    found = changed_sentences(layout(old), layout(new))
    away = sorted(one.change.text for one in found if one.change.mark is Mark.MOVED_FROM)
    there = sorted(one.change.text for one in found if one.change.mark is Mark.MOVED_TO)

    assert away == there
