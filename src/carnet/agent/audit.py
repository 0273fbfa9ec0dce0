"""A machine and the rules of a day -> verdicts, what decided them, findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.agent.decided import Decided, decided
from carnet.agent.findings import findings, ranked
from carnet.agent.findings.view import View
from carnet.agent.want_compare import compare_want
from carnet.policy.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carnet.agent.layout import Layout
    from carnet.model.finding import Finding
    from carnet.model.machine import Machine
    from carnet.model.verdict import Verdict
    from carnet.model.want import Want
    from carnet.policy.compile import Tables
    from carnet.policy.contexts import Context


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything an audit says."""

    pack: str
    context: Context
    machine: Machine
    verdicts: tuple[Verdict, ...]
    decided: tuple[Decided, ...]
    findings: tuple[Finding, ...]

    @property
    def unknown(self) -> tuple[Verdict, ...]:
        """Verdicts that could not be told."""
        return tuple(verdict for verdict in self.verdicts if verdict.verdict == "unknown")

    @property
    def actionable(self) -> tuple[Finding, ...]:
        """Findings that ask for something to be done; notes only tell."""
        return tuple(finding for finding in self.findings if finding.severity != "note")


def audit(
    machine: Machine,
    layout: Layout,
    tables: Tables,
    context: Context,
    more: Iterable[Finding] = (),
    want: Want | None = None,
) -> Audit:
    """Judge a machine. `more` are findings about its local data, `want` is the organisation's own policy.

    Raises CarnetError where the policy names a flow that is none.
    """
    verdicts = tuple(resolve(tables, context.facts))
    view = View(machine, layout, tables, context, verdicts)
    found = [*findings(view), *more]
    if want is not None:
        found += compare_want(want, verdicts, machine, tables.rulebook.controls)
    return Audit(
        pack=tables.rulebook.pack,
        context=context,
        machine=machine,
        verdicts=verdicts,
        decided=tuple(decided(view)),
        findings=tuple(ranked(found)),
    )
