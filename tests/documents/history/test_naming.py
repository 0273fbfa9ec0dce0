from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from carnet.documents.history.naming import Naming, checked_collection
from carnet.documents.history.step import Seen
from carnet.model.document import Document, Media
from carnet.packs import Pack, PackDocument
from tests.documents.history.histories import Notes

if TYPE_CHECKING:
    from carnet.stores.contract import Store

URL = "https://agent.example/docs/data-usage.md"
PACK = Pack(
    id="agent",
    title="Agent",
    agent="Agent",
    folder=Path(),
    documents=(PackDocument(URL, "data-usage", ("data-usage.md", "en/data-usage.md"), Media.MARKDOWN),),
    histories=(),
)


def naming(store: Store, pack: Pack | None = None, claims: dict[str, int] | None = None) -> Naming:
    return Naming(store.documents, "agent", pack, claims or {})


def assign(names: Naming, *paths: str, notes: Notes | None = None) -> dict[str, Document]:
    """Path -> document; a path that begins with `-` is gone."""
    seen = [Seen(path.lstrip("-"), path.lstrip("-"), None if path.startswith("-") else bytes) for path in paths]
    return {one.path: document for one, document in names.assign(seen, notes or Notes())}


def test_a_file_is_its_own_document_by_path(store: Store) -> None:
    found = assign(naming(store), "guides/setup.md", "a.html")

    assert [(document.name, document.url, document.media) for document in found.values()] == [
        ("a", "import:agent/a.html", Media.HTML),
        ("guides/setup", "import:agent/guides/setup.md", Media.MARKDOWN),
    ]
    assert assign(naming(store), "guides/setup.md") == {"guides/setup.md": found["guides/setup.md"]}


def test_the_second_of_two_files_with_one_name_keeps_its_suffix_and_says_so(store: Store) -> None:
    notes = Notes()

    found = assign(naming(store), "a.md", "a.txt", notes=notes)

    assert {path: document.name for path, document in found.items()} == {"a.md": "a", "a.txt": "a.txt"}
    assert notes.notes == ["a.txt is imported as a.txt: a is already import:agent/a.md"]


def test_without_a_pack_a_watched_page_of_that_name_stays_another_document(store: Store) -> None:
    watched = store.documents.add_document(Document(0, "agent", "data-usage", URL, watched=True))
    notes = Notes()

    found = assign(naming(store), "data-usage.md", notes=notes)

    assert found["data-usage.md"].id != watched.id
    assert found["data-usage.md"].name == "data-usage.md"
    assert "--pack" in notes.notes[0]


def test_with_a_pack_a_file_is_the_page_on_the_watch_list(store: Store) -> None:
    watched = store.documents.add_document(Document(0, "agent", "data-usage", URL, watched=True))

    assert assign(naming(store, PACK), "docs/data-usage.md") == {"docs/data-usage.md": watched}


def test_a_page_imported_without_its_pack_becomes_the_packs_page_later(store: Store) -> None:
    before = assign(naming(store), "data-usage.md", "other.md")

    after = assign(naming(store, PACK), "data-usage.md", "other.md")

    assert after["data-usage.md"] == replace(before["data-usage.md"], url=URL)
    assert after["other.md"] == before["other.md"]
    assert [document.name for document in store.documents.documents()] == ["data-usage", "other"]


def test_a_page_that_was_named_after_its_path_takes_the_packs_name(store: Store) -> None:
    before = assign(naming(store), "docs/data-usage.md")["docs/data-usage.md"]

    after = assign(naming(store, PACK), "docs/data-usage.md")["docs/data-usage.md"]

    assert (before.name, after.id, after.name) == ("docs/data-usage", before.id, "data-usage")


def test_imported_again_without_the_pack_a_files_document_is_still_its_own(store: Store) -> None:
    first = assign(naming(store), "data-usage.md")["data-usage.md"]
    assign(naming(store, PACK), "data-usage.md")

    again = Naming(store.documents, "agent", None, {}, [first.id])

    assert assign(again, "data-usage.md")["data-usage.md"].id == first.id


def test_of_two_files_of_one_page_the_more_precise_path_is_it(store: Store) -> None:
    found = assign(naming(store, PACK), "de/data-usage.md", "en/data-usage.md")

    assert found["en/data-usage.md"].url == URL
    assert found["de/data-usage.md"].url == "import:agent/de/data-usage.md"


def test_a_page_stays_with_its_file_while_that_is_there(store: Store) -> None:
    names = naming(store, PACK)
    first = assign(names, "de/data-usage.md")["de/data-usage.md"]

    second = assign(names, "en/data-usage.md")["en/data-usage.md"]

    assert first.url == URL
    assert second.url == "import:agent/en/data-usage.md"
    assert assign(naming(store, PACK, names.claims), "en/data-usage.md") == {"en/data-usage.md": second}


def test_a_page_that_moves_to_another_path_is_not_gone(store: Store) -> None:
    names = naming(store, PACK)
    page = assign(names, "en/data-usage.md")["en/data-usage.md"]

    assert assign(names, "-en/data-usage.md", "docs/data-usage.md") == {"docs/data-usage.md": page}
    assert assign(names, "-docs/data-usage.md") == {"docs/data-usage.md": page}


def test_a_vanished_file_that_was_never_taken_is_no_document(store: Store) -> None:
    assert assign(naming(store), "-too-large.md") == {}
    assert store.documents.documents() == []


@pytest.mark.parametrize("name", ["docs", "claude-code", "Ümläut 1.0"])
def test_a_collection_may_be_called_what_an_address_can_hold(name: str) -> None:
    assert checked_collection(name) == name
