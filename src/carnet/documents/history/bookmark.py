"""How far a git history has been recorded, so that the next import of it begins there."""

from __future__ import annotations

import hashlib
from datetime import datetime  # noqa: TC003 - msgspec reads the annotation
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from carnet.stores.contract import Store


class Bookmark(msgspec.Struct, frozen=True):
    """The last recorded commit of one source, one collection, one set of globs."""

    commit: str
    order: datetime
    documents: dict[int, int]
    """Document id -> captures this history gave it."""
    claims: dict[str, int]
    """Path -> document id of a pack's pages."""


def key_of(*parts: str) -> str:
    """Name of the note for a source as it is imported."""
    return "import:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def read(store: Store, key: str) -> Bookmark | None:
    """The bookmark, where what it stands for is still in the store: documents may have been removed since."""
    note = store.note(key)
    if note is None:
        return None
    try:
        bookmark = msgspec.json.decode(note, type=Bookmark)
    except msgspec.DecodeError:
        return None
    kept = all(store.documents.counts(number)[0] >= captures for number, captures in bookmark.documents.items())
    return bookmark if kept else None


def write(store: Store, key: str, bookmark: Bookmark) -> None:
    """Keep the bookmark; called only after what it stands for is recorded."""
    store.set_note(key, msgspec.json.encode(bookmark).decode())
