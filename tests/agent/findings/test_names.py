"""Names the agent does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.agent.homes import Home


@pytest.mark.parametrize("layer", ["user", "project", "local", "managed"])
def test_a_misspelt_variable_is_named_in_every_layer(made: Home, layer: str) -> None:
    path = made.write(layer, {"env": {"DISABLE_TELEMETERY": "1"}})
    found = made.found("control.misspelt")

    assert (found.severity, found.where) == ("high", f"{path}:3")
    assert found.fix == "write DISABLE_TELEMETRY"
    assert "metrics" in found.flows
    assert found.key == "env.DISABLE_TELEMETERY"


def test_a_misspelt_variable_of_the_shell_is_named(made: Home) -> None:
    made.environ = {"DISABLE_TELEMETERY": "1"}

    assert made.found("control.misspelt").where == "environment DISABLE_TELEMETERY"


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("cleanupPeriodDay", "cleanupPeriodDays"),
        ("cleanup_period_days", "cleanupPeriodDays"),
        ("skipWebfetchPreflight", "skipWebFetchPreflight"),
    ],
)
def test_a_misspelt_settings_key_is_named(made: Home, key: str, known: str) -> None:
    made.write("user", {key: 1})

    assert f"write {known}" in made.found("control.misspelt").fix


def test_a_misspelt_variable_outside_env_is_sent_there(made: Home) -> None:
    made.write("user", {"DISABLE_TELEMETERY": "1"})

    assert made.found("control.misspelt").fix == "write DISABLE_TELEMETRY inside `env`"


def test_a_variable_at_the_top_level_is_misplaced(made: Home) -> None:
    path = made.write("user", {"DISABLE_TELEMETRY": "1"})
    found = made.found("control.wrong-place")

    assert found.where == f"{path}:2"
    assert "inside `env`" in found.fix


def test_a_settings_key_as_a_variable_is_misplaced(made: Home) -> None:
    made.write("user", {"env": {"skipWebFetchPreflight": "true"}})

    assert "beside `env`" in made.found("control.wrong-place").fix


def test_a_control_in_a_layer_it_is_not_read_from_is_named(made: Home) -> None:
    made.write("user", {"env": {"CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1"}})
    found = made.found("control.wrong-scope")

    assert found.title == "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST is not read from user settings"
    assert found.fix.endswith("the environment of the process")


def test_known_and_unlike_names_are_no_findings(made: Home) -> None:
    made.environ = {"DISABLE_COST_WARNINGS": "1", "MY_OWN": "x"}
    made.write("user", {"env": {"MY_TOOL_OPTION": "1", "OTEL_SERVICE_NAME": "x"}, "model": "opus", "somethingElse": 1})

    assert made.ids() == set()
