"""One machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carnet.agent.machine import assuming, host, near, provider, read_machine
from carnet.model.machine import Located

from .homes import NEW, OLD, Home, claude


def test_every_layer_counts_in_its_order(made: Home) -> None:
    made.environ = {"DISABLE_TELEMETRY": "process", "DISABLE_ERROR_REPORTING": "process", "PATH": "/bin"}
    made.write("user", {"env": {"DISABLE_TELEMETRY": "user", "DO_NOT_TRACK": "user"}, "cleanupPeriodDays": 10})
    made.write("project", {"env": {"DISABLE_TELEMETRY": "project"}, "cleanupPeriodDays": 20})
    made.write("local", {"env": {"DISABLE_TELEMETRY": "local"}})
    made.write("managed", {"env": {"DISABLE_TELEMETRY": "managed"}})
    machine = made.machine()

    assert {name: (one.value, one.layer) for name, one in machine.env.items()} == {
        "DISABLE_TELEMETRY": ("managed", "managed"),
        "DISABLE_ERROR_REPORTING": ("process", "process"),
        "DO_NOT_TRACK": ("user", "user"),
    }
    assert [one.layer for one in machine.env["DISABLE_TELEMETRY"].shadowed] == ["local", "project", "user", "process"]
    assert machine.settings["cleanupPeriodDays"].value == 20
    assert machine.settings["cleanupPeriodDays"].file.endswith("project/.claude/settings.json")


def test_drop_ins_win_over_the_base_and_later_ones_over_earlier(made: Home) -> None:
    made.write("managed", {"env": {"A": "base", "B": "base"}, "permissions": {"allow": ["X"]}})
    made.write("managed/managed-settings.d/10.json", {"env": {"A": "10"}, "permissions": {"allow": ["Y"]}})
    made.write("managed/managed-settings.d/20.json", {"env": {"A": "20"}})
    machine = made.machine()

    assert {name: one.value for name, one in machine.env.items()} == {"A": "20", "B": "base"}
    assert machine.settings["permissions"].value == {"allow": ["X", "Y"]}
    assert machine.env["A"].file.endswith("20.json")


def test_only_variables_that_concern_the_agent_are_read(made: Home) -> None:
    made.environ = {"AWS_SECRET_ACCESS_KEY": "x", "LS_COLORS": "y", "DISABLE_TELEMETRY": "1"}

    assert "LS_COLORS" not in made.machine().env
    assert "DISABLE_TELEMETRY" in made.machine().env


@pytest.mark.parametrize(
    ("switches", "wanted"),
    [
        ({}, "anthropic"),
        ({"CLAUDE_CODE_USE_BEDROCK": "1"}, "bedrock"),
        ({"CLAUDE_CODE_USE_VERTEX": "true"}, "vertex"),
        ({"CLAUDE_CODE_USE_FOUNDRY": "1"}, "foundry"),
        ({"CLAUDE_CODE_USE_ANTHROPIC_AWS": "1"}, "anthropic-aws"),
        ({"CLAUDE_CODE_USE_BEDROCK": "0"}, "anthropic"),
        ({"CLAUDE_CODE_USE_BEDROCK": ""}, "anthropic"),
        ({"CLAUDE_CODE_USE_BEDROCK": "maybe"}, None),
        ({"CLAUDE_CODE_USE_BEDROCK": "1", "CLAUDE_CODE_USE_VERTEX": "1"}, None),
        ({"ANTHROPIC_BASE_URL": "https://gw.test"}, "llm-gateway"),
        ({"ANTHROPIC_BASE_URL": "https://API.anthropic.com/"}, "anthropic"),
        ({"ANTHROPIC_BASE_URL": ""}, "anthropic"),
        ({"ANTHROPIC_BASE_URL": "https://api.anthropic.com.evil.test"}, "llm-gateway"),
        ({"ANTHROPIC_BASE_URL": "http://[broken"}, "llm-gateway"),
    ],
)
def test_the_provider_follows_from_switches_and_base_url(switches: dict[str, str], wanted: str | None) -> None:
    env = {name: Located(value, "process") for name, value in switches.items()}

    assert provider(env, claude()) == wanted


def test_settings_may_cancel_a_switch_of_the_shell(made: Home) -> None:
    made.environ = {"CLAUDE_CODE_USE_VERTEX": "1"}
    made.write("user", {"env": {"CLAUDE_CODE_USE_VERTEX": ""}})

    assert made.machine().facts()["provider"] == "anthropic"


def test_what_the_agent_signs_in_with_is_told_where_it_shows(made: Home) -> None:
    assert "credential" not in made.machine().facts()
    made.write("user", {"apiKeyHelper": "/bin/key"})
    assert made.machine().facts()["credential"] == "api-key-helper"
    made.environ = {"ANTHROPIC_API_KEY": "k"}
    assert made.machine().facts()["credential"] == "api-key"
    made.environ = {"CLAUDE_CODE_USE_BEDROCK": "1"}
    assert made.machine().facts()["credential"] == "cloud"


def test_facts_are_what_a_context_needs(made: Home) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETRY": "1"}, "cleanupPeriodDays": 5})
    made.path("home/.local/bin/claude").symlink_to("/x/versions/2.1.118")

    assert made.machine().facts() == {
        "env.DISABLE_TELEMETRY": "1",
        "settings.cleanupPeriodDays": 5,
        "provider": "anthropic",
        "client_version": "2.1.118",
    }


def test_in_a_folder_that_is_not_trusted_a_projects_variables_wait(made: Home) -> None:
    made.write("project", {"env": {"ANTHROPIC_BASE_URL": "https://gw.test", "DISABLE_TELEMETRY": "1"}})
    folder = str(made.root / "project")

    assert made.machine().trusted is None
    assert made.machine().facts()["provider"] == "llm-gateway"
    made.write("state", {"projects": {folder: {"hasTrustDialogAccepted": False}}})
    machine = made.machine()
    assert machine.trusted is False
    assert set(machine.waiting) == {"ANTHROPIC_BASE_URL"}
    assert machine.facts()["provider"] == "anthropic"
    assert machine.env["DISABLE_TELEMETRY"].layer == "project"
    made.write("state", {"projects": {folder: {"hasTrustDialogAccepted": True}}})
    assert made.machine().facts()["provider"] == "llm-gateway"


def test_trust_of_a_folder_above_counts(made: Home) -> None:
    made.write("state", {"projects": {str(made.root): {"hasTrustDialogAccepted": True}}})

    assert made.machine().trusted is True


@pytest.mark.parametrize("text", ["{", "[]", '{"projects": 1}', '{"projects": {}}', "[" * 5000])
def test_a_broken_state_file_says_nothing_of_trust(made: Home, text: str) -> None:
    made.write("state", text)

    assert made.machine().trusted is None


def test_the_servers_settings_win_over_files_but_not_with_a_gateway(made: Home) -> None:
    made.write("remote", {"env": {"DISABLE_TELEMETRY": "1"}, "cleanupPeriodDays": 7})
    made.write("managed", {"cleanupPeriodDays": 3})
    assert made.machine().settings["cleanupPeriodDays"].value == 7

    made.environ = {"ANTHROPIC_BASE_URL": "https://gw.test"}
    machine = made.machine()
    assert machine.settings["cleanupPeriodDays"].value == 3
    assert "DISABLE_TELEMETRY" not in machine.env
    assert [one.why for one in machine.sources if one.tier == "remote"] == [
        "not used with another provider or base URL"
    ]


def test_sources_are_listed_highest_first(made: Home) -> None:
    for layer in ("user", "project", "local", "managed"):
        made.write(layer, {})

    assert [one.layer for one in made.machine().sources if one.state == "read"] == [
        "managed",
        "local",
        "project",
        "user",
    ]


def test_a_policy_of_the_registry_counts_as_device_management(made: Home) -> None:
    sources = replace(made.sources(), system="windows", policies={"mdm": '{"cleanupPeriodDays": 4}'})
    machine = read_machine(sources, claude(), NEW)

    assert machine.settings["cleanupPeriodDays"].value == 4
    assert machine.settings["cleanupPeriodDays"].file == "HKLM\\SOFTWARE\\Policies\\ClaudeCode"


def test_assumed_facts_replace_what_is_set_and_what_follows_is_derived_anew(made: Home) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETRY": "1"}, "cleanupPeriodDays": 5})
    facts = {
        "env.CLAUDE_CODE_USE_BEDROCK": "1", "env.DISABLE_TELEMETRY": None, "tier": "max",
        "settings.cleanupPeriodDays": 9,
    }  # fmt: skip
    machine = assuming(made.machine(), claude(), facts)

    assert machine.facts() == {
        "env.CLAUDE_CODE_USE_BEDROCK": "1",
        "settings.cleanupPeriodDays": 9,
        "provider": "bedrock",
        "credential": "cloud",
        "tier": "max",
    }
    assert machine.settings["cleanupPeriodDays"].layer == "flags"
    assert assuming(made.machine(), claude(), {"provider": "vertex"}).facts()["provider"] == "vertex"


def test_the_precedence_is_that_of_the_clients_version(made: Home) -> None:
    (made.root / ".git").mkdir()
    made.write(".claude/settings.local.json", {"cleanupPeriodDays": 4})
    made.day = OLD
    assert made.machine().settings == {}

    made.client = "2.1.330"
    assert made.machine().settings["cleanupPeriodDays"].value == 4


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("DISABLE_TELEMETERY", "DISABLE_TELEMETRY"),
        ("disable_telemetry", "DISABLE_TELEMETRY"),
        ("CLAUDE_CODE_DISABLE_NON_ESSENTIAL_TRAFFIC", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"),
        ("DISABLE_TELEMETRY", None),
        ("DISABLE_COST_WARNINGS", None),
        ("PYTHONPATH", None),
        ("PATH", None),
        ("HOMEBREW_NO_ANALYTICS", None),
    ],
)
def test_a_misspelling_is_told_from_another_name(name: str, known: str | None) -> None:
    assert near(name, claude()) == known


def test_the_host_of_an_address_is_lower_case() -> None:
    assert host("https://ada:x@GW.test:8443/x") == "gw.test"
    assert host("gw.test:1") == "gw.test"
    assert host("http://[broken") == "http://[broken"
