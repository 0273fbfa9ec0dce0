"""Documents that contradict each other about what this machine does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.agent.findings.view import View


def conflicts(view: View) -> Iterator[Finding]:
    """One note for each deciding rule that another document speaks against."""
    rules = {rule.id: rule for rule in view.tables.rulebook.rules if rule.conflict}
    for verdict in view.verdicts:
        deciding = dict.fromkeys((verdict.rule, *(rule for _, rule in verdict.deciders)))
        for rule in (rules[name] for name in deciding if name in rules):
            document = rule.cites[0].document if rule.cites else verdict.flow
            yield Finding(
                "document.conflict",
                "note",
                f"{verdict.flow}: {rule.means} But: {rule.conflict}",
                f"{document} (rule {rule.id})",
                f"read both: carnet explain {verdict.flow}",
                (verdict.flow,),
            )
