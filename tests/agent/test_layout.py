"""Layouts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from carnet.agent.layout import layout
from carnet.errors import CarnetError
from carnet.packs import named

from .homes import claude

if TYPE_CHECKING:
    from pathlib import Path


def test_the_precedence_is_that_of_the_day() -> None:
    known = claude()

    assert known.at(date(2026, 4, 23), None).local_at == "start"
    assert known.at(date(2026, 7, 20), None).local_at == "repository"
    assert known.at(date(2026, 7, 20), None).managed_env == "first"
    assert known.at(date(2026, 8, 22), None).managed_env == "merged"


def test_a_known_version_wins_over_the_day() -> None:
    known = claude()

    assert known.at(date(2026, 8, 22), "2.1.118").local_at == "start"
    assert known.at(date(2026, 4, 23), "2.1.223").managed_env == "merged"
    assert known.at(date(2026, 8, 22), "2.1.211").managed_env == "first"


def test_a_pack_without_one_has_none(tmp_path: Path) -> None:
    assert layout(replace(named("claude-code"), folder=tmp_path)) is None


@pytest.mark.parametrize("text", ["schema = [", "schema = 1", 'schema = "1"'])
def test_a_broken_one_names_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.toml").write_text(text)

    with pytest.raises(CarnetError, match=r"settings\.toml"):
        layout(replace(named("claude-code"), folder=tmp_path))


def test_another_schema_is_refused(tmp_path: Path) -> None:
    text = (named("claude-code").folder / "settings.toml").read_text("utf-8")
    (tmp_path / "settings.toml").write_text(text.replace("schema = 1", "schema = 2", 1))

    with pytest.raises(CarnetError, match="schema 2"):
        layout(replace(named("claude-code"), folder=tmp_path))


def test_every_control_of_the_environment_is_a_known_name() -> None:
    from carnet.policy.rulebook import rulebook  # noqa: PLC0415 - this test alone

    known = claude()
    for control in rulebook(named("claude-code")).controls:
        family, _, name = control.fact.partition(".")
        if family in {"env", "settings"}:
            assert name in (known.environment if family == "env" else known.shapes)


def test_what_findings_look_for_is_known() -> None:
    known = claude()
    watch = known.watch

    assert {*watch.redirects, *watch.content, watch.telemetry, *watch.collector} <= known.environment
    assert {watch.cleanup, watch.preflight} <= known.shapes.keys()
