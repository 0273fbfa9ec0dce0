"""Policies that do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.agent.homes import OLD

if TYPE_CHECKING:
    from tests.agent.homes import Home


def test_one_key_from_the_server_shadows_the_whole_file(made: Home) -> None:
    made.day = OLD
    path = made.write("managed", {"env": {"DISABLE_TELEMETRY": "1"}, "skipWebFetchPreflight": True})
    made.write("remote", {"model": "opus"})
    found = made.found("managed.shadowed")

    assert (found.severity, found.where) == ("high", str(path))
    assert found.title.endswith("without effect: DISABLE_TELEMETRY, skipWebFetchPreflight")
    assert "metrics" in found.flows


def test_variables_that_are_joined_are_not_called_lost(made: Home) -> None:
    made.write("managed", {"env": {"DISABLE_TELEMETRY": "1"}, "skipWebFetchPreflight": True})
    made.write("remote", {"model": "opus"})

    assert made.found("managed.shadowed").title.endswith("without effect: skipWebFetchPreflight")


def test_what_is_set_in_both_is_no_loss_worth_an_alarm(made: Home) -> None:
    made.write("managed", {"env": {"DISABLE_TELEMETRY": "1"}})
    made.write("remote", {"model": "opus"})

    assert made.found("managed.shadowed").severity == "low"


def test_a_gateway_switches_the_servers_settings_off(made: Home) -> None:
    made.environ = {"ANTHROPIC_BASE_URL": "https://gw.test", "ANTHROPIC_AUTH_TOKEN": "t"}
    path = made.write("remote", {"env": {"DISABLE_TELEMETRY": "1"}})
    found = made.found("managed.server-off")

    assert found.where == str(path)


def test_one_managed_source_alone_is_as_it_should_be(made: Home) -> None:
    made.write("managed", {"env": {"DISABLE_TELEMETRY": "1"}})

    assert made.ids() == set()
