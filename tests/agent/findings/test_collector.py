"""Content in the own collector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.agent.homes import Home

ON = {"CLAUDE_CODE_ENABLE_TELEMETRY": "1", "OTEL_EXPORTER_OTLP_ENDPOINT": "https://otel.test:4318"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_LOG_USER_PROMPTS", "1"), ("OTEL_LOG_ASSISTANT_RESPONSES", "true"), ("OTEL_LOG_TOOL_DETAILS", "1"),
        ("OTEL_LOG_TOOL_CONTENT", "1"), ("OTEL_LOG_RAW_API_BODIES", "file:/var/log/x"),
    ],
)  # fmt: skip
def test_every_content_switch_is_named_with_the_collector(made: Home, name: str, value: str) -> None:
    path = made.write("user", {"env": {name: value, **ON}})
    found = made.found("telemetry.content")

    assert (found.severity, found.where) == ("high", f"{path}:3")
    assert "otel.test" in found.title


def test_without_telemetry_it_has_no_effect_yet(made: Home) -> None:
    made.write("user", {"env": {"OTEL_LOG_USER_PROMPTS": "1"}})

    assert made.found("telemetry.content").severity == "low"


@pytest.mark.parametrize("value", ["0", "false", ""])
def test_switched_off_it_is_none(made: Home, value: str) -> None:
    made.write("user", {"env": {"OTEL_LOG_USER_PROMPTS": value, **ON}})

    assert made.ids() == set()
