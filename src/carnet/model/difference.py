"""What changed between two versions of a document."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carnet.model.document import Version


class Mark(StrEnum):
    """What happened to a line or a span of words."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    MOVED_FROM = "moved-from"
    MOVED_TO = "moved-to"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters within one line; the spans of a line joined give its text."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison."""

    mark: Mark
    old: int | None
    """0-based line number in the old text; None where the line is only in the new one."""
    new: int | None
    """0-based line number in the new text; None where the line is only in the old one."""
    text: str
    """The line without its line end."""
    spans: tuple[Span, ...] = ()
    """Word marks, for a removed or added line that has a counterpart; empty otherwise."""
    pair: int | None = None
    """Line number on the other side of the counterpart (changed or moved line)."""
    unended: bool = False
    """True for a last line without line end, which git counts as different from the same line with one."""


@dataclass(frozen=True, slots=True)
class SentenceChange:
    """A sentence that came or went."""

    mark: Mark
    """ADDED or REMOVED; MOVED_FROM and MOVED_TO for a sentence that is gone here and stands elsewhere now."""
    text: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """A run of changed lines with nothing unchanged between them."""

    section: tuple[str, ...]
    """Headings above the change in the new text (in the old one for a pure removal), outermost first."""
    old_start: int
    """0-based line of the old text where the hunk begins."""
    new_start: int
    lines: tuple[Line, ...]
    sentences: tuple[SentenceChange, ...]
    """Sentences and headings this hunk removes, adds or moves; empty for a cosmetic hunk."""
    cosmetic: bool
    """True when the hunk's canonical sentences are unchanged."""


@dataclass(frozen=True, slots=True)
class Transition:
    """The step from one version to the next, in figures."""

    added: int
    """Lines added, as `git diff --numstat` counts; from empty for the first version."""
    removed: int
    cosmetic: bool
    """True when the canonical sentences are unchanged (link targets, image URLs, padding, banners, white space)."""
    reverts: int | None
    """Number of the earlier version whose text this one equals (A-B-A); None otherwise."""
    injected: bool
    """True when the new text carries instructions addressed to a reader's agent that the old one did not."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of one document, compared; the one source of page, feed, mail and terminal."""

    document: str
    """Full name of the document."""
    old: Version
    new: Version
    added: int
    """Lines added, as `git diff --numstat` counts."""
    removed: int
    cosmetic: bool
    hunks: tuple[Hunk, ...]
