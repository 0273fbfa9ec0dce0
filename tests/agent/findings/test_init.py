"""All findings together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.agent.findings import findings, ranked
from carnet.model.finding import SEVERITIES, Finding

if TYPE_CHECKING:
    from tests.agent.homes import Home


def test_a_plain_machine_has_none(made: Home) -> None:
    assert made.findings() == []


def test_the_gravest_come_first_and_each_comes_once() -> None:
    low, high = (Finding(severity, severity, "t", "w", "f") for severity in ("low", "high"))

    assert ranked([low, high, low]) == [high, low]


def test_every_finding_has_a_known_severity_a_place_and_a_fix(made: Home) -> None:
    made.environ = {"DISABLE_TELEMETRY": "1", "DISABLE_TELEMETERY": "1", "NODE_TLS_REJECT_UNAUTHORIZED": "0"}
    made.write("user", {"cleanupPeriodDays": 0})
    made.write("project", {"skipWebFetchPreflight": True, "env": {"ANTHROPIC_BASE_URL": "https://g.test"}})
    found = findings(made.view())

    assert len(found) >= 7
    for one in found:
        assert one.severity in SEVERITIES
        assert one.where
        assert one.fix
        assert one.title
