from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from carnet import packs
from carnet.documents.history.importing import Request, default_collection, import_history
from carnet.errors import CarnetError
from carnet.model.document import Document, Observation, Version
from tests.documents.history.histories import BEGIN, Notes, Repository, content

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.documents.history.recording import Imported
    from carnet.settings import Settings
    from carnet.stores.contract import Store


@pytest.fixture
def git(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "docs.git")


def run(store: Store, settings: Settings, source: object, *globs: str, collection: str | None = None) -> Imported:
    return import_history(store, settings, Request(str(source), collection, globs))


def versions(store: Store, name: str) -> list[Version]:
    (document,) = [document for document in store.documents.documents() if document.name == name]
    return store.documents.versions(document.id)


def texts(store: Store, name: str) -> list[bytes]:
    return [b"" if version.gone else store.documents.text(version.digest) for version in versions(store, name)]


def test_every_commit_becomes_a_capture_and_every_change_a_version(
    store: Store, settings: Settings, git: Repository
) -> None:
    git.commit({"a.md": b"one\n", "b.md": b"b\n"})
    git.commit({"a.md": b"two\n"})
    git.commit({"a.md": b"one\n"})

    imported = run(store, settings, git.path)

    assert (imported.collection, imported.documents, imported.captures) == ("docs", 2, 3)
    assert (imported.versions, imported.texts) == (4, 3)
    assert texts(store, "a") == [b"one\n", b"two\n", b"one\n"]
    assert [version.at for version in versions(store, "a")] == [BEGIN + timedelta(days=day) for day in range(3)]


def test_a_second_import_adds_nothing(store: Store, settings: Settings, git: Repository) -> None:
    git.commit({"a.md": b"one\n"})
    git.commit({"a.md": b"two\n"})
    run(store, settings, git.path)
    before = content(store)

    again = run(store, settings, git.path)

    assert (again.documents, again.captures, again.versions, again.texts) == (0, 0, 0, 0)
    assert content(store) == before


def test_an_import_without_its_bookmark_adds_nothing_either(store: Store, settings: Settings, git: Repository) -> None:
    for number, hour in enumerate((5, 5, 3, 6, 6)):
        git.commit({"a.md": b"%d\n" % (number % 2)}, BEGIN.replace(hour=hour))
    run(store, settings, git.path)
    before = content(store)

    with patch("carnet.documents.history.bookmark.read", return_value=None):
        again = run(store, settings, git.path)

    assert again.captures == 0
    assert content(store) == before


def test_a_later_import_reads_only_what_is_new(store: Store, settings: Settings, git: Repository) -> None:
    git.commit({"a.md": b"one\n"})
    run(store, settings, git.path)
    git.commit({"a.md": b"two\n"})
    notes = Notes()

    imported = import_history(store, settings, Request(str(git.path)), notes)

    assert notes.totals == [1]
    assert (imported.captures, imported.versions) == (1, 1)
    assert texts(store, "a") == [b"one\n", b"two\n"]


def test_documents_removed_since_are_imported_again(store: Store, settings: Settings, git: Repository) -> None:
    git.commit({"a.md": b"one\n", "b.md": b"b\n"})
    run(store, settings, git.path)
    before = content(store)
    store.documents.remove_documents(store.documents.documents())

    assert run(store, settings, git.path).captures == 1
    assert content(store) == before


def test_a_rewritten_history_is_imported_beside_what_was_there(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    first = Repository(tmp_path / "first/docs.git")
    first.commit({"a.md": b"one\n"})
    run(store, settings, first.path)
    (tmp_path / "first/docs.git").rename(tmp_path / "old.git")
    second = Repository(tmp_path / "first/docs.git")
    second.commit({"a.md": b"one\n"})
    second.commit({"a.md": b"two\n"})

    run(store, settings, second.path)

    assert texts(store, "a") == [b"one\n", b"two\n"]


def test_equal_instants_keep_the_historys_order(store: Store, settings: Settings, git: Repository) -> None:
    for text in (b"one\n", b"two\n", b"three\n"):
        git.commit({"a.md": text}, BEGIN)
    git.commit({"a.md": b"four\n"}, BEGIN - timedelta(days=1))

    run(store, settings, git.path)

    assert texts(store, "a") == [b"one\n", b"two\n", b"three\n", b"four\n"]
    assert [version.at for version in versions(store, "a")] == [BEGIN, BEGIN, BEGIN, BEGIN - timedelta(days=1)]


def test_a_deletion_and_a_return_are_versions(store: Store, settings: Settings, git: Repository) -> None:
    git.commit({"a.md": b"one\n", "b.md": b"b\n"})
    git.commit({"a.md": None})
    git.commit({"a.md": b"one\n"})

    run(store, settings, git.path)

    assert [version.gone for version in versions(store, "a")] == [False, True, False]


def test_bytes_are_kept_as_they_came(store: Store, settings: Settings, git: Repository) -> None:
    odd = [b"no end", b"crlf\r\n\r\n", b"\xff\xfe\x00 no utf-8", b"", b"\xef\xbb\xbfbom\n", b"x" * 1_000_000]
    for number, text in enumerate(odd):
        git.commit({"a.md": text, "tick.txt": b"%d" % number})

    run(store, settings, git.path)

    assert texts(store, "a") == odd


def test_an_import_joins_a_document_with_live_captures(store: Store, settings: Settings, git: Repository) -> None:
    (pack,) = [pack for pack in packs.load() if pack.id == "claude-code"]
    page = next(page for page in pack.documents if page.name == "data-usage")
    watched = store.documents.add_document(Document(0, pack.id, page.name, page.url, watched=True))
    for day, text in ((1, b"B\n"), (5, b"D\n")):
        at = BEGIN + timedelta(days=day)
        store.documents.record([Observation(document=watched.id, at=at, text=text, status=200)])
    for day, text in ((0, b"A\n"), (2, b"B\n"), (3, b"C\n")):
        git.commit({"data-usage.md": text}, BEGIN + timedelta(days=day))

    import_history(store, settings, Request(str(git.path), pack=pack))

    assert [document.id for document in store.documents.documents()] == [watched.id]
    assert texts(store, "data-usage") == [b"A\n", b"B\n", b"C\n", b"D\n"]


def test_a_bundle_gives_what_its_repository_gives(
    store: Store, settings: Settings, git: Repository, tmp_path: Path
) -> None:
    git.commit({"a.md": b"one\n"})
    git.commit({"a.md": b"two\n"})
    run(store, settings, git.bundle(tmp_path / "docs.bundle"))
    before = content(store)

    assert run(store, settings, git.path).captures == 0, "the same commits are the same captures"
    assert content(store) == before


def test_a_folder_of_dated_files_is_imported(store: Store, settings: Settings, tmp_path: Path) -> None:
    top = tmp_path / "pages"
    top.mkdir()
    (top / "a.2026-01-02.md").write_bytes(b"two\n")
    (top / "a.2026-01-01.md").write_bytes(b"one\n")

    first, second = run(store, settings, top), run(store, settings, top)

    assert (first.collection, first.captures, first.versions) == ("pages", 2, 2)
    assert second.captures == 0
    assert texts(store, "a") == [b"one\n", b"two\n"]


def test_only_wanted_files_are_taken(store: Store, settings: Settings, git: Repository) -> None:
    git.commit({"docs/a.md": b"a\n", "blog/b.md": b"b\n"})

    run(store, settings, git.path, "docs/*.md", collection="mine")

    assert [document.full_name for document in store.documents.documents()] == ["mine/docs/a"]


def test_a_source_without_documents_says_what_was_looked_for(store: Store, settings: Settings, git: Repository) -> None:
    git.commit({"run.py": b"x\n"})

    with pytest.raises(CarnetError, match="it holds no file to import"):
        run(store, settings, git.path)
    with pytest.raises(CarnetError, match=r"\*\.rst"):
        run(store, settings, git.path, "*.rst")


@pytest.mark.parametrize(
    ("source", "collection"),
    [
        ("https://host.example/a/claude-docs.git", "claude-docs"),
        ("https://host.example/a/claude-docs/", "claude-docs"),
        ("git@host.example:docs.git", "docs"),
        ("ssh://host.example/srv/docs.git?x=1", "docs"),
    ],
)
def test_a_collection_is_named_after_the_source(source: str, collection: str) -> None:
    assert default_collection(source) == collection


def test_a_folder_gives_its_name_to_the_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs/.git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "docs")

    assert [default_collection(name) for name in (".", "../docs/", ".git")] == ["docs", "docs", "docs"]


@pytest.mark.corpus
def test_the_bundled_history_is_imported_in_full(store: Store, settings: Settings, bundle: Path) -> None:
    imported = run(store, settings, bundle)

    assert imported.collection == "claude-code-docs"
    assert (imported.documents, imported.captures, imported.versions, imported.texts) == (15, 188, 740, 732)
    counts = {document.name: store.documents.counts(document.id)[1] for document in store.documents.documents()}
    assert (counts["data-usage"], counts["settings"], counts["zero-data-retention"]) == (43, 152, 13)


@pytest.mark.corpus
def test_with_the_pack_the_bundled_history_is_the_watch_list(store: Store, settings: Settings, bundle: Path) -> None:
    pack = packs.named("claude-code")

    imported = import_history(store, settings, Request(str(bundle), pack=pack))

    assert (imported.collection, imported.documents, imported.versions) == ("claude-code", 15, 740)
    assert {document.url for document in store.documents.documents()} <= {page.url for page in pack.documents}


def test_pages_and_pdfs_are_read_as_live_ones_are(store: Store, settings: Settings, git: Repository) -> None:
    page = b"<main><h1>Keeping</h1><p>Kept for %d days, then deleted.</p></main>"
    git.commit({"keeping.html": page % 30})
    git.commit({"keeping.html": page % 60})

    run(store, settings, git.path)

    first, second = versions(store, "keeping")
    assert b"30 days" in store.documents.text(first.digest)
    assert b"<p>" not in store.documents.text(first.digest)
    assert store.documents.raw(second.capture) == page % 60
    assert first.normaliser == second.normaliser != ""


@pytest.mark.corpus
def test_naming_the_pack_later_adopts_what_was_imported_without_it(
    store: Store, settings: Settings, bundle: Path
) -> None:
    import_history(store, settings, Request(str(bundle), "claude-code"))
    before = {document.name: document.id for document in store.documents.documents()}

    second = import_history(store, settings, Request(str(bundle), pack=packs.named("claude-code")))

    after = store.documents.documents()
    assert {document.name: document.id for document in after} == before
    assert all(document.url.startswith("https://") for document in after)
    assert second.captures == 0
    assert import_history(store, settings, Request(str(bundle), "claude-code")).captures == 0
    assert len(store.documents.documents()) == 15
