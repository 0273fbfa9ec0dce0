"""Findings as SARIF."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from carnet.agent.sarif import sarif
from carnet.model.finding import SEVERITIES, Finding

if TYPE_CHECKING:
    from typing import Any

    from tests.agent.homes import Home


def _run(made: Home, *findings: Finding) -> dict[str, Any]:
    answer: Any = json.loads(json.dumps(sarif(replace(made.audit(), findings=findings))))
    assert answer["version"] == "2.1.0"
    (run,) = answer["runs"]
    return dict(run)


def _place(made: Home, where: str) -> dict[str, Any]:
    (result,) = _run(made, Finding("a.b", "high", "Something.", where, "Do it."))["results"]
    (location,) = result["locations"]
    return dict(location)


def test_a_real_audit_has_one_result_for_each_finding_and_a_rule_for_each_id(made: Home) -> None:
    made.write("user", {"cleanupPeriodDays": 0, "env": {"DISABLE_TELEMETRY": "1"}})
    made.write("project", {"skipWebFetchPreflight": True})
    audit = made.audit()

    (run,) = json.loads(json.dumps(sarif(audit)))["runs"]

    assert [one["ruleId"] for one in run["results"]] == [finding.id for finding in audit.findings]
    assert audit.findings
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    assert all(one["message"]["text"] and one["locations"] for one in run["results"])
    assert all(one["level"] in {"error", "warning", "note", "none"} for one in run["results"])


def test_a_file_of_the_project_is_told_relative_to_it_with_its_line(made: Home) -> None:
    file = made.path("project")

    assert _place(made, f"{file}:7") == {
        "physicalLocation": {
            "artifactLocation": {"uri": ".claude/settings.json", "uriBaseId": "PROJECT"},
            "region": {"startLine": 7},
        }
    }


def test_a_file_of_the_home_is_told_relative_to_it_and_one_elsewhere_whole(made: Home) -> None:
    assert _place(made, str(made.path("user")))["physicalLocation"]["artifactLocation"]["uriBaseId"] == "HOME"
    assert _place(made, "/etc/claude-code/managed-settings.json:3")["physicalLocation"]["artifactLocation"] == {
        "uri": "file:///etc/claude-code/managed-settings.json"
    }


def test_what_stands_in_no_file_is_named(made: Home) -> None:
    assert _place(made, "environment DISABLE_TELEMETRY") == {
        "logicalLocations": [{"name": "environment DISABLE_TELEMETRY", "kind": "variable"}]
    }


@pytest.mark.parametrize(
    ("name", "uri"),
    [("a b#c?.jsonl", "a%20b%23c%3F.jsonl"), ("\udcff\n.jsonl", "%FF%0A.jsonl"), ("é", "%C3%A9"), ("a:1:x", "a:1:x")],
)
def test_any_name_is_an_address_that_json_can_carry(made: Home, name: str, uri: str) -> None:
    place = _place(made, f"{made.root}/project/{name}:2")["physicalLocation"]

    assert place["artifactLocation"]["uri"] == uri
    assert place["region"] == {"startLine": 2}


def test_a_message_with_broken_bytes_can_be_written(made: Home) -> None:
    run = _run(made, Finding("a.b", "low", "\udcff", "environment", ""))

    assert run["results"][0]["message"]["text"] == "\\xff"


def test_every_severity_has_a_level(made: Home) -> None:
    run = _run(made, *(Finding(f"a.{one}", one, "x", "y", "z") for one in SEVERITIES))

    assert [one["level"] for one in run["results"]] == ["error", "warning", "note", "note"]


def test_where_paths_begin_is_told_as_folders(made: Home) -> None:
    bases = _run(made)["originalUriBaseIds"]

    assert bases["PROJECT"]["uri"] == f"file://{made.root}/project/"
    assert all(base["uri"].endswith("/") for base in bases.values())
