"""What of this machine a command reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from carnet.cli.here import facts_file, sources_here, supposed, with_policies
from carnet.errors import CarnetError
from tests.agent.homes import claude

if TYPE_CHECKING:
    from pathlib import Path


def test_without_options_it_is_this_accounts_own(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    sources = sources_here(None, None, None)

    assert (sources.home, sources.project, sources.managed, sources.own_home) == (home, tmp_path, None, True)


def test_given_folders_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    sources = sources_here("a", "a", "a")

    assert {sources.home, sources.project, sources.managed} == {tmp_path / "a"}
    assert not sources.own_home


@pytest.mark.parametrize("folder", ["", "none", "/dev/null"])
def test_what_is_no_folder_is_refused(folder: str) -> None:
    with pytest.raises(CarnetError, match="no such folder"):
        sources_here(folder, None, None)


def test_facts_of_a_file_are_dotted(tmp_path: Path) -> None:
    (tmp_path / "facts.toml").write_text('tier = "max"\n[org]\nzdr = true\n')

    assert facts_file(str(tmp_path / "facts.toml")) == {"tier": "max", "org.zdr": True}
    assert facts_file(None) == {}


@pytest.mark.parametrize("content", [b"tier = ", b"\xff", None])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "facts.toml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(CarnetError, match=r"facts\.toml: cannot be read"):
        facts_file(str(file))


def test_supposed_facts_may_take_one_away() -> None:
    assert supposed([]) == {}
    assert supposed(["tier=pro", "env.DISABLE_TELEMETRY="]) == {"tier": "pro", "env.DISABLE_TELEMETRY": None}


def test_a_given_folder_of_managed_settings_stands_for_the_registry_too(tmp_path: Path) -> None:
    sources = replace(sources_here(None, None, None), managed=tmp_path)

    assert with_policies(sources, claude()) == sources
