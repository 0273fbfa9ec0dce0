from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from carnet.model.document import Capture, Outcome
from carnet.policy.quoting import quote

from .shelves import DAYS, FIRST, KEPT, NOBODY, SECOND, URL, observe, shelve

if TYPE_CHECKING:
    from carnet.stores.contract import Store


def test_a_sentence_is_quoted_from_the_version_the_citation_names(store: Store) -> None:
    shelf = shelve(store.documents, FIRST, SECOND)
    found = quote(store.documents, shelf.cite())
    assert found is not None
    assert (found.text, found.document, found.section, found.link) == (KEPT, "juniper/keeping", ("Logs",), URL)
    assert (found.version, found.captured) == (shelf.versions[0].digest, shelf.versions[0].at)


def test_the_span_ends_with_the_last_capture_that_saw_it(store: Store) -> None:
    shelf = shelve(store.documents, FIRST, SECOND)
    store.documents.record([observe(shelf.document, DAYS[0].replace(day=20), FIRST)])
    found = quote(store.documents, shelf.cite(until=DAYS[1]))
    assert found is not None
    assert (found.first, found.last) == (shelf.versions[0].at, datetime(2031, 5, 20, 8, 30, tzinfo=UTC))


def test_a_sentence_that_vanished_unknown_to_the_pack_is_not_said_to_stand(store: Store) -> None:
    shelf = shelve(store.documents, FIRST, SECOND)
    found = quote(store.documents, shelf.cite())
    assert found is not None
    assert found.last == shelf.versions[0].at


def test_a_sentence_that_stands_in_the_newest_version_was_last_seen_by_its_last_capture(store: Store) -> None:
    shelf = shelve(store.documents, FIRST, SECOND)
    store.documents.record([observe(shelf.document, DAYS[2], SECOND)])
    found = quote(store.documents, shelf.cite(NOBODY))
    assert found is not None
    assert (found.first, found.last) == (shelf.versions[0].at, datetime(2031, 7, 1, 8, 30, tzinfo=UTC))


def test_a_failed_fetch_saw_nothing(store: Store) -> None:
    shelf = shelve(store.documents, FIRST)
    failed = Capture(0, shelf.document.id, datetime(2031, 7, 1, tzinfo=UTC), Outcome.FAILED, "no route")
    store.documents.record_attempt(failed)
    found = quote(store.documents, shelf.cite())
    assert found is not None
    assert found.last == shelf.versions[0].at


def test_the_collection_does_not_matter(store: Store) -> None:
    shelf = shelve(store.documents, FIRST, collection="elsewhere")
    found = quote(store.documents, shelf.cite())
    assert found is not None
    assert (found.document, found.link) == ("elsewhere/keeping", "")


def test_a_later_version_with_the_same_sentence_speaks_where_the_named_one_is_missing(store: Store) -> None:
    shelf = shelve(store.documents, FIRST)
    found = quote(store.documents, replace(shelf.cite(), version="feedfeedfeedfeed"))
    assert found is not None
    assert (found.text, found.version) == (KEPT, shelf.versions[0].digest)


@pytest.mark.parametrize("texts", [(), (SECOND,), (None,)])
def test_what_was_never_captured_is_not_quoted(store: Store, texts: tuple[str | None, ...]) -> None:
    cite = shelve(store.documents, FIRST, collection="other").cite()
    store.documents.remove_documents(store.documents.documents("other"))
    shelve(store.documents, *texts)
    assert quote(store.documents, cite) is None


def test_a_history_of_many_versions_names_the_last_that_carried_it(store: Store) -> None:
    texts = [FIRST, FIRST + "\nMore.\n", SECOND]
    shelf = shelve(store.documents, *texts)
    found = quote(store.documents, shelf.cite())
    assert found is not None
    assert (found.first, found.last) == (shelf.versions[0].at, shelf.versions[1].at)
