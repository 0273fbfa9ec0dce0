"""One line of an audit or drift report."""

from __future__ import annotations

from dataclasses import dataclass

SEVERITIES = ("high", "medium", "low", "note")
"""Gravest first. A `note` says what its reader should know; nothing has to be done."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as its owner thinks or wants, where, and how to fix it. Never a secret's value."""

    id: str
    """Stable id, family and name: `opt-out.undocumented-value`."""
    severity: str
    """One of `SEVERITIES`."""
    title: str
    """One sentence: what is, in our own words."""
    where: str
    """`file:line`, `file`, or `environment NAME`."""
    fix: str
    """One sentence: what to do."""
    flows: tuple[str, ...] = ()
    """Flows it touches, where it touches some."""
    key: str = ""
    """The variable or settings key it is about (`env.NAME`, `settings.KEY`), for whoever writes the fix."""
