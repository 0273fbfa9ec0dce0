"""Lines: numbered, bounded, shown without harm."""

from __future__ import annotations

import pytest

from carnet.gateway.domains.lines import LONGEST, LineError, numbered, quoted


def test_lines_are_numbered_and_lose_a_byte_order_mark() -> None:
    assert list(numbered([b"\xef\xbb\xbfa\n", b"b\n"])) == [(1, b"a\n"), (2, b"b\n")]
    assert list(numbered([b"a\n"], 4097)) == [(4097, b"a\n")]


def test_a_line_that_is_too_long_is_told() -> None:
    with pytest.raises(LineError, match="line 2: longer"):
        list(numbered([b"a", b"x" * (LONGEST + 1)]))


def test_a_line_is_shown_short_and_without_control_characters() -> None:
    assert quoted(b" \x1b[31mred \xff" + b"x" * 100) == repr("?[31mred \ufffd" + "x" * 50)
