"""`carnet fix`: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Carnet, Ended

SETTINGS = '{\n    "model" : "x",\n    "env": {"A": "b"}\n}'


@pytest.fixture
def settings_file(home: Path) -> Path:
    file = home / ".claude" / "settings.json"
    file.parent.mkdir()
    file.write_text(SETTINGS)
    return file


@pytest.fixture
def want(tmp_path: Path) -> Path:
    file = tmp_path / "want.toml"
    file.write_text('[flows]\ndomain-check = "off"\nupdates = "off"\n')
    return file


def _fix(carnet: Carnet, home: Path, *args: str) -> Ended:
    project = home.parent / "project"
    project.mkdir(exist_ok=True)
    managed = home.parent / "managed"
    managed.mkdir(exist_ok=True)
    given = ("--home", str(home), "--project", str(project), "--managed", str(managed), "--as-of", "2026-08-22")
    return carnet("fix", *given, *args)


def test_a_patch_is_printed_and_nothing_written(carnet: Carnet, home: Path, settings_file: Path, want: Path) -> None:
    ended = _fix(carnet, home, "--want", str(want))

    assert ended.status == 1
    assert '+    "env": {"A": "b", "DISABLE_AUTOUPDATER": "1"},' in ended.out
    assert '+    "skipWebFetchPreflight": true' in ended.out
    assert "side effect of skipWebFetchPreflight" in ended.err
    assert settings_file.read_text() == SETTINGS
    assert list(settings_file.parent.iterdir()) == [settings_file]


@pytest.mark.skipif(shutil.which("patch") is None, reason="the program patch is not installed")
@pytest.mark.parametrize("text", [SETTINGS, SETTINGS.replace("\n", "\r\n")], ids=["LF", "CRLF"])
def test_the_printed_patch_is_what_write_does(
    carnet: Carnet, home: Path, settings_file: Path, want: Path, text: str
) -> None:
    settings_file.write_bytes(text.encode())
    shown = _fix(carnet, home, "--want", str(want)).raw
    copy = home / "copy.json"
    copy.write_bytes(text.encode())
    subprocess.run(["patch", "--binary", "-s", str(copy)], input=shown, check=True, cwd=home)

    ended = _fix(carnet, home, "--want", str(want), "--write")

    assert ended.status == 0
    assert settings_file.read_bytes() == copy.read_bytes()
    (backup,) = settings_file.parent.glob("settings.json.carnet-*")
    assert backup.read_bytes() == text.encode()
    assert str(backup) in ended.err


def test_after_it_is_written_there_is_nothing_to_change(
    carnet: Carnet, home: Path, settings_file: Path, want: Path
) -> None:
    _fix(carnet, home, "--want", str(want), "--write")
    written = settings_file.read_bytes()

    again = _fix(carnet, home, "--want", str(want), "--write")

    assert (again.status, again.out) == (0, "Nothing to change.\n")
    assert settings_file.read_bytes() == written
    audit = json.loads(carnet("audit", "--home", str(home), "--as-of", "2026-08-22", "--json").out)
    assert {one["flow"]: one["verdict"] for one in audit["flows"]}["domain-check"] == "off"


@pytest.mark.usefixtures("settings_file")
def test_the_answer_as_json_says_what_changes_and_what_else_follows(carnet: Carnet, home: Path, want: Path) -> None:
    answer = json.loads(_fix(carnet, home, "--want", str(want), "--json").out)

    assert sorted(change["key"] for change in answer["changes"]) == ["env.DISABLE_AUTOUPDATER", "skipWebFetchPreflight"]
    assert (answer["written"], answer["backup"], answer["unreachable"]) == (False, None, [])
    assert answer["effects"][0]["by"] == "skipWebFetchPreflight"


@pytest.mark.usefixtures("settings_file")
def test_what_the_file_cannot_bring_about_ends_with_three(carnet: Carnet, home: Path, tmp_path: Path) -> None:
    want = tmp_path / "want.toml"
    want.write_text('[flows]\ninference = "off"\n')

    ended = _fix(carnet, home, "--want", str(want))

    assert ended.status == 3
    assert "not reached: inference stays on" in ended.err


def test_a_home_without_a_settings_file_gets_one(carnet: Carnet, home: Path, want: Path) -> None:
    ended = _fix(carnet, home, "--want", str(want), "--write")

    assert ended.status == 0
    assert json.loads((home / ".claude" / "settings.json").read_text()) == {
        "env": {"DISABLE_AUTOUPDATER": "1"},
        "skipWebFetchPreflight": True,
    }


def test_a_key_that_voids_the_whole_file_goes_with_the_change(
    carnet: Carnet, home: Path, settings_file: Path, want: Path
) -> None:
    settings_file.write_text('{"cleanupPeriodDays": 0, "env": {"DISABLE_AUTOUPDATER": "1"}}')

    ended = _fix(carnet, home, "--want", str(want), "--write")

    assert ended.status == 0
    assert json.loads(settings_file.read_text()) == {"env": {"DISABLE_AUTOUPDATER": "1"}, "skipWebFetchPreflight": True}


def test_without_a_policy_opt_outs_that_do_not_hold_are_repaired(
    carnet: Carnet, home: Path, settings_file: Path
) -> None:
    settings_file.write_text('{"env": {"DISABLE_AUTOUPDATER": ""}}')

    ended = _fix(carnet, home, "--write")

    assert ended.status == 0
    assert json.loads(settings_file.read_text()) == {"env": {"DISABLE_AUTOUPDATER": "1"}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{\n  // mine\n  "a": 1\n}', "settings.json:2: is no JSON"),
        ('{"a": 1, "a": 2}', "gives a twice"),
        ("[]", "no JSON object"),
        ('{"a": "\udcff"}', "no UTF-8"),
    ],
)
def test_a_file_that_cannot_be_changed_safely_is_refused_and_left(
    carnet: Carnet, home: Path, settings_file: Path, want: Path, text: str, words: str
) -> None:
    raw = text.encode("utf-8", "surrogateescape")
    settings_file.write_bytes(raw)

    ended = _fix(carnet, home, "--want", str(want), "--write")

    assert ended.status == 2
    assert words in ended.err
    assert settings_file.read_bytes() == raw


def test_a_link_out_of_the_home_is_refused_unless_told(
    carnet: Carnet, home: Path, settings_file: Path, tmp_path: Path, want: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    settings_file.rename(elsewhere)
    settings_file.symlink_to(elsewhere)

    assert _fix(carnet, home, "--want", str(want), "--write").status == 2
    assert elsewhere.read_text() == SETTINGS
    assert _fix(carnet, home, "--want", str(want), "--write", "--follow").status == 0
    assert settings_file.is_symlink()
    assert "skipWebFetchPreflight" in elsewhere.read_text()


def test_a_policy_that_names_no_flow_is_refused(carnet: Carnet, home: Path, tmp_path: Path) -> None:
    want = tmp_path / "want.toml"
    want.write_text('[flows]\nmetrix = "off"\n')

    ended = _fix(carnet, home, "--want", str(want))

    assert ended.status == 2
    assert "want.toml: flows.metrix is no flow" in ended.err


def test_every_key_that_voids_the_file_is_taken_away_at_once(carnet: Carnet, home: Path, settings_file: Path) -> None:
    settings_file.write_text('{"permissions": "none", "cleanupPeriodDays": 0, "env": {"DISABLE_TELEMETRY": "1"}}')
    _fix(carnet, home, "--write")

    assert settings_file.read_text() == '{"env": {"DISABLE_TELEMETRY": "1"}}'
    assert _fix(carnet, home).status == 0
