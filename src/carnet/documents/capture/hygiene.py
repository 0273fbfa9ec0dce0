"""Which live captures are believed at once, and which wait for a second one that agrees.

A broken fetch looks like a vendor's change: a page that shrank, a page that is gone, a site that changed as a whole.
Such a capture is held with the text it saw. The next capture decides: one that agrees makes it count from the instant
it was first seen; one that shows the old text again drops it; one that shows something else is judged on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SHRUNK = 0.3
"""A text shorter than this share of the one before is held."""
ALIKE = 0.1
"""Two captures of a page that differs a little at every fetch agree when their lengths differ by no more than this."""
MASS_GONE = 0.2
"""Share of a collection's documents that may be gone in one run before the run itself is doubted."""
MASS_CHANGED = 0.6
"""Share of a collection's documents that may change wildly in one run before the run itself is doubted."""
LEAST = 5
"""Documents that a run must have captured of a collection for their number to say anything."""
WILD = 0.5
"""A change is wild when less than this share of the old lines is still there."""


class Doubt(StrEnum):
    """Why a capture is not believed at once."""

    NONE = ""
    SHRUNK = "shrunk"
    GONE = "gone"
    WILD = "wild"
    """Believed alone, doubted where most of the collection changed so in one run."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a capture saw, reduced to what decides: length and digest; no digest where nothing was there."""

    digest: str
    size: int


def doubt(old: bytes, new: bytes) -> Doubt:
    """The doubt about a text that replaces another."""
    if len(new) < SHRUNK * len(old):
        return Doubt.SHRUNK
    before = set(old.splitlines())
    stayed = len(before & set(new.splitlines()))
    return Doubt.WILD if before and stayed < WILD * len(before) else Doubt.NONE


def agrees(held: Sight, seen: Sight) -> bool:
    """Whether a second capture confirms a held one."""
    if held.digest == seen.digest:
        return True
    if not held.digest or not seen.digest:
        return False
    return abs(held.size - seen.size) <= ALIKE * max(held.size, seen.size)


@dataclass(frozen=True, slots=True)
class Run:
    """A collection's part of one run, in figures."""

    documents: int
    """Captured in this run, failed ones included."""
    gone: int
    wild: int
    """Changed wildly or shrunk."""

    def doubted(self) -> str:
        """Why the run as a whole is doubted, in words; empty when it is not."""
        if self.documents < LEAST:
            return ""
        if self.gone > MASS_GONE * self.documents:
            return f"{self.gone} of {self.documents} documents of the collection are gone in one run"
        if self.gone + self.wild > MASS_CHANGED * self.documents:
            return f"{self.gone + self.wild} of {self.documents} documents of the collection changed wholly in one run"
        return ""


def held_because(doubts: Doubt, old_size: int, new_size: int, run: str) -> str:
    """Why a capture is held, in words; empty when it is not."""
    if run and doubts is not Doubt.NONE:
        return f"{run}; waiting for a second capture that agrees"
    if doubts is Doubt.GONE:
        return "not there any more; waiting for a second capture that agrees"
    if doubts is Doubt.SHRUNK:
        return f"shrank from {old_size:,} to {new_size:,} bytes; waiting for a second capture that agrees"
    return ""


def count(doubts: Sequence[Doubt], documents: int) -> Run:
    """The figures of a collection's part of a run."""
    gone = sum(1 for each in doubts if each is Doubt.GONE)
    return Run(documents, gone, sum(1 for each in doubts if each in {Doubt.SHRUNK, Doubt.WILD}))
