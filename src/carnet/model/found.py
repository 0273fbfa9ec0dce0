"""Where a phrase stands or stood in the history of a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Spell:
    """A run of versions that hold a phrase."""

    first_at: datetime
    """Capture that first showed the phrase (aware, UTC)."""
    vanished_at: datetime | None
    """Capture that first showed the document without it; None while it is in force."""


@dataclass(frozen=True, slots=True)
class Found:
    """One document that holds, or once held, a phrase."""

    document: str
    """Full name of the document."""
    spells: tuple[Spell, ...]
    """Oldest first; more than one where the phrase vanished and came back."""
    version: str
    """Digest of the newest version that holds the phrase; the excerpt below is from it."""
    section: tuple[str, ...]
    """Headings above the first place it stands, outermost first."""
    line: int
    """That place's line (0-based)."""
    before: str
    match: str
    """The phrase as the document writes it."""
    after: str

    @property
    def first_at(self) -> datetime:
        """Capture that first showed the phrase."""
        return self.spells[0].first_at

    @property
    def vanished_at(self) -> datetime | None:
        """Capture that showed the document without it for good; None while it is in force."""
        return self.spells[-1].vanished_at

    @property
    def in_force(self) -> bool:
        """True when the document's newest version holds the phrase."""
        return self.spells[-1].vanished_at is None
