"""`carnet records` as a whole: every command explains itself in a line, and help pays for nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from carnet.cli.records import command

from .conftest import PROGRAM
from .shelf import line

if TYPE_CHECKING:
    from .conftest import Carnet
    from .shelf import Shelf


def test_the_contract_s_commands_are_there() -> None:
    promised = {"put", "list", "show", "delete", "hold", "release", "export", "stats", "verify", "expire"}

    assert promised <= set(command.commands)


@pytest.mark.parametrize("group", ["records", "org", "account"])
def test_a_command_is_told_whole_in_a_line_of_eighty_columns(
    carnet: Carnet, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, _, commands = carnet(group, "--help").out.partition("Commands:\n")

    assert len(commands.splitlines()) >= 5
    for row in commands.splitlines():
        assert re.fullmatch(r"  [a-z]+ +[A-Z].*\.", row), row
        assert "..." not in row


def test_help_goes_without_a_store(carnet: Carnet) -> None:
    for name in command.commands:
        ended = carnet("records", name, "--help")
        assert (ended.status, ended.err) == (0, ""), name
        assert f"Usage: carnet records {name}" in ended.out


@pytest.mark.parametrize(
    "args",
    [["--help"], ["org", "--help"], ["account", "add", "--help"], ["records", "--help"], ["records", "put", "--help"],
     ["audit", "--home", "."], ["records", "verify", "--receipt", "none.json"]],
)  # fmt: skip
def test_what_needs_no_records_pays_neither_for_the_store_nor_for_cryptography(
    environ: dict[str, str], args: list[str]
) -> None:
    code = (
        "import sys; from carnet.cli.main import run; run(sys.argv[1:]);"
        "heavy = {'sqlalchemy', 'obstore', 'pygit2', 'aiohttp'};"
        "heavy |= set() if 'verify' in sys.argv else {'cryptography'};"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *args],
        env=environ, cwd=environ["HOME"], capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr


def test_the_page_that_tells_how_to_keep_records_is_right(environ: dict[str, str], tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how" / "keep.md").read_text("utf-8")
    script = "".join(re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    ended = subprocess.run(
        ["/bin/sh", "-eu", "-c", script],
        env=environ | {"PATH": f"{PROGRAM.parent}{os.pathsep}{environ['PATH']}"},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(script.splitlines()) > 12
    assert "inference kept days7" in ended.stdout
    assert "The receipt is what the log committed to" in ended.stdout
    assert ended.stdout.splitlines()[-1].startswith("All is as it was written: 0 records, ")


def test_a_body_shown_is_in_the_log(shelf: Shelf) -> None:
    (kept,) = shelf.kept(line(body="words"))
    before = shelf.json("records", "stats")["log"]
    assert shelf.carnet("records", "show", kept).out == "words"
    assert shelf.carnet("records", "show", "0" * 32).status == 1
    assert (before, shelf.json("records", "stats")["log"]) == ({"entries": 0}, {"entries": 1})
    assert shelf.carnet("records", "verify").status == 0
