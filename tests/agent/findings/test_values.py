"""Opt-outs whose value does not do what it seems to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.agent.homes import OLD

if TYPE_CHECKING:
    from tests.agent.homes import Home


@pytest.mark.parametrize("value", ["0", "true", "yes"])
def test_before_a_day_any_value_but_one_is_undocumented(made: Home, value: str) -> None:
    path = made.write("user", {"env": {"DISABLE_TELEMETRY": value}})
    made.day = OLD
    found = made.found("opt-out.undocumented-value")

    assert (found.severity, found.where) == ("high", f"{path}:3")
    assert f"DISABLE_TELEMETRY={value}" in found.title
    assert "2026-04-23" in found.title
    metrics = next(one for one in made.audit().verdicts if one.flow == "metrics")
    assert metrics.verdict == "unknown"


@pytest.mark.parametrize("value", ["0", "false", "OFF"])
def test_since_a_day_a_no_opts_out_all_the_same(made: Home, value: str) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETRY": value}})
    found = made.found("opt-out.misleading-value")

    assert "opts out" in found.title
    assert next(one for one in made.audit().verdicts if one.flow == "metrics").verdict != "on"


def test_a_plain_no_that_means_no_is_none(made: Home) -> None:
    made.write("user", {"env": {"DO_NOT_TRACK": "0"}})

    assert made.ids() == set()


def test_a_value_nobody_explains_is_undocumented(made: Home) -> None:
    made.write("user", {"env": {"DO_NOT_TRACK": "please"}})

    assert made.found("opt-out.undocumented-value").key == "env.DO_NOT_TRACK"


def test_an_empty_value_does_not_opt_out(made: Home) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETRY": ""}})

    assert "does not opt out" in made.found("opt-out.empty").title


def test_an_empty_value_cancels_that_of_the_shell(made: Home) -> None:
    made.environ = {"DISABLE_TELEMETRY": "1"}
    made.write("user", {"env": {"DISABLE_TELEMETRY": ""}})
    found = made.found("opt-out.empty")

    assert "cancels DISABLE_TELEMETRY=1 of environment DISABLE_TELEMETRY" in found.title


def test_an_opt_out_of_the_shell_alone_is_not_inherited(made: Home) -> None:
    made.environ = {"DISABLE_TELEMETRY": "1"}
    found = made.found("opt-out.shell-only")

    assert (found.severity, found.where) == ("low", "environment DISABLE_TELEMETRY")


@pytest.mark.parametrize("layer", ["user", "managed"])
def test_an_opt_out_in_settings_is_as_wanted(made: Home, layer: str) -> None:
    made.environ = {"DISABLE_TELEMETRY": "1"}
    made.write(layer, {"env": {"DISABLE_TELEMETRY": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}})

    assert made.ids() == set()
