"""Timelines: when a document, or a collection of them, changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.model.difference import Transition
    from carnet.model.document import Version


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """One version in a document's timeline."""

    version: Version
    transition: Transition


@dataclass(frozen=True, slots=True)
class CollectionEntry:
    """One UTC day on which any document of a collection changed."""

    at: datetime
    """The day's last capture that changed something (aware, UTC)."""
    documents: tuple[str, ...]
    """Names (within the collection) of the documents that changed on that day, sorted."""
