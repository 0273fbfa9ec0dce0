"""The command line as a whole: help, options in any place, exit statuses, faults in words."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from carnet import __version__
from carnet.cli import main as program
from carnet.cli import settings as settings_command
from carnet.errors import CarnetError, StoreError

from .conftest import PROGRAM

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Carnet


def test_help_lists_every_command_in_one_line_and_in_groups(carnet: Carnet) -> None:
    shown = carnet("--help")

    assert shown.status == 0
    for group, commands in program.COMMANDS.items():
        assert f"{group}:\n" in shown.out
        for name, (_, help_) in commands.items():
            assert any(line.split(maxsplit=1) == [name, help_] for line in shown.out.splitlines()), name


@pytest.mark.parametrize("name", sorted(program.MODULES))
def test_every_command_of_the_table_exists_and_explains_itself(carnet: Carnet, name: str) -> None:
    shown = carnet(name, "--help")

    assert shown.status == 0
    assert f"Usage: carnet {name}" in shown.out
    assert "--data DIR" in shown.out


def test_every_line_of_the_table_fits_a_terminal_and_is_a_sentence() -> None:
    for name, (_, help_) in program.MODULES.items():
        assert help_.endswith("."), name
        assert len(help_) <= 66, name


def test_the_version_is_told(carnet: Carnet) -> None:
    assert carnet("--version").out == f"carnet {__version__}\n"


@pytest.mark.parametrize("args", [("--data", "/at/some/place", "settings"), ("settings", "--data", "/at/some/place")])
def test_data_is_accepted_before_and_after_the_command(carnet: Carnet, args: tuple[str, ...]) -> None:
    shown = carnet(*args)

    assert shown.status == 0
    assert "/at/some/place  [option]" in shown.out


def test_an_empty_data_folder_is_refused_instead_of_meaning_this_one(carnet: Carnet) -> None:
    shown = carnet("documents", "--data", "")

    assert (shown.status, shown.out) == (2, "")
    assert "an empty name is no folder" in shown.err


def test_an_unknown_command_ends_with_2_and_names_its_neighbour(carnet: Carnet) -> None:
    shown = carnet("timelines")

    assert shown.status == 2
    assert "timelines" in shown.err
    assert "timeline" in shown.err.replace("timelines", "")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (CarnetError("port 1 is taken"), 2, "carnet: port 1 is taken\n"),
        (StoreError("the disk is full"), 3, "carnet: the disk is full\n"),
        (OSError(errno.ENOSPC, "No space left on device", "/at/x"), 3, "carnet: /at/x: No space left on device\n"),
        (click.Abort(), 130, "carnet: interrupted\n"),
        (KeyboardInterrupt(), 130, "\ncarnet: interrupted\n"),
        (click.UsageError("no such thing"), 2, "Error: no such thing\n"),
    ],
)
def test_a_fault_is_one_clear_line_and_an_exit_status(
    carnet: Carnet, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, said: str
) -> None:
    monkeypatch.setattr(settings_command.command, "callback", _raising(error))

    ended = carnet("settings")

    assert ended.status == status
    assert ended.out == ""
    assert ended.err.endswith(said)
    assert "Traceback" not in ended.err


def test_a_fault_of_carnets_own_says_how_to_report_it(carnet: Carnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_command.command, "callback", _raising(ZeroDivisionError("by zero")))

    ended = carnet("settings")

    assert ended.status == 3
    assert "ZeroDivisionError at tests.cli.test_main:" in ended.err
    assert "by zero" not in ended.err, "it may quote what was worked on, and people paste this line into reports"
    assert "CARNET_DEBUG=1" in ended.err
    assert "Traceback" not in ended.err


def test_the_traceback_is_there_for_who_asks(carnet: Carnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_command.command, "callback", _raising(ZeroDivisionError("by zero")))
    monkeypatch.setenv("CARNET_DEBUG", "1")

    with pytest.raises(ZeroDivisionError):
        carnet("settings")


def test_a_reader_that_goes_away_ends_the_command_without_a_word(environ: dict[str, str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        ended = subprocess.run([PROGRAM, "settings"], stdout=pipe, stderr=subprocess.PIPE, env=environ, check=False)

    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_program_started_without_a_stream_does_without(environ: dict[str, str], closed: str) -> None:
    line = f'"$0" "$@" {closed}'

    ended = subprocess.run(["/bin/sh", "-c", line, PROGRAM, "settings"], capture_output=True, env=environ, check=False)

    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["settings"], ["settings", "--json"]])
def test_what_hooks_and_shells_call_imports_nothing_heavy(environ: dict[str, str], args: list[str]) -> None:
    code = (
        "import sys; from carnet.cli.main import run; run(sys.argv[1:]);"
        "heavy = {'sqlalchemy', 'pygit2', 'rich', 'aiohttp', 'starlette', 'trafilatura', 'dulwich', 'asyncio'};"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *args], env=environ, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_data_folder_that_is_a_file_is_named(carnet: Carnet, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("not a folder")

    ended = carnet("documents", "--data", str(tmp_path / "taken"))

    assert ended.status in {2, 3}
    assert str(tmp_path / "taken") in ended.err
    assert "fault of Carnet's own" not in ended.err


def _raising(error: BaseException) -> object:
    def callback(**_: object) -> None:
        raise error

    return callback
