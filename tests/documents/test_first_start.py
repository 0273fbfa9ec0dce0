from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from carnet import packs
from carnet.documents import first_start as start
from carnet.documents.first_start import examples_folder, first_start, remove_example
from carnet.model.document import Document

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.stores.contract import Store

NOW = datetime(2026, 8, 22, tzinfo=UTC)


def test_an_empty_store_gets_the_packs_pages_and_an_example(store: Store) -> None:
    assert first_start(store, NOW)

    documents = store.documents.documents()
    pages = [document for document in documents if not document.example]
    examples = [document for document in documents if document.example]
    assert {page.url for page in pages} == {page.url for pack in packs.load() for page in pack.documents}
    assert all(page.watched and store.documents.counts(page.id) == (0, 0) for page in pages)
    assert [document.full_name for document in examples] == ["example/data-usage"]
    assert not examples[0].watched, "what is invented is never fetched"
    assert store.documents.counts(examples[0].id)[1] >= 12


def test_a_second_start_adds_nothing(store: Store) -> None:
    first_start(store, NOW)
    before = store.documents.documents()

    assert not first_start(store, NOW)
    assert store.documents.documents() == before


def test_a_removed_example_stays_removed(store: Store) -> None:
    first_start(store, NOW)

    assert remove_example(store) == 1
    first_start(store, NOW)

    assert [document for document in store.documents.documents() if document.example] == []
    assert remove_example(store) == 0


def test_removed_pages_stay_removed(store: Store) -> None:
    first_start(store, NOW)
    store.documents.remove_documents(store.documents.documents())

    assert not first_start(store, NOW)
    assert store.documents.documents() == []


def test_a_store_somebody_has_begun_is_left_alone(store: Store) -> None:
    store.documents.add_document(Document(0, "mine", "a", "https://a.example"))

    assert not first_start(store, NOW)
    store.documents.remove_documents(store.documents.documents())
    assert not first_start(store, NOW), "also when they have emptied it later"
    assert store.documents.documents() == []


@pytest.mark.parametrize("step", ["_watch_packs", "add_example"])
def test_a_first_start_that_was_cut_off_is_completed(store: Store, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    wrapped = getattr(start, step)

    def cut_off(given: Store) -> None:
        wrapped(given)
        raise KeyboardInterrupt

    monkeypatch.setattr(start, step, cut_off)
    with pytest.raises(KeyboardInterrupt):
        first_start(store, NOW)
    monkeypatch.setattr(start, step, wrapped)

    assert first_start(store, NOW)
    assert len([document for document in store.documents.documents() if document.example]) == 1
    assert not first_start(store, NOW)


def test_the_examples_are_found_beside_the_packs_of_an_installed_carnet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "carnet/packs/examples").mkdir(parents=True)
    monkeypatch.setattr(packs, "__file__", str(tmp_path / "carnet/packs/__init__.py"))

    assert examples_folder() == tmp_path / "carnet/packs/examples"


def test_every_version_of_the_example_says_that_it_is_one() -> None:
    pages = sorted((examples_folder() / "juniper-coder").rglob("*.md"))

    assert len(pages) >= 12
    for page in pages:
        heading, _, first = page.read_text("utf-8").split("\n", 3)[:3]
        assert heading.startswith("# ")
        assert "This page is an example" in first


def test_the_example_shows_what_a_history_can_hold(store: Store) -> None:
    start.add_example(store)
    (document,) = store.documents.documents()
    versions = store.documents.versions(document.id)
    texts = [store.documents.text(version.digest).decode() for version in versions]

    assert len({version.digest for version in versions}) < len(versions), "a return to an earlier text"
    assert sum("<AgentInstructions>" in text for text in texts) == 1
    assert any(len(after) < 0.3 * len(before) for before, after in itertools.pairwise(texts))
    assert {"60 days" in text for text in texts} == {False, True}
    assert (versions[-1].at - versions[0].at).days > 300
