"""`carnet transcripts`: what it prints, when it asks, how it ends."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.cli.transcripts import cutoff, size
from carnet.errors import CarnetError
from tests.agent.folders import NOW, files, lived_in, put

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Carnet


@pytest.fixture
def folder(home: Path) -> Path:
    """The agent's folder in the test's home."""
    return lived_in(home / ".claude")


def test_the_listing_names_every_place_with_who_sweeps_it(carnet: Carnet, folder: Path, home: Path) -> None:
    ended = carnet("transcripts", "list", "--home", str(home))

    assert ended.status == 0
    assert str(folder) in ended.out
    rows = {line.split()[0]: line for line in ended.out.splitlines()[2:]}
    assert "never" in rows["history"]
    assert "by age" in rows["transcripts"]


def test_the_listing_as_json_holds_the_same(carnet: Carnet, folder: Path) -> None:
    answer = json.loads(carnet("transcripts", "list", "--json").out)

    assert answer["folder"] == str(folder)
    assert answer["period_days"] == 30
    told = {place["id"]: place for place in answer["places"]}
    assert told["transcripts"]["files"] == 3
    assert told["history"]["lines"] == 3
    assert answer["errors"] == []


def test_a_dry_run_tells_and_touches_nothing(carnet: Carnet, folder: Path) -> None:
    before = files(folder)

    ended = carnet("transcripts", "purge", "--older-than", "2020-07-23", "--dry-run")

    assert ended.status == 0
    assert "Would delete 9 files and 2 typed prompts" in ended.out
    assert files(folder) == before


def test_without_a_terminal_purge_wants_a_yes(carnet: Carnet, folder: Path) -> None:
    before = files(folder)

    ended = carnet("transcripts", "purge", "--older-than", "2020-07-23")

    assert ended.status == 2
    assert "--yes" in ended.err
    assert files(folder) == before


def test_with_a_yes_it_goes_and_the_answer_counts_it(carnet: Carnet, folder: Path) -> None:
    before = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

    ended = carnet("transcripts", "purge", "--older-than", "2020-07-23", "--yes", "--json")

    answer = json.loads(ended.out)
    assert answer["removed"]["files"] == 9
    assert (
        before - sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) == answer["removed"]["bytes"]
    )
    assert answer["dry_run"] is False


def test_a_project_and_a_place_narrow_it(carnet: Carnet, folder: Path) -> None:
    args = ("transcripts", "purge", "--older-than", "2020-07-23", "--yes", "--json")

    answer = json.loads(carnet(*args, "--project", "/home/me/blog", "--place", "transcripts").out)

    assert [place["id"] for place in answer["places"]] == ["transcripts"]
    assert not (folder / "projects/-home-me-blog/s-blog.jsonl").exists()
    assert (folder / "projects/-home-me-shop/s-old.jsonl").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("list", "--home", "/nowhere/at/all"), "no such folder"),
        (("purge", "--older-than", "soon"), "--older-than 'soon'"),
        (("purge", "--place", "everything"), "no place 'everything'"),
        (("purge", "--project", "/none"), "no project '/none'"),
        (("list", "--pack", "none"), "no pack 'none'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_meant_is_refused_in_words(carnet: Carnet, args: tuple[str, ...], words: str) -> None:
    ended = carnet("transcripts", *args)

    assert ended.status == 2
    assert words in ended.err


def test_the_variable_for_the_folder_is_followed_unless_a_home_is_named(
    carnet: Carnet, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived_in(tmp_path / "elsewhere")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "elsewhere"))

    assert str(tmp_path / "elsewhere") in carnet("transcripts", "list").out
    assert carnet("transcripts", "list", "--home", str(home)).status == 2


def test_a_part_that_cannot_be_read_is_named_and_ends_with_three(carnet: Carnet, folder: Path) -> None:
    deep = folder / "debug" / "/".join("d" * 70)
    deep.mkdir(parents=True)

    ended = carnet("transcripts", "list")

    assert ended.status == 3
    assert "transcripts" in ended.out
    assert "folders deep" in ended.err


def test_secrets_are_placed_and_never_told(carnet: Carnet, folder: Path) -> None:
    secret = "npm_" + "i9" * 18
    put(folder, "projects/-home-me-shop/s.jsonl", 1, f"{{}}\n{secret}\n")

    ended = carnet("transcripts", "secrets")
    answer = json.loads(carnet("transcripts", "secrets", "--json").out)

    assert ended.status == 1
    assert "npm token  projects/-home-me-shop/s.jsonl:2" in ended.out
    assert answer["places"] == [{"path": "projects/-home-me-shop/s.jsonl", "line": 2, "what": "npm token"}]
    assert secret not in ended.out + json.dumps(answer)


def test_no_secrets_end_with_nothing_found(carnet: Carnet, folder: Path) -> None:
    assert folder.is_dir()
    assert carnet("transcripts", "secrets").status == 0


def test_names_no_terminal_should_see_are_escaped(carnet: Carnet, folder: Path) -> None:
    bad = folder / "projects" / os.fsdecode(b"-\xff\x1b[31m")
    bad.mkdir()
    (bad / "s.jsonl").write_text("x")

    ended = carnet("transcripts", "list", "--project", "nothing like it")

    assert "-\\xff\\x1b[31m" in ended.err
    assert carnet("transcripts", "list", "--json").status == 0


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (None, NOW - timedelta(days=7)),
        ("30d", NOW - timedelta(days=30)),
        ("12h", NOW - timedelta(hours=12)),
        ("2026-08-01", datetime(2026, 8, 1, tzinfo=UTC)),
        ("2026-08-01T12:00:00+02:00", datetime(2026, 8, 1, 10, tzinfo=UTC)),
    ],
)
def test_an_age_and_a_day_are_both_understood(text: str | None, wanted: datetime) -> None:
    assert cutoff(text, 7, NOW) == wanted


def test_a_period_longer_than_any_calendar_makes_nothing_old() -> None:
    assert cutoff(None, 10**400, NOW) == datetime.min.replace(tzinfo=UTC)


def test_an_empty_age_is_refused() -> None:
    with pytest.raises(CarnetError, match="older-than"):
        cutoff("", 7, NOW)


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 KB"), (10**16, "10000.0 TB")]
)
def test_sizes_read_as_people_say_them(number: int, text: str) -> None:
    assert size(number) == text


def test_a_sweep_keeps_the_period_and_asks_nobody(carnet: Carnet, folder: Path) -> None:
    young = put(folder, "projects/-home-me-shop/s-today.jsonl", 0, b"{}\n")
    os.utime(young)
    prompts = (folder / "history.jsonl").read_bytes()

    looked = carnet("transcripts", "sweep", "--dry-run")
    ended = carnet("transcripts", "sweep")
    again = json.loads(carnet("transcripts", "sweep", "--json").out)

    assert (looked.status, ended.status) == (0, 0)
    told = looked.out.replace("Would delete", "Deleted").split(" older than")[0]
    assert told == ended.out.split(" older than")[0]
    assert young.exists()
    assert not (folder / "projects/-home-me-shop/s-old.jsonl").exists()
    assert (folder / "history.jsonl").read_bytes() == prompts
    assert again["removed"]["files"] == 0


def test_a_quiet_sweep_says_nothing_unless_something_is_wrong(carnet: Carnet, folder: Path) -> None:
    assert carnet("transcripts", "sweep", "--quiet").out == ""

    (folder / "settings.json").write_text('{\n"cleanupPeriodDays": 0}')
    ended = carnet("transcripts", "sweep", "--quiet")

    assert ended.status == 3
    assert "settings.json:2" in ended.err
    assert "nothing was taken away" in ended.err


@pytest.mark.parametrize("named", ["--folder", "--home", "CLAUDE_CONFIG_DIR"])
def test_a_sweep_reads_the_settings_of_the_folder_it_sweeps(
    carnet: Carnet, tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = lived_in(tmp_path / "elsewhere" / ".claude")
    (root / "settings.json").write_text('{"cleanupPeriodDays": 3650}')
    before = files(root)
    os.utime(root / "projects/-home-me-shop/s-young.jsonl")
    for path in root.rglob("*"):
        if path.is_file():
            os.utime(path, (path.stat().st_atime, datetime.now(UTC).timestamp() - 100 * 86_400))
    if named.startswith("--"):
        ended = carnet("transcripts", "sweep", named, str(root if named == "--folder" else root.parent))
    else:
        monkeypatch.setenv(named, str(root))
        ended = carnet("transcripts", "sweep")

    assert ended.status == 0
    assert files(root) == before
