from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.render.align import likeness, pairs
from carnet.documents.render.tree import Block, Kind


def block(text: str, kind: Kind = Kind.PARAGRAPH) -> Block:
    return Block(kind, 0, 1, text)


def row(*cells: str) -> Block:
    return Block(Kind.ROW, 0, 1, children=tuple(block(text, Kind.CELL) for text in cells))


def texts(old: list[str], new: list[str]) -> list[tuple[str | None, str | None]]:
    found = pairs([block(text) for text in old], [block(text) for text in new])
    return [(pair.old.text if pair.old else None, pair.new.text if pair.new else None) for pair in found]


def test_a_changed_block_meets_its_old_self() -> None:
    old, new = "Records are kept for 30 days.", "Records are kept for 60 days."
    assert texts(["intro", old], ["intro", "Quite another thing", new]) == [
        ("intro", "intro"),
        (None, "Quite another thing"),
        (old, new),
    ]


def test_what_went_stands_before_what_came() -> None:
    assert texts(["aaaa aaaa"], ["zzzz zzzz"]) == [("aaaa aaaa", None), (None, "zzzz zzzz")]


def test_blocks_of_different_kinds_never_meet() -> None:
    assert likeness(block("same"), block("same", Kind.HEADING)) == 0


def test_a_row_is_known_by_its_first_cell() -> None:
    assert likeness(row("Metrics", "on"), row("Metrics", "quite something else now")) == 100
    assert likeness(row("", "on"), row("", "quite something else now")) < 50


def test_layout_alone_makes_no_difference() -> None:
    (pair,) = pairs([block("a  b")], [block("a b")])
    assert pair.same


def test_long_rewrites_are_paired_in_order() -> None:
    old = [f"paragraph number {number} of the old text" for number in range(80)]
    new = [f"paragraph number {number} of the new text" for number in range(80)]
    assert [(left, right) for left, right in texts(old, new) if left and right] == list(zip(old, new, strict=True))


def test_texts_too_large_for_the_best_alignment_are_still_paired() -> None:
    old = [f"line {number}" for number in range(15_000)]
    found = texts(old, [*old, "the end"])
    assert found[:2] == [("line 0", "line 0"), ("line 1", "line 1")]
    assert found[-1] == (None, "the end")


@given(
    st.lists(st.sampled_from(["a b c", "a b d", "x y z", "q"]), max_size=8),
    st.lists(st.sampled_from(["a b c", "q", "r"]), max_size=8),
)
def test_every_block_appears_once_and_in_order(old: list[str], new: list[str]) -> None:
    found = texts(old, new)
    assert [left for left, _ in found if left is not None] == old
    assert [right for _, right in found if right is not None] == new
