"""Findings about what lies on this machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from carnet.agent.local_data import SHORT, Bounds, folder_findings, local_findings, search_folder
from carnet.agent.secrets_scan import Sought
from carnet.agent.transcripts_projects import Project
from tests.agent.folders import NOW, lived_in, places, prompt, put
from tests.agent.test_secrets_scan import INVENTED

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.model.finding import Finding

STILL: Bounds = replace(SHORT, seconds=1.0)


def _findings(folder: Path, days: int = 30, bounds: Bounds = STILL) -> dict[str, Finding]:
    return {one.id: one for one in folder_findings(folder, places(), days, NOW, bounds, lambda: 0.0)}


def test_what_the_cleanup_left_behind_is_found_each_thing_once(tmp_path: Path) -> None:
    found = _findings(lived_in(tmp_path / ".claude"))

    assert set(found) == {"local.past-period", "local.memory", "local.history"}
    assert found["local.past-period"].title.startswith("9 files of sessions")
    assert found["local.history"].title.startswith("2 prompts")
    assert found["local.history"].where.endswith("history.jsonl")


def test_the_period_is_the_one_that_counts_on_the_machine(tmp_path: Path) -> None:
    lived_in(tmp_path / ".claude")

    found = local_findings(tmp_path / ".claude", {"settings.cleanupPeriodDays": 365}, NOW)

    assert [one.id for one in found if one.id in {"local.past-period", "local.history", "local.memory"}] == []
    assert local_findings(tmp_path / ".claude", {}, NOW)[0].id == "local.past-period"


def test_a_file_a_few_hours_past_the_period_is_no_finding_yet(tmp_path: Path) -> None:
    put(tmp_path, "projects/-p/s.jsonl", 30.5)

    assert _findings(tmp_path) == {}


def test_files_open_to_others_are_found_and_less_grave_where_the_folder_is_shut(tmp_path: Path) -> None:
    put(tmp_path, "projects/-p/s.jsonl", 1, mode=0o644)
    put(tmp_path, "telemetry/1p_failed.json", 1, mode=0o604)
    tmp_path.chmod(0o755)

    found = _findings(tmp_path)

    assert {name: one.severity for name, one in found.items()} == {
        "local.readable": "medium",
        "local.telemetry-modes": "medium",
    }
    tmp_path.chmod(0o700)
    assert _findings(tmp_path)["local.readable"].severity == "note"


def test_secrets_are_counted_and_placed_and_never_told(tmp_path: Path) -> None:
    secret = INVENTED["github-token"]
    put(tmp_path, "projects/-p/s.jsonl", 1, f'{{}}\n{{"text": "{secret}"}}\n')
    put(tmp_path, "history.jsonl", 2, prompt(1, text=f"use {secret}"))

    found = _findings(tmp_path)

    assert found["local.secrets"].severity == "high"
    assert "1 secret of known shapes" in found["local.secrets"].title
    assert "GitHub token (2)" in found["local.secrets"].title
    assert found["local.secrets"].where.endswith("s.jsonl:2")
    assert secret not in repr(found)


def test_a_search_that_reached_its_bound_says_so(tmp_path: Path) -> None:
    put(tmp_path, "projects/-p/s.jsonl", 1, "x" * 1000)
    put(tmp_path, "projects/-p/t.jsonl", 2, "x" * 1000)

    found = _findings(tmp_path, bounds=replace(STILL, size=1500))

    assert "2 files (1,500 bytes) of 2" in found["local.search-bounded"].title
    assert "local.search-bounded" in _findings(tmp_path, bounds=replace(STILL, newest=1))
    assert "local.search-bounded" not in _findings(tmp_path)


def test_the_newest_files_are_searched_first(tmp_path: Path) -> None:
    put(tmp_path, "projects/-p/old.jsonl", 3, INVENTED["npm-token"])
    put(tmp_path, "projects/-p/new.jsonl", 1, INVENTED["aws-key"])

    found = _findings(tmp_path, bounds=replace(STILL, newest=1))

    assert "AWS access key (1)" in found["local.secrets"].title
    assert "npm" not in found["local.secrets"].title


def test_a_walk_that_reached_its_bound_says_so(tmp_path: Path) -> None:
    for number in range(5):
        put(tmp_path, f"plans/{number}", 1)

    assert "first 3 files" in _findings(tmp_path, bounds=replace(STILL, files=3))["local.walk-bounded"].title


def test_places_that_cannot_be_read_are_a_finding_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "debug" / "/".join("d" * 70)).mkdir(parents=True)

    assert "1 places" in _findings(tmp_path)["local.unreadable"].title


def test_no_folder_is_no_finding_and_a_link_is_told(tmp_path: Path) -> None:
    assert _findings(tmp_path / "absent") == {}
    (tmp_path / "link").symlink_to(tmp_path)
    assert set(_findings(tmp_path / "link")) == {"local.link"}


@pytest.mark.parametrize("mode", [0o600, 0o666])
def test_looking_changes_nothing(tmp_path: Path, mode: int) -> None:
    file = put(lived_in(tmp_path), "projects/-p/s.jsonl", 1, mode=mode)
    before = {p: (p.stat().st_mtime_ns, p.stat().st_mode, p.stat().st_size) for p in tmp_path.rglob("*")}

    _findings(tmp_path)

    assert {p: (p.stat().st_mtime_ns, p.stat().st_mode, p.stat().st_size) for p in tmp_path.rglob("*")} == before
    assert file.exists()


def test_a_search_without_bounds_finds_every_place_and_keeps_to_a_project(tmp_path: Path) -> None:
    for number in range(30):
        put(tmp_path, f"projects/-p/{number}.jsonl", 1, INVENTED["npm-token"])
    put(tmp_path, "projects/-q/s.jsonl", 1, INVENTED["aws-key"])
    put(tmp_path, "settings.json", 1, INVENTED["aws-key"])

    sought = Sought(most=1000)
    faults = search_folder(tmp_path, places(), None, sought)
    only = Sought()
    search_folder(tmp_path, places(), Project("-q", frozenset()), only)

    assert (len(sought.places), sought.different, faults.count) == (31, 2, 0)
    assert only.counts == {"AWS access key": 1}
