"""Audits as plain values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from carnet.agent.answers import audit_answer

if TYPE_CHECKING:
    from .homes import Home


def _answer(made: Home) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(json.dumps(audit_answer(made.audit()))))


def test_values_come_with_layer_file_and_line(made: Home) -> None:
    path = made.write("user", {"env": {"DISABLE_TELEMETRY": "1"}, "cleanupPeriodDays": 10})
    made.environ = {"DISABLE_TELEMETRY": "0", "DO_NOT_TRACK": "1"}
    answer = _answer(made)

    found = answer["settings"]["cleanupPeriodDays"]
    assert {key: found[key] for key in ("value", "layer", "file", "line")} == {
        "value": 10, "layer": "user", "file": str(path), "line": 5,
    }  # fmt: skip
    assert answer["env"]["DISABLE_TELEMETRY"] == {
        "value": "1", "layer": "user", "file": str(path), "line": 3,
        "shadowed": [{"value": "0", "layer": "process", "file": None, "line": None}],
    }  # fmt: skip
    assert answer["env"]["DO_NOT_TRACK"]["layer"] == "process"


def test_void_files_and_findings_are_listed(made: Home) -> None:
    path = made.write("user", {"cleanupPeriodDays": 0, "env": {"DISABLE_TELEMETRY": "1"}})
    answer = _answer(made)

    assert [(one["file"], one["line"]) for one in answer["void_files"]] == [(str(path), 2)]
    assert answer["findings"][0].keys() >= {"id", "severity", "title", "where", "fix"}
    assert answer["settings"] == {}


def test_flows_have_the_fields_of_verdicts_and_what_decided_them(made: Home) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETRY": "1"}})
    metrics = next(one for one in _answer(made)["flows"] if one["flow"] == "metrics")

    assert metrics["verdict"] == "off"
    assert metrics["decided_by"]["set"][0]["name"] == "DISABLE_TELEMETRY"
    assert metrics["rule"]


def test_files_that_were_looked_for_are_listed(made: Home) -> None:
    made.write("user", {})

    assert {one["state"] for one in _answer(made)["files"]} == {"read", "absent"}


def test_no_secret_is_in_it(made: Home) -> None:
    made.environ = {"ANTHROPIC_API_KEY": "hunter2"}
    made.write(
        "user",
        {
            "env": {
                "ANTHROPIC_AUTH_TOKEN": "hunter2",
                "ANTHROPIC_API_KEY": "hunter2",
                "HTTPS_PROXY": "http://a:hunter2@p",
            },
            "pluginConfigs": {"x": {"secret": "hunter2"}},
        },
    )
    made.write(
        "project", {"env": {"OTEL_EXPORTER_OTLP_HEADERS": "hunter2", "ANTHROPIC_BASE_URL": "https://u:hunter2@g"}}
    )

    assert "hunter2" not in json.dumps(_answer(made))
