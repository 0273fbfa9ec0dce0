"""Why a verdict is as it is, and what would make it another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from carnet.model.flow import Control
    from carnet.model.rule import Citation, Rule
    from carnet.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Quote:
    """A cited sentence as a captured version has it."""

    document: str
    """Full name in this store, such as `claude-code/data-usage`."""
    section: tuple[str, ...]
    """Headings above it in that version, outermost first."""
    text: str
    """The sentence; untrusted text."""
    link: str
    """Address of the document."""
    version: str
    """Digest of the version quoted from."""
    captured: datetime
    """Instant of the capture that made this version."""
    first: datetime
    """First capture known here to carry the sentence."""
    last: datetime
    """Last capture known here to carry it."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A citation of a verdict with its sentence, where it was captured here."""

    citation: Citation
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule of the flow that does not decide here, and why."""

    rule: Rule
    why: tuple[str, ...]
    """The conditions that do not hold, in words; a fact that is not known is said to be so."""
    open: bool
    """True where nothing speaks against it but facts that are not known."""


@dataclass(frozen=True, slots=True)
class Way:
    """A one-fact change that gives another verdict, as a person would make it."""

    fact: str
    value: str | bool | float | None
    """What it would have to be; None takes the fact away."""
    one: str
    """The class of that value."""
    verdict: str
    words: str
    """The change in words, such as `DISABLE_TELEMETRY set`."""


@dataclass(frozen=True, slots=True)
class Branch:
    """What one value of a missing fact would settle."""

    fact: str
    values: tuple[str, ...]
    """Classes that all give the same."""
    words: str
    """The values in words, such as `provider bedrock or vertex`."""
    gives: tuple[tuple[str, str], ...]
    """(aspect, value) of everything that hung on the fact."""


@dataclass(frozen=True, slots=True)
class Spell:
    """Since when a verdict has been what it is, for the same context."""

    since: date
    earliest: bool
    """True where no document before that day is known: it may have been so for longer."""
    before: str
    """The verdict until then; empty where none is known."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything there is to say about one flow in one context."""

    flow: str
    title: str
    day: date
    verdict: Verdict
    rule: Rule | None
    """The rule that decides the verdict; None where a missing fact, or silence, leaves it open."""
    also: tuple[Rule, ...]
    """Other rules that hold and give the same verdict."""
    holds: tuple[Rule, ...]
    """Other rules that hold: they decide further aspects, or come after the one that decides."""
    tried: tuple[Tried, ...]
    ways: tuple[Way, ...]
    branches: tuple[Branch, ...]
    spell: Spell | None
    """None where no rule of the flow is known on that day."""
    controls: tuple[Control, ...]
    """What turns this flow off."""

    @property
    def besides(self) -> tuple[Rule, ...]:
        """What holds and is worth telling: beside rules that say, a last one that no document says would mislead."""
        return tuple(rule for rule in self.holds if rule.basis != "silent")
