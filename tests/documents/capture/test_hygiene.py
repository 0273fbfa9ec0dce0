"""Which captures wait for a second one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.capture.hygiene import LEAST, Doubt, Run, Sight, agrees, count, doubt, held_because

LINES = b"".join(b"Line %d of the page.\n" % n for n in range(100))


@pytest.mark.parametrize(
    ("new", "found"),
    [
        (LINES, Doubt.NONE),
        (LINES + b"One more.\n", Doubt.NONE),
        (LINES[: len(LINES) * 31 // 100], Doubt.WILD),
        (LINES[: len(LINES) * 29 // 100], Doubt.SHRUNK),
        (b"", Doubt.SHRUNK),
        (LINES.replace(b"page", b"document"), Doubt.WILD),
        (LINES * 5, Doubt.NONE),
    ],
)
def test_a_text_is_doubted_when_it_shrank_or_hardly_a_line_stayed(new: bytes, found: Doubt) -> None:
    assert doubt(LINES, new) is found


@given(st.binary(max_size=500), st.binary(max_size=500))
def test_the_limit_of_shrinking_is_seventy_percent(old: bytes, new: bytes) -> None:
    assert (doubt(old, new) is Doubt.SHRUNK) == (len(new) < 0.3 * len(old))


def test_a_second_capture_agrees_when_it_is_equal_or_nearly_as_long() -> None:
    assert agrees(Sight("a", 100), Sight("a", 100))
    assert agrees(Sight("a", 100), Sight("b", 91))
    assert not agrees(Sight("a", 100), Sight("b", 50))
    assert agrees(Sight("", 0), Sight("", 0))
    assert not agrees(Sight("", 0), Sight("b", 0))
    assert not agrees(Sight("a", 10), Sight("", 0))


def test_a_run_is_doubted_when_many_are_gone_or_most_changed_wholly() -> None:
    assert Run(15, 15, 0).doubted() == "15 of 15 documents of the collection are gone in one run"
    assert Run(15, 4, 0).doubted()
    assert not Run(15, 3, 0).doubted()
    assert Run(10, 0, 7).doubted() == "7 of 10 documents of the collection changed wholly in one run"
    assert not Run(10, 0, 6).doubted()
    assert not Run(LEAST - 1, LEAST - 1, 0).doubted()


def test_reasons_are_words() -> None:
    assert held_because(Doubt.NONE, 1, 1, "") == ""
    assert held_because(Doubt.WILD, 1, 1, "") == ""
    assert "many" in held_because(Doubt.WILD, 1, 1, "many")
    assert held_because(Doubt.NONE, 1, 1, "many") == ""
    assert "1,000 to 10 bytes" in held_because(Doubt.SHRUNK, 1_000, 10, "")
    assert "not there" in held_because(Doubt.GONE, 1_000, 0, "")


def test_doubts_are_counted() -> None:
    assert count([Doubt.GONE, Doubt.WILD, Doubt.SHRUNK, Doubt.NONE], 4) == Run(4, 1, 2)
