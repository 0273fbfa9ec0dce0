"""Canonical text of an imported file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carnet.model.document import Document


def derived(document: Document, data: bytes | None) -> tuple[bytes | None, bytes | None, str]:
    """(canonical text, raw bytes where they differ, normaliser) of a file, as a live capture would derive them."""
    return data, None, ""
