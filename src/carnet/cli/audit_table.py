"""An audit as lines of text: the table, the findings, the summary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from carnet.agent.secrets import setting
from carnet.cli.printing import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.agent.audit import Audit
    from carnet.agent.decided import Decided


def page(audit: Audit) -> list[str]:
    """The header, one row a flow, the findings, the summary."""
    home = Path(audit.machine.home)
    rows = [("  flow", "verdict", "decided by", "where", "kept"), *(_row(one, home) for one in audit.decided)]
    return [header(audit), "", *columns(rows), *_findings(audit, home), "", summary(audit)]


def _findings(audit: Audit, home: Path) -> Iterator[str]:
    for finding in audit.findings:
        yield ""
        yield harmless(f"{finding.severity:6}  {finding.id}  {tilde(finding.where, home)}")
        yield harmless(f"        {tilde(finding.title, home)}")
        yield harmless(f"        fix: {tilde(finding.fix, home)}")


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in aligned columns, two spaces between them; nothing is cut."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def header(audit: Audit) -> str:
    """Whose machine, which terms, the rules of which day."""
    facts = audit.context.facts
    tier = facts.get("tier")
    terms = {"free": "consumer", "pro": "consumer", "max": "consumer"}.get(str(tier), "commercial")
    told = f"{tier} tier, {terms} terms" if tier else "tier not known"
    where = f"provider {facts['provider']}" if facts.get("provider") else "provider not known"
    client = f", client {facts['client_version']}" if facts.get("client_version") else ""
    return f"{audit.pack} on this machine - {told}, {where}{client} - rules as of {audit.context.day}"


def _row(one: Decided, home: Path) -> tuple[str, ...]:
    where = ", ".join(tilde(origin, home) for origin in one.origins) or "-"
    return tuple(harmless(cell) for cell in (f"  {one.verdict.flow}", one.verdict.verdict, one.by, where, one.kept))


def summary(audit: Audit) -> str:
    """How much there is to read, and how to read on."""
    notes = len(audit.findings) - len(audit.actionable)
    parts = [_count(len(audit.actionable), "finding")]
    parts += [_count(notes, "note")] if notes else []
    parts += [f"{len(audit.unknown)} unknown"] if audit.unknown else []
    flow = next((v.flow for v in audit.unknown), None) or next((f.flows[0] for f in audit.findings if f.flows), None)
    return f"{', '.join(parts)}." + (f" Explain one: carnet explain {flow}" if flow else "")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def details(audit: Audit) -> list[str]:
    """Every file that was looked for, and every value that another one shadows."""
    home = Path(audit.machine.home)
    rows = [(f"  {one.layer}", one.state, tilde(one.file, home), one.why) for one in audit.machine.sources]
    return ["", *(harmless(line) for line in (*columns(rows), *_shadowed(audit, home)))]


def _shadowed(audit: Audit, home: Path) -> Iterator[str]:
    """One line for each value that does not count."""
    for name, located in (*audit.machine.env.items(), *audit.machine.settings.items()):
        for old in located.shadowed:
            yield (f"  {setting(name, old.value)}  {tilde(old.place, home)}  shadowed by {tilde(located.place, home)}")


def tilde(text: str, home: Path) -> str:
    """A text with the home's path as `~`."""
    return text.replace(f"{home}/", "~/")
