from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.history import bookmark
from carnet.documents.history.bookmark import Bookmark
from carnet.model.document import Document, Observation
from tests.documents.history.histories import BEGIN

if TYPE_CHECKING:
    from carnet.stores.contract import Store


def test_a_bookmark_is_read_back(store: Store) -> None:
    document = store.documents.add_document(Document(0, "c", "a", "import:c/a.md"))
    store.documents.record([Observation(document=document.id, at=BEGIN, text=b"one\n")])
    kept = Bookmark("c0ffee", BEGIN, {document.id: 1}, {"a.md": document.id})

    bookmark.write(store, "import:x", kept)

    assert bookmark.read(store, "import:x") == kept


def test_a_bookmark_is_void_when_what_it_stands_for_was_removed(store: Store) -> None:
    document = store.documents.add_document(Document(0, "c", "a", "import:c/a.md"))
    bookmark.write(store, "import:x", Bookmark("c0ffee", BEGIN, {document.id: 1}, {}))

    assert bookmark.read(store, "import:x") is None


def test_a_note_that_is_no_bookmark_is_none(store: Store) -> None:
    store.set_note("import:x", "{]")

    assert bookmark.read(store, "import:x") is None
    assert bookmark.read(store, "import:y") is None


def test_sources_and_the_way_they_are_imported_have_bookmarks_of_their_own() -> None:
    ways = [("a", "b"), ("ab", ""), ("a", "b", "*.md"), ("a", "b", "*.txt")]

    assert len({bookmark.key_of(*way) for way in ways}) == len(ways)
