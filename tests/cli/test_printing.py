"""How commands print."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from carnet.cli.printing import BLOCK, harmless, instant, print_columns, print_json, print_json_rows, print_long_columns


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


@pytest.mark.parametrize("number", [0, 1, 2, BLOCK, BLOCK + 1])
def test_rows_one_by_one_make_the_same_document(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"id": at, "name": 'naïve "\n\\', "none": None, "list": ["a", at], "empty": [], "b": True}
        for at in range(number)
    ]
    print_json({"records": rows})
    whole = capsys.readouterr().out
    print_json_rows("records", iter(rows))

    assert capsys.readouterr().out == whole


def test_long_columns_are_aligned_and_grow(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["a", "1"], ["bb", "22"], *([["c", "3"]] * BLOCK), ["dddd", "4444"]]

    assert print_long_columns(iter(rows), 1) == len(rows)
    out = capsys.readouterr().out.splitlines()
    assert (out[0], out[1], out[BLOCK - 1]) == ("a    1", "bb  22", "c    3")
    assert (out[BLOCK], out[-1]) == ("c        3", "dddd  4444")


def test_no_rows_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_long_columns([]) == 0
    assert capsys.readouterr().out == ""
