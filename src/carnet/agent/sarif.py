"""An audit as SARIF 2.1.0, the form in which code reviews show findings at a file's line."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from carnet import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.agent.audit import Audit
    from carnet.model.finding import Finding

LEVELS = {"high": "error", "medium": "warning", "low": "note", "note": "note"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LINE = re.compile(r"(.+?):(\d+)", re.DOTALL)

Answer = dict[str, object]


def sarif(audit: Audit) -> Answer:
    """The findings of an audit, one result each; files of project and home by paths relative to them."""
    findings = audit.findings
    rules = list(dict.fromkeys(finding.id for finding in findings))
    roots = _roots(audit)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(rules, findings)},
                "originalUriBaseIds": {name: {"uri": _address(root) + "/"} for name, root in roots},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, rules.index(finding.id), roots) for finding in findings],
                "properties": {"asOf": audit.context.day.isoformat(), "pack": audit.pack},
            }
        ],
    }


def _roots(audit: Audit) -> list[tuple[str, str]]:
    """Where paths begin, the project before the home: a review knows its repository."""
    named = (("PROJECT", audit.machine.project), ("HOME", audit.machine.home))
    return [(name, root.rstrip("/\\")) for name, root in named if root]


def _driver(rules: Sequence[str], findings: Sequence[Finding]) -> Answer:
    first = {finding.id: finding for finding in reversed(findings)}
    return {
        "name": "Carnet",
        "version": __version__,
        "rules": [
            {
                "id": rule,
                "name": "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", rule)),
                "shortDescription": {"text": rule.replace(".", ": ").replace("-", " ")},
                "defaultConfiguration": {"level": LEVELS[first[rule].severity]},
            }
            for rule in rules
        ],
    }


def _result(finding: Finding, rule: int, roots: Sequence[tuple[str, str]]) -> Answer:
    return {
        "ruleId": finding.id,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": _text(f"{finding.title}\nFix: {finding.fix}" if finding.fix else finding.title)},
        "locations": [_location(finding.where, roots)],
        "properties": {"severity": finding.severity, "flows": list(finding.flows)},
    }


def _location(where: str, roots: Sequence[tuple[str, str]]) -> Answer:
    match = _LINE.fullmatch(where)
    file, line = (match[1], int(match[2])) if match else (where, 0)
    if not _is_path(file):
        return {"logicalLocations": [{"name": _text(where), "kind": "variable"}]}
    region = {"region": {"startLine": line}} if line > 0 else {}
    return {"physicalLocation": {"artifactLocation": _artifact(file, roots), **region}}


def _is_path(text: str) -> bool:
    return text.startswith("/") or PureWindowsPath(text).is_absolute()


def _artifact(file: str, roots: Sequence[tuple[str, str]]) -> Answer:
    path = file.replace("\\", "/") if PureWindowsPath(file).is_absolute() and not file.startswith("/") else file
    for name, root in roots:
        base = root.replace("\\", "/")
        if path.startswith(f"{base}/"):
            return {"uri": _quoted(path[len(base) + 1 :]), "uriBaseId": name}
    return {"uri": _address(path)}


def _address(path: str) -> str:
    whole = path.replace("\\", "/") if not path.startswith("/") else str(PurePosixPath(path))
    return f"file://{'' if whole.startswith('/') else '/'}{_quoted(whole)}"


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"), safe="/:~@!$&'()*+,;=-._")


def _text(text: str) -> str:
    """Text that JSON can carry, whatever bytes a file's name has."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
