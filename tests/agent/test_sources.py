"""Where to look."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.agent.sources import Sources, folder, linked_version, parts, places, repository, state_file

from .homes import NEW, OLD, Home, claude

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import pytest


def _paths(sources: Sources, layer: str, day: date = NEW) -> list[str]:
    known = claude()
    return [str(p.path) for p in places(sources, known, known.at(day, None)) if p.layer == layer]


def test_all_layers_have_their_files(made: Home) -> None:
    root = made.root

    assert _paths(made.sources(), "user") == [f"{root}/home/.claude/settings.json"]
    assert _paths(made.sources(), "project") == [f"{root}/project/.claude/settings.json"]
    assert _paths(made.sources(), "local") == [f"{root}/project/.claude/settings.local.json"]
    assert _paths(made.sources(), "managed") == [
        f"{root}/home/.claude/remote-settings.json",
        f"{root}/managed/managed-settings.json",
    ]


def test_drop_ins_come_in_alphabetical_order_without_hidden_ones(made: Home) -> None:
    for name in ("20.json", "10.json", ".30.json", "notes.txt"):
        made.write(f"managed/managed-settings.d/{name}", {})

    assert [path.name for path in parts(made.root / "managed" / "managed-settings.d")] == ["10.json", "20.json"]
    assert [path.rpartition("/")[2] for path in _paths(made.sources(), "managed")][-2:] == ["10.json", "20.json"]


def test_a_folder_of_drop_ins_that_may_not_be_listed_is_told(made: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)

    assert parts(made.root) == [made.root / "*.json"]


def test_systems_keep_managed_settings_in_places_of_their_own(made: Home) -> None:
    linux = replace(made.sources(), managed=None)

    assert "/etc/claude-code/managed-settings.json" in _paths(linux, "managed")
    mac = _paths(replace(linux, system="darwin", user="ada"), "managed")
    assert "/Library/Application Support/ClaudeCode/managed-settings.json" in mac
    assert "/Library/Managed Preferences/com.anthropic.claudecode.plist" in mac
    assert "/Library/Managed Preferences/ada/com.anthropic.claudecode.plist" in mac
    assert any("ClaudeCode" in path for path in _paths(replace(linux, system="windows"), "managed"))


def test_the_local_file_stands_at_the_repository_since_a_day(made: Home) -> None:
    (made.root / ".git").mkdir()
    sources = made.sources()

    assert _paths(sources, "local", OLD) == [f"{made.root}/project/.claude/settings.local.json"]
    assert _paths(sources, "local") == [
        f"{made.root}/.claude/settings.local.json",
        f"{made.root}/project/.claude/settings.local.json",
    ]


def test_a_home_that_is_a_repository_counts_as_none(made: Home) -> None:
    (made.root / "home" / ".git").mkdir()
    (made.root / "home" / "work").mkdir()

    assert repository(replace(made.sources(), project=made.root / "home" / "work")) is None


def test_the_users_file_is_not_read_again_as_the_projects(made: Home) -> None:
    made.write("user", {})
    sources = replace(made.sources(), project=made.root / "home")

    assert _paths(sources, "project") == []


def test_a_variable_names_another_folder_of_the_own_home(made: Home, tmp_path: Path) -> None:
    other = replace(made.sources(), environ={"CLAUDE_CONFIG_DIR": str(tmp_path)}, own_home=True)

    assert folder(other, claude()) == tmp_path
    assert state_file(other, claude()) == tmp_path / ".claude.json"
    assert folder(replace(other, own_home=False), claude()) == made.root / "home" / ".claude"


def test_the_version_is_read_from_the_programs_link(made: Home) -> None:
    link = made.path("home/.local/bin/claude")
    assert linked_version(made.sources(), claude()) is None
    link.symlink_to("../share/claude/versions/2.1.118")

    assert linked_version(made.sources(), claude()) == "2.1.118"


def test_a_link_to_something_else_says_nothing(made: Home) -> None:
    made.path("home/.local/bin/claude").symlink_to("/opt/claude")

    assert linked_version(made.sources(), claude()) is None
