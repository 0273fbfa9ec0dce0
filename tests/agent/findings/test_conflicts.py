"""Documents against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.agent.findings.conflicts import conflicts

if TYPE_CHECKING:
    from tests.agent.homes import Home


def test_a_deciding_rule_that_another_document_speaks_against_is_a_note(made: Home) -> None:
    made.environ = {"CLAUDE_CODE_USE_BEDROCK": "1"}
    found = [one for one in conflicts(made.view()) if one.flows == ("feedback",)]

    assert [one.severity for one in found] == ["note"]
    assert "But:" in found[0].title


def test_each_rule_is_named_once_a_flow(made: Home) -> None:
    made.environ = {"CLAUDE_CODE_USE_BEDROCK": "1"}
    found = list(conflicts(made.view()))

    assert len(found) == len(set(found))
