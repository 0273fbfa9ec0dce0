"""A pack's cases: contexts and the verdicts its author expects, so that a rule cannot change unnoticed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.policy.compile import compile_tables
from carnet.policy.contexts import read_context
from carnet.policy.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from carnet.model.verdict import Verdict
    from carnet.policy.rulebook import Rulebook

EXPECTED = {"verdicts": "verdict", "retention": "retention", "training": "training"}
"""Table of a case -> the verdict's attribute it speaks of."""


@dataclass(frozen=True, slots=True)
class Case:
    """One context and what is expected of it."""

    name: str
    where: str
    """File and number, for messages."""
    context: Mapping[str, object]
    expected: tuple[tuple[str, str, str], ...]
    """(flow, attribute, value)."""


def read_cases(folder: Path) -> list[Case]:
    """All cases of a pack's folder. Raises CarnetError naming file and case for what cannot be used."""
    return [case for file in sorted((folder / "cases").glob("*.toml")) for case in _read(file)]


def _read(file: Path) -> list[Case]:
    try:
        tree = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CarnetError(f"{file}: the pack's file cannot be read: {error}") from error
    day, rows = tree.get("as_of"), tree.get("case", [])
    if not isinstance(day, date) or not isinstance(rows, list):
        raise CarnetError(f"{file}: give as_of = DATE and then [[case]] tables")
    return [_case(row, f"{file}: case {number}", day) for number, row in enumerate(rows, 1)]


def _case(row: object, where: str, day: date) -> Case:
    if not isinstance(row, dict) or not isinstance(row.get("context"), dict) or not set(row) & set(EXPECTED):
        raise CarnetError(f"{where}: a case has a name, a context, and some of {', '.join(EXPECTED)}")
    if unknown := sorted(set(row) - {"name", "context", *EXPECTED}):
        raise CarnetError(f"{where}: unknown key {unknown[0]!r}")
    expected = tuple(
        (flow, attribute, str(value))
        for table, attribute in EXPECTED.items()
        for flow, value in row.get(table, {}).items()
    )
    return Case(str(row.get("name", "")), where, {**row["context"], "as_of": day.isoformat()}, expected)


def failures(cases: list[Case], rulebook: Rulebook, today: date) -> list[str]:
    """One line for every expectation that does not come out; empty where all do."""
    return [line for case in cases for line in _failures(case, rulebook, today)]


def _failures(case: Case, rulebook: Rulebook, today: date) -> list[str]:
    context = read_context(case.context, rulebook, today)
    found: dict[str, Verdict] = {one.flow: one for one in resolve(compile_tables(rulebook, context.day), context.facts)}
    lines = []
    for flow, attribute, value in case.expected:
        got = getattr(found[flow], attribute) if flow in found else "no such flow"
        if got != value:
            lines.append(f"{case.where} ({case.name}): {flow} {attribute} should be {value}, is {got}")
    return lines
