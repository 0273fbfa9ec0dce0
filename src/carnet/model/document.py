"""Documents, their captures and their versions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class Media(StrEnum):
    """What kind of text a document is; decides how canonical text is derived from the raw bytes."""

    MARKDOWN = "markdown"
    HTML = "html"
    TEXT = "text"
    PDF = "pdf"


class Outcome(StrEnum):
    """How a capture ended."""

    NEW = "new"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Document:
    """A vendor page that is watched, keyed by its source URL within its collection."""

    id: int
    """Row identity in this store; 0 before the store has given one."""
    collection: str
    """Name of the collection, such as `claude-code`."""
    name: str
    """Name within the collection: the path without suffix, such as `data-usage` or `guides/setup`."""
    url: str
    """Source URL. An import without one has `import:COLLECTION/PATH`, which is never fetched."""
    media: Media | None = None
    """Kind of text; None lets each capture's Content-Type decide."""
    every: timedelta | None = None
    """Wanted time between captures; None means the setting `watch.every`."""
    selector: str = ""
    """CSS selector of the main content (HTML only); empty lets the extractor find it."""
    filters: tuple[str, ...] = ()
    """CSS selectors of parts to drop before extraction (HTML only)."""
    browser: bool = False
    """True when a browser renders the page before its text is taken (needs the extra `carnet[browser]`)."""
    watched: bool = False
    """True when the watcher captures it on schedule."""
    example: bool = False
    """True for the invented history that ships with Carnet; every page says so."""

    @property
    def full_name(self) -> str:
        """The unambiguous name, `COLLECTION/NAME`."""
        return f"{self.collection}/{self.name}"


@dataclass(frozen=True, slots=True)
class Observation:
    """What one capture saw, as handed to the store; the store decides new or unchanged."""

    document: int
    """Id of the document."""
    at: datetime
    """Instant of the capture (aware, UTC)."""
    text: bytes | None
    """Canonical text; None says the document was not there (deleted, 404 or 410)."""
    raw: bytes | None = None
    """Bytes as they came when they differ from `text`; None where the text is the raw bytes."""
    order: datetime | None = None
    """Position in the history where it differs from `at` (an imported clock that went backwards)."""
    status: int | None = None
    """HTTP status; None for an import."""
    final_url: str = ""
    """Address after redirects; empty where it is the document's own."""
    headers: tuple[tuple[str, str], ...] = ()
    """Response headers kept as evidence and for the next conditional request (ETag, Last-Modified, ...)."""
    source: str = ""
    """Where it came from: empty for a live capture, else the import's origin (`git COMMIT`, `folder FILE`)."""
    normaliser: str = ""
    """Id of the derivation that made `text` from `raw`; empty where the text is the bytes as they came."""


@dataclass(frozen=True, slots=True)
class Capture:
    """One fetch of a document at one instant, as recorded."""

    id: int
    document: int
    at: datetime
    """Instant of the capture (aware, UTC)."""
    outcome: Outcome
    why: str = ""
    """Reason of a failure or a hold, in words; empty otherwise."""
    status: int | None = None
    digest: str = ""
    """SHA-256 (hex) of the canonical text seen; empty where there was none."""
    size: int = 0
    """Bytes of the canonical text."""
    headers: tuple[tuple[str, str], ...] = ()
    final_url: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A capture that took no part in the history (failed, held, or a 304), with the bytes kept of it."""

    capture: Capture
    text: bytes | None = None
    """Canonical text it saw (a held one); None where there was none."""
    raw: bytes | None = None
    """Bytes as they came, where they are kept."""


@dataclass(frozen=True, slots=True)
class Version:
    """Canonical text of a document that differs from the one before; points at its capture."""

    document: int
    number: int
    """1 for the first; dense, in the history's order."""
    at: datetime
    """Instant of the capture that first showed it (aware, UTC)."""
    digest: str
    """SHA-256 (hex) of the canonical text; the `version` of JSON answers."""
    size: int
    """Bytes of the canonical text."""
    capture: int
    """Id of the capture."""
    gone: bool = False
    """True when the document was not there from this instant on; its text is empty."""
    normaliser: str = ""
    """Derivation that made the text; a change of it never looks like a vendor's change."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A unit of a version that survives edits elsewhere."""

    text: str
    """The sentence as a reader sees it: markup and link targets dropped, white space collapsed."""
    section: tuple[str, ...]
    """Headings above it, outermost first, without the document's title."""
    line: int
    """First line (0-based) in the canonical text."""
    fingerprint: str
    """`s1:` and 16 hex digits of SHA-256 over the normalised text."""
