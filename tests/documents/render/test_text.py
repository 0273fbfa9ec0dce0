from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.lines import count
from carnet.documents.render.text import line_html, lines_of
from carnet.model.difference import Line, Mark, Span


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"\n\n", ["", ""]),
        (b"\r", [""]),
        (b"a\n\r", ["a", ""]),
        (b"a\rb", ["a\ufffdb"]),
        (b"\xff", ["\ufffd"]),
        ("a\u2028b\x0bc\x85d\n".encode(), ["a\u2028b\x0bc\x85d"]),
    ],
)
def test_only_a_line_feed_ends_a_line(text: bytes, lines: list[str]) -> None:
    assert lines_of(text) == lines


@given(st.binary(max_size=60))
def test_lines_are_as_many_as_are_counted(text: bytes) -> None:
    assert len(lines_of(text)) == count(text)


def test_word_marks_are_elements_and_their_text_is_escaped() -> None:
    line = Line(Mark.ADDED, None, 0, "a <b>", (Span(Mark.SAME, "a "), Span(Mark.ADDED, "<b>")), 0)
    assert line_html(line) == "a <ins>&lt;b&gt;</ins>"
