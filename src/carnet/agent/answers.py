"""An audit as plain values: what `--json` prints and the pages' twins say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.agent.secrets import shown
from carnet.policy.answers import verdict_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carnet.agent.audit import Audit
    from carnet.agent.decided import Decided
    from carnet.model.finding import Finding
    from carnet.model.machine import Located, Source, VoidFile

Answer = dict[str, object]


def audit_answer(audit: Audit) -> Answer:
    """Every verdict, every value with its origin, every void file, every finding. No secret's value."""
    machine = audit.machine
    return {
        "pack": audit.pack,
        "as_of": audit.context.day.isoformat(),
        "flows": [_flow(one) for one in audit.decided],
        "settings": _located(machine.settings),
        "env": _located(machine.env),
        "waiting": _located(machine.waiting),
        "void_files": [_void(file) for file in machine.void_files],
        "files": [_file(source) for source in machine.sources],
        "findings": [finding_answer(finding) for finding in audit.findings],
    }


def finding_answer(finding: Finding) -> Answer:
    return {
        "id": finding.id,
        "severity": finding.severity,
        "title": finding.title,
        "where": finding.where,
        "fix": finding.fix,
        "flows": list(finding.flows),
    }


def _flow(one: Decided) -> Answer:
    named = [{"name": name, **_origin(name, located)} for name, located in one.named]
    return {**verdict_answer(one.verdict), "kept": one.kept, "decided_by": {"text": one.by, "set": named}}


def _located(values: Mapping[str, Located]) -> Answer:
    return {
        name: {
            **_origin(name, located),
            "shadowed": [_origin(name, old) for old in located.shadowed],
        }
        for name, located in sorted(values.items())
    }


def _origin(name: str, located: Located) -> Answer:
    return {
        "value": shown(name, located.value),
        "layer": located.layer,
        "file": located.file or None,
        "line": located.line or None,
    }


def _void(file: VoidFile) -> Answer:
    return {
        "file": file.file,
        "why": file.why,
        "layer": file.layer,
        "line": file.line or None,
        "lost": list(file.lost),
    }


def _file(source: Source) -> Answer:
    return {
        "layer": source.layer,
        "tier": source.tier or None,
        "file": source.file,
        "state": source.state,
        "why": source.why,
    }
