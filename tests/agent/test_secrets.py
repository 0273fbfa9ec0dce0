"""What of a value may be shown."""

from __future__ import annotations

import pytest

from carnet.agent.secrets import HIDDEN, is_secret, masked, setting, shown


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_API_KEY", "GH_TOKEN", "ANTHROPIC_AUTH_TOKEN", "CLIENT_SECRET", "DB_PASSWORD",
        "OTEL_EXPORTER_OTLP_HEADERS", "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE", "apiKeyHelper", "authToken",
        "otelHeadersHelper",
    ],
)  # fmt: skip
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret(name)
    assert shown(name, "hunter2") == HIDDEN
    assert "hunter2" not in setting(name, "hunter2")


@pytest.mark.parametrize("name", ["DISABLE_TELEMETRY", "keybindingFlavor", "cleanupPeriodDays", "author"])
def test_other_names_are_none(name: str) -> None:
    assert not is_secret(name)
    assert shown(name, "x") == "x"


def test_nothing_is_shown_as_nothing() -> None:
    assert shown("ANTHROPIC_API_KEY", "") == ""


@pytest.mark.parametrize(
    "text",
    [
        "sk-ant-api03-abcdef",
        "token ghp_abcdefghij1234",
        "AKIAIOSFODNN7EXAMPLE",
        "Authorization: Bearer abcdefgh",
        "eyJhbGciOiJIUzI1NiJ9.e30.abc",
    ],
)
def test_values_that_look_like_keys_are_hidden_whatever_their_name(text: str) -> None:
    assert masked(text) == HIDDEN
    assert shown("HARMLESS", {"a": [text]}) == {"a": [HIDDEN]}


def test_passwords_of_addresses_are_hidden() -> None:
    assert masked("https://ada:hunter2@gw.test/x") == "https://ada:***@gw.test/x"
    assert masked("https://gw.test/x?api_key=hunter2&y=1") == "https://gw.test/x?api_key=***&y=1"
    assert "q" * 24 not in masked("https://" + "q" * 24 + "@gw.test")


def test_nested_values_are_judged_by_their_own_names() -> None:
    assert shown("pluginConfigs", {"x": {"apiKey": "hunter2", "size": 1}}) == {"x": {"apiKey": HIDDEN, "size": 1}}


def test_a_setting_is_written_as_in_a_shell_and_cut() -> None:
    assert setting("DISABLE_TELEMETRY", "1") == "DISABLE_TELEMETRY=1"
    assert setting("cleanupPeriodDays", 10) == "cleanupPeriodDays=10"
    assert len(setting("A", "x" * 200)) < 70
