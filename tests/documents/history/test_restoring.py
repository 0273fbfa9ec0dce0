from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from carnet.documents.history import restoring
from carnet.documents.history.exporting import export_archive
from carnet.documents.history.importing import Request, import_history
from carnet.documents.history.step import Quiet
from carnet.errors import CarnetError
from carnet.model.document import Document
from carnet.stores import open_store
from tests.documents.history.archives import fill
from tests.documents.history.histories import Notes, content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from carnet.documents.history.recording import Imported
    from carnet.settings import Settings
    from carnet.stores.contract import Store


@pytest.fixture
def archive(store: Store, tmp_path: Path) -> Path:
    """An archive of a store with every kind of capture."""
    fill(store)
    export_archive(store, tmp_path / "store.carnet", None, Quiet())
    return tmp_path / "store.carnet"


@pytest.fixture
def other(settings: Settings, tmp_path: Path) -> Iterator[Store]:
    """Another, empty store."""
    with closing(open_store(settings.with_option("data", str(tmp_path / "other")))) as opened:
        yield opened


def restore(store: Store, settings: Settings, archive: Path, collection: str | None = None) -> Imported:
    return import_history(store, settings, Request(str(archive), collection))


@pytest.mark.parametrize("batch", [1, 3, 2_000])
def test_a_restored_store_is_equal(
    store: Store, other: Store, settings: Settings, archive: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(restoring, "BATCH_CAPTURES", batch)

    imported = restore(other, settings, archive)

    assert content(other) == content(store)
    assert (imported.documents, imported.captures) == (3, 12)


def test_an_archive_of_a_restored_store_has_the_same_bytes(other: Store, settings: Settings, archive: Path) -> None:
    restore(other, settings, archive)

    export_archive(other, archive.with_name("again"), None, Quiet())

    assert archive.with_name("again").read_bytes() == archive.read_bytes()


def test_restoring_twice_adds_nothing(other: Store, settings: Settings, archive: Path) -> None:
    restore(other, settings, archive)
    before = content(other)

    again = restore(other, settings, archive)

    assert (again.documents, again.captures, again.versions) == (0, 0, 0)
    assert content(other) == before


def test_one_collection_is_restored_alone(other: Store, settings: Settings, archive: Path) -> None:
    imported = restore(other, settings, archive, "d")

    assert [document.full_name for document in other.documents.documents()] == ["d/page"]
    assert imported.collection == "d"


def test_a_collection_the_archive_lacks_is_named(other: Store, settings: Settings, archive: Path) -> None:
    with pytest.raises(CarnetError, match="no collection 'e'"):
        restore(other, settings, archive, "e")


def test_a_name_that_is_taken_by_another_source_stays_with_it(other: Store, settings: Settings, archive: Path) -> None:
    other.documents.add_document(Document(0, "d", "page", "https://elsewhere.example"))
    notes = Notes()

    import_history(other, settings, Request(str(archive), "d"), notes)

    assert {document.url: document.name for document in other.documents.documents()} == {
        "https://elsewhere.example": "page",
        "https://d.example/page": "page-2",
    }
    assert "page-2" in notes.notes[0]


def test_globs_mean_nothing_to_an_archive(other: Store, settings: Settings, archive: Path) -> None:
    with pytest.raises(CarnetError, match="leave out --path"):
        import_history(other, settings, Request(str(archive), None, ("*.md",)))
