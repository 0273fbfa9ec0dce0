"""What is not as its owner thinks: one file a family, in the order they are looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.agent.findings.collector import collector
from carnet.agent.findings.conflicts import conflicts
from carnet.agent.findings.gateway import gateway
from carnet.agent.findings.managed import managed
from carnet.agent.findings.names import names
from carnet.agent.findings.preflight import preflight
from carnet.agent.findings.project import project
from carnet.agent.findings.values import values
from carnet.agent.findings.voids import voids
from carnet.model.finding import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carnet.agent.findings.view import View
    from carnet.model.finding import Finding

FAMILIES = (voids, managed, values, names, project, preflight, collector, gateway, conflicts)


def findings(view: View) -> list[Finding]:
    """All findings, each once, the gravest first."""
    return ranked(one for family in FAMILIES for one in family(view))


def ranked(found: Iterable[Finding]) -> list[Finding]:
    """Each finding once, the gravest first; otherwise in the order they were found."""
    rank = {name: number for number, name in enumerate(SEVERITIES)}
    return sorted(dict.fromkeys(found), key=lambda one: rank[one.severity])
