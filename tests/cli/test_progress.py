"""Progress of long commands."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from carnet.cli import progress
from carnet.cli.progress import Bar, Lines, shown_progress

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_pipe_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)

    with shown_progress() as shown:
        shown.total(2_000)
        shown.step()

    assert isinstance(shown, Lines)
    assert capsys.readouterr().err == "importing: 1 of 2,000 captures\n"


def test_a_quick_import_says_nothing_of_its_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress() as shown:
        shown.total(1)
        shown.step()

    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    with shown_progress() as shown:
        shown.total(4)
        shown.step()
        shown.note("something")

    assert isinstance(shown, Bar)
    assert "importing" in terminal.getvalue()
    assert terminal.getvalue().endswith("note: something\n")


def test_many_notes_are_cut_short_with_their_number(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress() as shown:
        for number in range(progress.NOTES_SHOWN + 5):
            shown.note(f"note {number}")

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == progress.NOTES_SHOWN + 1
    assert lines[-1] == "note: and 5 more such"
