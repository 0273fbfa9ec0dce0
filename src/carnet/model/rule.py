"""Rules, the sentences they cite, and the controls they read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

ASPECTS = (
    "verdict",
    "necessity",
    "purposes",
    "recipients",
    "retention",
    "training",
    "transit",
    "at_rest",
    "cache",
    "says",
)
"""What a rule can decide, each on its own: the first rule in order that holds and names an aspect decides it."""

Value = str | tuple[str, ...]
"""An aspect's value: one word, or a tuple of them (purposes, recipients)."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence a rule rests on: document, section and fingerprint, never the sentence itself."""

    document: str
    """Name of the document within the pack, such as `data-usage`."""
    section: str
    """Innermost heading above the sentence."""
    fingerprint: str
    """`s1:` and 16 hex digits (see Sentence)."""
    version: str
    """Digest (or a prefix of it) of the first captured version that carries the sentence."""
    since: date
    """Day (UTC) of that capture."""
    until: date | None = None
    """First day on which the sentence no longer stands so; None while it does."""


@dataclass(frozen=True, slots=True)
class Test:
    """One condition of a rule: a fact is in one of these classes."""

    fact: str
    """Dotted name, such as `env.DISABLE_TELEMETRY`."""
    classes: frozenset[str]
    """Classes of the fact for which the condition holds."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One `when` -> `then`, with the sentences that say so and the days it holds."""

    id: str
    flow: str
    when: tuple[Test, ...]
    """All must hold; empty holds always (a flow's default)."""
    then: tuple[tuple[str, Value], ...]
    """(aspect, value) pairs this rule decides."""
    means: str
    """The rule in Carnet's own words."""
    cites: tuple[Citation, ...]
    since: date
    """First day (UTC) on which a capture is known to show it."""
    until: date | None = None
    """First day on which it no longer stands; None while it does."""
    supersedes: tuple[str, ...] = ()
    basis: str = "documented"
    """`documented`, `observed` (seen on the wire), `silent` (no document says), `inferred` or `own` (a promise)."""
    conflict: str = ""
    """What another document, or the table of the same one, says against it, in Carnet's own words."""
    where: str = ""
    """File and rule number, for messages."""
