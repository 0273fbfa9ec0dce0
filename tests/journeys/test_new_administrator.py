"""docs/gateway.md as a new administrator follows it: the commands of its numbered sections, in order, as they stand."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.journeys.relaying import CARNET, CREDENTIAL, Site, site, upstream
from tests.journeys.vendor import Vendor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = (ROOT / "docs" / "gateway.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\d)\. .*\n((?:(?!## ).*\n)*)", PAGE, re.MULTILINE))
"""Number -> text."""
VENDOR, RELAY = "https://api.anthropic.com", "http://127.0.0.1:8418"
pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="curl: the exchanges of docs/gateway.md use it")


def blocks(section: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", SECTIONS[section], re.DOTALL | re.MULTILINE)


class Shell:
    """One terminal: what is set in one block is there in the next."""

    def __init__(self, here: Site, folder: Path, vendor: str) -> None:
        self._here = here
        self._folder = folder
        self._vendor = vendor
        (folder / "carnet").write_text(f'#!/bin/sh\nexec {CARNET[0]} {CARNET[1]} "{CARNET[2]}" "$@"\n')
        (folder / "carnet").chmod(0o755)

    def run(self, script: str) -> str:
        script = script.replace(VENDOR, self._vendor).replace(RELAY, f"http://127.0.0.1:{self._here.port}")
        kept = self._folder / "variables"
        done = subprocess.run(
            ["bash", "-euc", f"[ ! -f {kept} ] || . {kept}\n{script}\ndeclare -p ANN PAT >{kept} 2>/dev/null || true"],
            env=self._here.environ | {"PATH": f"{self._folder}:{self._here.environ['PATH']}"},
            cwd=self._folder, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, (script, done.stdout, done.stderr)
        return done.stdout


@pytest.fixture
def here(data: Path, home: Path) -> Site:
    made = site(data, home)
    made.environ["ANTHROPIC_API_KEY"] = CREDENTIAL
    return made


@pytest.fixture
def shell(here: Site, tmp_path: Path) -> Iterator[Shell]:
    folder = tmp_path / "shell"
    folder.mkdir()
    with upstream(Vendor()) as fake:
        yield Shell(here, folder, fake.url)


def test_the_page_from_its_first_command_to_its_last(here: Site, shell: Shell, tmp_path: Path) -> None:
    assert list(SECTIONS) == ["1", "2", "3", "4", "5", "6"]
    for block in (*blocks("1"), *blocks("2"), *blocks("3")):
        shell.run(block)
    serves, asks = blocks("4")
    assert serves.splitlines()[-1] == "carnet serve"
    with here.serving():
        answers = shell.run(asks)
        assert answers.count("You said: Hello") == 2
        listed = "".join(shell.run(block) for block in blocks("5"))
        assert re.search(r"ann@acme.example first +days30 until", listed)
        assert re.search(r"pat@people.example second +years5 until [^\n]* may train", listed)
        assert "Together 2 records" in listed
        (ending,) = blocks("6")
        assert len(ending.splitlines()) == 4
        told = shell.run(ending)
        assert "what the log committed to" in told
        assert "1 record, " in told
        receipt = json.loads((tmp_path / "shell" / "receipt.json").read_text())
        assert (receipt["state"], receipt["records"], receipt["scope"]["session"]) == ("done", 1, "second")
        assert [row["session"] for row in here.records()] == ["first"]
        revoked = shell.run('carnet key revoke "$(echo "$PAT" | cut -d_ -f2)"')
        assert "is revoked" in revoked
        here.until(lambda: "was revoked" in shell.run(f'{asks.partition("ask ")[0]}ask "$PAT" third'), 5)


def test_what_serve_prints_is_what_the_page_shows() -> None:
    assert "  Relay: http://127.0.0.1:8418  (ANTHROPIC_BASE_URL)\n" in SECTIONS["4"]
