"""What the agent ignores."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.agent.homes import Home


def test_a_void_file_names_every_opt_out_that_is_lost(made: Home) -> None:
    path = made.write(
        "user",
        {"env": {"DISABLE_TELEMETRY": "1", "DISABLE_ERROR_REPORTING": "1", "OTHER": "1"}, "cleanupPeriodDays": 0},
    )
    found = made.found("settings.void-file")

    assert found.where == f"{path}:7"
    assert found.title.endswith("lost with it: DISABLE_TELEMETRY, DISABLE_ERROR_REPORTING")
    assert {"metrics", "errors"} <= set(found.flows)
    assert found.key == "settings.cleanupPeriodDays"


def test_a_file_that_is_no_json_names_them_too(made: Home) -> None:
    path = made.write("user", '{\n"env": {"DISABLE_TELEMETRY": "1"}, // mine\n}')
    found = made.found("settings.void-file")

    assert found.where == f"{path}:2"
    assert "DISABLE_TELEMETRY" in found.title
    assert "no comments" in found.fix


def test_a_file_that_cannot_be_read_is_named(made: Home) -> None:
    os.mkfifo(made.path("user"))
    found = made.found("settings.unread")

    assert found.where == str(made.path("user"))
    assert "is a named pipe" in found.title


def test_a_file_of_a_gigabyte_is_named(made: Home) -> None:
    with made.path("project").open("wb") as file:
        file.truncate(1_000_000_000)

    assert "1,000,000,000 bytes" in made.found("settings.unread").title


def test_a_dropped_entry_of_managed_settings_is_named(made: Home) -> None:
    path = made.write("managed", {"feedbackSurveyRate": "0", "env": {"DISABLE_TELEMETRY": "1"}})
    found = made.found("settings.ignored-entry")

    assert (found.severity, found.where, found.key) == ("high", f"{path}:2", "settings.feedbackSurveyRate")


def test_a_key_given_twice_is_named_where_it_does_not_count(made: Home) -> None:
    path = made.write("user", '{"env": {"DISABLE_TELEMETRY": "1"},\n"env": {}}')
    found = made.found("settings.repeated-key")

    assert found.where == f"{path}:1"
    assert "line 2 counts" in found.title


def test_damaged_text_is_named(made: Home) -> None:
    made.path("user").write_bytes(b'{"env": {"X": "\xff"}}')

    assert made.found("settings.damaged-text").where == str(made.path("user"))


def test_a_lost_choice_of_the_provider_is_named_too(made: Home) -> None:
    made.write("user", {"env": {"CLAUDE_CODE_USE_BEDROCK": "1"}, "cleanupPeriodDays": 0})

    assert made.found("settings.void-file").title.endswith("lost with it: CLAUDE_CODE_USE_BEDROCK")


def test_every_fault_of_a_file_is_told_at_once(made: Home) -> None:
    made.write("user", {"feedbackSurveyRate": "0", "cleanupPeriodDays": 0})
    title = made.found("settings.void-file").title

    assert "feedbackSurveyRate: " in title
    assert "cleanupPeriodDays: " in title
