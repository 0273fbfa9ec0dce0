"""The form of a Carnet archive; docs/archive.md describes it for others.

A zip file of two stored members: `history.zst`, a stream of JSON lines each followed by the bytes it announces,
and `manifest.json`, which says what the stream holds and its digest.
"""

from __future__ import annotations

from datetime import datetime, timedelta  # noqa: TC003 - msgspec reads the annotations
from typing import Literal

import msgspec

from carnet.model.document import Media, Outcome  # noqa: TC001 - msgspec reads the annotations

FORMAT = "carnet-archive"
VERSION = 1
MANIFEST = "manifest.json"
HISTORY = "history.zst"

WINDOW_LOG = 27
"""zstd's window: 128 MB, so that a version of a document finds the ones before it."""
LARGEST_BODY = 256 * 1024 * 1024
LARGEST_LINE = 1024 * 1024
"""What a reader takes into memory at once; more is refused, whatever an archive claims."""


class Manifest(msgspec.Struct, frozen=True):
    """manifest.json."""

    format: str
    version: int
    documents: int
    captures: int
    size: int
    """Bytes of the stream when decompressed."""
    sha256: str
    """Of the decompressed stream, hex."""


class DocumentLine(msgspec.Struct, frozen=True, tag="document", omit_defaults=True):
    """A document; the captures up to the next one are its own."""

    collection: str
    name: str
    url: str
    media: Media | None = None
    every: timedelta | None = None
    selector: str = ""
    filters: tuple[str, ...] = ()
    browser: bool = False
    watched: bool = False
    example: bool = False


class Body(msgspec.Struct, frozen=True):
    """Bytes of a capture."""

    sha256: str
    size: int
    given: Literal["here", "before"]
    """`here`: they follow the line; `before`: the same as the last of this kind (text, raw) of this document."""


class ObservationLine(msgspec.Struct, frozen=True, tag="observation", omit_defaults=True):
    """A capture that took part in the history; its text decides whether it made a version."""

    at: datetime
    order: datetime | None = None
    text: Body | None = None
    raw: Body | None = None
    status: int | None = None
    final_url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    source: str = ""
    normaliser: str = ""


class AttemptLine(msgspec.Struct, frozen=True, tag="attempt", omit_defaults=True):
    """A capture that took no part in the history: failed, held, or answered 304."""

    at: datetime
    outcome: Outcome
    why: str = ""
    text: Body | None = None
    raw: Body | None = None
    status: int | None = None
    final_url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    source: str = ""


Line = DocumentLine | ObservationLine | AttemptLine
