"""The strip of captures of one document: which mark stands where. Shapes tell states apart, not colours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.model.document import Outcome
from carnet.web.words import counted, lasting, long_instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

KINDS = {
    Outcome.NEW: "changed",
    Outcome.UNCHANGED: "unchanged",
    Outcome.FAILED: "failed",
    Outcome.HELD: "held",
}
WIDTH = 264
"""Pixels a strip may take; older marks are left out."""
SPACE = 3
SLACK = timedelta(days=7)
"""Longest time between two captures that is no gap where no rhythm is known (an imported history)."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark of a strip."""

    kind: str
    """changed, unchanged, failed, held or gap."""
    width: int
    title: str = ""
    x: int = 0
    label: str = ""
    """Words beside the mark in the legend."""


@dataclass(frozen=True, slots=True)
class Strip:
    """The newest captures of a document as marks, oldest first."""

    marks: tuple[Mark, ...]
    width: int
    summary: str
    """The same in words."""


@dataclass(frozen=True, slots=True)
class _Run:
    kind: str
    first: datetime
    last: datetime
    count: int = 1


def strip(captures: Sequence[tuple[datetime, Outcome]], every: timedelta | None, room: int = WIDTH) -> Strip:
    """Marks of captures, oldest first. Captures alike in a row that changed nothing share one longer mark."""
    slack = max(every * 3, timedelta(minutes=10)) if every else SLACK
    marks = [_mark(run) for run in _runs(captures, slack)]
    kept: list[Mark] = []
    width = 0
    for mark in reversed(marks):
        if width + mark.width > room:
            break
        kept.insert(0, mark)
        width += mark.width + SPACE
    return Strip(
        _placed(kept), max(width - SPACE, 1), _summary(captures, [mark for mark in marks if mark.kind == "gap"])
    )


def legend() -> tuple[Mark, ...]:
    return (
        Mark("changed", 5, label="changed"),
        Mark("unchanged", 8, label="checked, unchanged (longer: many times)"),
        Mark("failed", 9, label="could not be fetched"),
        Mark("held", 10, label="held until confirmed"),
        Mark("gap", 14, label="no capture: nobody looked, or nobody says"),
    )


def _runs(captures: Sequence[tuple[datetime, Outcome]], slack: timedelta) -> list[_Run]:
    runs: list[_Run] = []
    for at, outcome in captures:
        kind = KINDS[outcome]
        before = runs[-1] if runs else None
        if before and at - before.last > slack:
            runs.append(_Run("gap", before.last, at))
            before = None
        if before and before.kind == kind and kind in {"unchanged", "failed"}:
            runs[-1] = _Run(kind, before.first, at, before.count + 1)
        else:
            runs.append(_Run(kind, at, at))
    return runs


def _mark(run: _Run) -> Mark:
    match run.kind:
        case "changed":
            return Mark("changed", 5, f"changed {long_instant(run.first)}")
        case "unchanged":
            return Mark("unchanged", 8 + min(24, 4 * (run.count.bit_length() - 1)), _spoken(run, "unchanged"))
        case "failed":
            return Mark("failed", 9, _spoken(run, "could not be fetched"))
        case "held":
            return Mark("held", 10, f"held until confirmed, {long_instant(run.first)}")
        case _:
            width = 8 + min(16, 2 * (run.last - run.first).days.bit_length())
            return Mark("gap", width, f"no capture for {lasting(run.last - run.first)}, from {long_instant(run.first)}")


def _spoken(run: _Run, what: str) -> str:
    if run.count == 1:
        return f"{what} {long_instant(run.first)}"
    return f"{what}, {run.count:,} captures, {long_instant(run.first)} to {long_instant(run.last)}"


def _placed(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    placed, x = [], 0
    for mark in marks:
        placed.append(Mark(mark.kind, mark.width, mark.title, x, mark.label))
        x += mark.width + SPACE
    return tuple(placed)


def _summary(captures: Sequence[tuple[datetime, Outcome]], gaps: Sequence[Mark]) -> str:
    if not captures:
        return "no captures"
    parts = [
        f"{sum(KINDS[outcome] == kind for _, outcome in captures)} {word}"
        for kind, word in (("changed", "changed"), ("unchanged", "unchanged"), ("failed", "failed"), ("held", "held"))
        if any(KINDS[outcome] == kind for _, outcome in captures)
    ]
    shown = f"The newest {counted(len(captures), 'capture')}: {', '.join(parts)}"
    return f"{shown}; {counted(len(gaps), 'gap')} without a capture" if gaps else shown
