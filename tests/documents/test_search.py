"""Searching all versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.documents.search import search
from carnet.errors import CarnetError
from carnet.model.found import Spell
from tests import make

if TYPE_CHECKING:
    from carnet.stores.contract import DocumentStore, Store


@pytest.fixture
def documents(store: Store) -> DocumentStore:
    """A page whose rule came, went, came back and went; and one that still has it."""
    texts: dict[str, list[bytes | None]] = {
        "gone": [
            b"# T\n\nnothing\n",
            b"# T\n\n## Keep\n\nKept for **30\ndays** here.\n",
            b"x\n",
            b"kept for 30 days",
            None,
        ],
        "there": [b"# T\n\n## A\n\nWe don\xe2\x80\x99t sell.\n\n## B\n\nAll kept for `30` days.\n"],
    }
    for name, versions in texts.items():
        page = store.documents.add_document(make.document(name))
        store.documents.record([make.observation(page.id, hour, text) for hour, text in enumerate(versions)])
    return store.documents


def test_a_phrase_says_when_it_first_stood_and_when_it_vanished(documents: DocumentStore) -> None:
    there, gone = search(documents, "Kept for 30 DAYS")

    assert gone.spells == (Spell(make.at(1), make.at(2)), Spell(make.at(3), make.at(4)))
    assert (gone.first_at, gone.vanished_at, gone.in_force) == (make.at(1), make.at(4), False)
    assert (there.first_at, there.vanished_at, there.in_force) == (make.at(0), None, True)


def test_documents_that_still_hold_it_come_first(documents: DocumentStore) -> None:
    assert [found.document for found in search(documents, "30 days")] == ["agent/there", "agent/gone"]


def test_the_place_is_named(documents: DocumentStore) -> None:
    found = search(documents, "for 30 days")[0]

    assert (found.section, found.line) == (("B",), 8)
    assert (found.before, found.match, found.after) == ("All kept ", "for `30` days", ".")


def test_long_lines_are_cut_between_words(store: Store) -> None:
    page = store.documents.add_document(make.document())
    store.documents.record([make.observation(page.id, 0, b"wordy " * 40 + b"kept" + b" words" * 40)])

    (found,) = search(store.documents, "kept")

    assert (found.before, found.after) == ("…" + "wordy " * 9, " words" * 9 + "…")


def test_the_excerpt_is_of_the_newest_version_that_holds_it(documents: DocumentStore) -> None:
    gone = search(documents, "30 days")[1]

    assert documents.text(gone.version) == b"kept for 30 days"


@pytest.mark.parametrize("words", ["don't sell", "DON’T  sell", "we don't"])
def test_typographic_apostrophes_and_case_do_not_matter(documents: DocumentStore, words: str) -> None:
    assert [found.document for found in search(documents, words)] == ["agent/there"]


@pytest.mark.parametrize("words", ["60 days", "days 30", "(", "[", ".*", "\\"])
def test_what_stands_nowhere_is_not_found(documents: DocumentStore, words: str) -> None:
    assert search(documents, words) == []


@pytest.mark.parametrize("words", ["", "   ", "\n"])
def test_nothing_to_search_for_is_said(documents: DocumentStore, words: str) -> None:
    with pytest.raises(CarnetError, match="nothing to search for"):
        search(documents, words)


def test_only_the_wanted_collection_is_searched(documents: DocumentStore) -> None:
    assert search(documents, "days", "other") == []


def test_signs_without_a_word_are_found_too(store: Store) -> None:
    page = store.documents.add_document(make.document())
    store.documents.record([make.observation(page.id, 0, "a → b €\n".encode())])

    assert [found.match for found in search(store.documents, "→ B €")] == ["→ b €"]


def test_bytes_that_are_no_utf8_are_searched(store: Store) -> None:
    page = store.documents.add_document(make.document())
    store.documents.record([make.observation(page.id, 0, b"\xff\xfe kept \x00 for ever")])

    assert [found.after for found in search(store.documents, "kept")] == [" \x00 for ever"]


@pytest.mark.corpus
def test_a_phrase_of_the_bundled_history_came_with_the_founding_change(kept: DocumentStore) -> None:
    (found,) = (one for one in search(kept, "customer-managed keys available") if one.document.endswith("/data-usage"))

    assert f"{found.first_at:%Y-%m-%d %H:%M}" == "2026-04-24 07:49"
    assert found.in_force
