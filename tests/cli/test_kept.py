"""What the commands about records share: no dump, names that steer nothing, numbers in words, a question first."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from carnet.cli import kept
from carnet.cli.kept import counted, moment, size_words, sure, told

from .shelf import line

if TYPE_CHECKING:
    from .shelf import Shelf

DUMPABLE = (
    "import ctypes, resource\nprint(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
@pytest.mark.parametrize("args", [["put"], ["list"], ["export", "--training"], ["verify"]])
def test_every_command_that_opens_records_sees_to_it(environ: dict[str, str], args: list[str]) -> None:
    script = (
        "import sys, resource, ctypes; from carnet.cli.main import run\n"
        "assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 1\n"
        f"status = run(sys.argv[1:]); print()\n{DUMPABLE}; sys.exit(status)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, "records", *args],
        env=environ,
        input="",
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stdout.splitlines()[-1] == "(0, 0) 0"


def test_a_name_looks_like_nothing_but_a_name() -> None:
    assert told("Ünïted ☃ — x") == "Ünïted ☃ — x"
    assert told("a\nb\r\tc\x1b[2J\x7f\x9b\u202e\u2066\u2028z") == "a\ufffdb\ufffd\ufffdc\ufffd[2J" + "\ufffd" * 5 + "z"
    assert told(17) == "17"


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 records"), (1, "1 record"), (2, "2 records"), (1203, "1,203 records")]
)
def test_one_is_one(number: int, words: str) -> None:
    assert counted(number, "record") == words
    assert counted(number, "log entry", "log entries").endswith("y" if number == 1 else "ies")


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_949, "9.9 kB"), (20_000, "20 kB"), (5e6, "5.0 MB"),
     (3e9, "3.0 GB"), (4e12, "4.0 TB"), (5e15, "5000 TB")],
)  # fmt: skip
def test_sizes_are_told_as_people_read_them(number: float, words: str) -> None:
    assert size_words(int(number)) == words


def test_an_instant_is_told_to_the_second() -> None:
    assert moment("2026-11-26T12:22:08.613613Z") == "2026-11-26 12:22:08 UTC"
    assert moment("2026-11-26T12:22:08Z") == "2026-11-26 12:22:08 UTC"


class _Terminal:
    def isatty(self) -> bool:
        return True


def test_whoever_sits_at_a_terminal_is_asked_and_may_say_no(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def confirm(question: str, *, abort: bool) -> None:
        asked.append(question)
        assert abort
        raise click.Abort

    monkeypatch.setattr(kept, "on_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", _Terminal())
    monkeypatch.setattr(click, "confirm", confirm)
    sure("Erase it?", yes=True)
    with pytest.raises(click.Abort):
        sure("Erase it?", yes=False)

    assert asked == ["Erase it? This cannot be undone. Go on?"]


def test_a_script_has_said_what_it_wants() -> None:
    sure("Erase it?", yes=False)


def test_options_say_which_records_are_meant(shelf: Shelf) -> None:
    for command in ("list", "delete", "hold", "release"):
        out = shelf.carnet("records", command, "--help").out
        assert all(f"--{option}" in out for option in ("session", "account", "org", "repository"))


@pytest.mark.parametrize(
    "command", [["delete", "--yes"], ["list"], ["hold", "--reason", "x"], ["release", "--reason", "x"]]
)
def test_an_option_that_a_script_left_empty_is_not_taken_for_everybody(shelf: Shelf, command: list[str]) -> None:
    (kept,) = shelf.kept(line())
    for given in (["--account", ""], ["--session", " "], ["--repository", ""]):
        ended = shelf.carnet("records", *command, "--org", "juniper", *given)
        assert ended.status == 2
        assert f"Invalid value for '{given[0]}': it is empty; say which is meant, or leave it out" in ended.err
    assert [one["id"] for one in shelf.listed()] == [kept]
