"""What a new version of a document puts in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads the annotation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carnet.model.document import Sentence
    from carnet.model.rule import Citation, Rule


@dataclass(frozen=True, slots=True)
class Stale:
    """A rule whose cited sentence vanished in a transition; never changed by itself, always shown."""

    rule: Rule
    citation: Citation
    sentence: Sentence
    """The sentence as the old version had it."""
    successor: Sentence | None
    """The new sentence nearest to it, as a proposal; None where none is near."""
    reworded: bool
    """True when the successor says nearly the same, no number or negation changed: shown without alarm."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One transition of one document, seen from the rules that stood before it."""

    stale: tuple[Stale, ...]
    """The first signal: cited sentences that are gone."""
    uncovered: tuple[Sentence, ...]
    """The second, lower signal: new sentences no rule covers, in sections a rule cites at either end."""
    cosmetic: bool
    """True when the canonical sentences are unchanged; then both signals are silent."""

    @property
    def alarming(self) -> bool:
        """True when a cited sentence vanished for more than a rewording."""
        return any(not one.reworded for one in self.stale)


@dataclass(frozen=True, slots=True)
class Alert:
    """What one live capture put in doubt, as it is remembered."""

    document: str
    """Full name."""
    pack: str
    at: datetime
    """Instant of the capture."""
    old: str
    """Digest of the version before."""
    new: str
    stale: tuple[str, ...]
    """Ids of rules whose cited sentence vanished."""
    reworded: tuple[str, ...]
    """Ids of rules whose cited sentence says nearly the same in other words."""
    uncovered: int
    """New sentences no rule covers."""
