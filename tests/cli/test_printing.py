"""How commands print."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from carnet.cli.printing import harmless, instant, print_columns, print_json


def test_columns_are_aligned_and_never_truncated(capsys: pytest.CaptureFixture[str]) -> None:
    print_columns([["a", "long " * 60], ["wide name", "x"]])

    assert capsys.readouterr().out == f"a          {('long ' * 60).rstrip()}\nwide name  x\n"


def test_no_rows_print_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_columns([])

    assert capsys.readouterr().out == ""


def test_json_keeps_letters_of_every_script(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "naïve"})

    assert capsys.readouterr().out == '{\n  "name": "naïve"\n}\n'


def test_an_instant_is_told_to_the_minute() -> None:
    assert instant(datetime(2026, 4, 22, 3, 58, 10, tzinfo=UTC)) == "2026-04-22 03:58"


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b31m", "a\x00b", "\r", "\x7f"])
def test_control_characters_never_reach_a_terminal(text: str) -> None:
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in harmless(text))


def test_line_ends_and_tabs_stay() -> None:
    assert harmless("a\tb\nc") == "a\tb\nc"
