"""Finding documents and versions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from carnet.documents.lookup import find_document, members_of, pair_for, version_for
from carnet.errors import AmbiguousError, CarnetError, NotFoundError
from tests import make

if TYPE_CHECKING:
    from carnet.model.document import Document
    from carnet.stores.contract import DocumentStore, Store


@pytest.fixture
def documents(store: Store) -> DocumentStore:
    """An empty store's documents."""
    return store.documents


def page(
    documents: DocumentStore, name: str = "data-usage", collection: str = "agent", hours: tuple[float, ...] = ()
) -> Document:
    """A document with a version at each of these hours."""
    added = documents.add_document(make.document(name, collection))
    documents.record([make.observation(added.id, hour, f"text at {hour}\n".encode()) for hour in hours])
    return added


@pytest.mark.parametrize("name", ["agent/guides/setup", "guides/setup", "setup", " /agent/guides/setup/ "])
def test_the_last_parts_of_a_name_suffice(documents: DocumentStore, name: str) -> None:
    added = page(documents, "guides/setup")

    assert find_document(documents, name) == added


def test_a_source_address_names_its_document(documents: DocumentStore) -> None:
    added = page(documents)

    assert find_document(documents, added.url) == added


def test_a_name_is_never_matched_within_a_part(documents: DocumentStore) -> None:
    page(documents)

    with pytest.raises(NotFoundError, match="did you mean agent/data-usage"):
        find_document(documents, "usage")


def test_a_short_name_of_two_documents_lists_both(documents: DocumentStore) -> None:
    page(documents, collection="a", hours=(0,))
    page(documents, collection="b", hours=(0,))

    with pytest.raises(AmbiguousError, match="a/data-usage, b/data-usage") as caught:
        find_document(documents, "data-usage")
    assert caught.value.candidates == ("a/data-usage", "b/data-usage")


def test_a_document_without_versions_makes_no_name_ambiguous(documents: DocumentStore) -> None:
    page(documents, collection="a")
    captured = page(documents, collection="b", hours=(0,))

    assert find_document(documents, "data-usage") == captured


def test_the_example_makes_no_name_ambiguous(documents: DocumentStore) -> None:
    example = page(documents, collection="example", hours=(0,))
    documents.change_document(replace(example, example=True))
    assert find_document(documents, "data-usage").id == example.id

    real = page(documents, collection="agent", hours=(0,))

    assert find_document(documents, "data-usage") == real
    assert find_document(documents, "example/data-usage").id == example.id


def test_a_full_name_wins_over_a_longer_name_that_ends_so(documents: DocumentStore) -> None:
    added = page(documents, "b", "a", hours=(0,))
    page(documents, "a/b", "c", hours=(0,))

    assert find_document(documents, "a/b") == added


def test_an_unknown_name_in_an_empty_store_says_what_to_do(documents: DocumentStore) -> None:
    with pytest.raises(NotFoundError, match="carnet watch URL"):
        find_document(documents, "x")


@pytest.mark.parametrize("name", ["", "/", "  "])
def test_no_name_names_no_document(documents: DocumentStore, name: str) -> None:
    page(documents)

    with pytest.raises(NotFoundError):
        find_document(documents, name)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2026-04-01", 2),
        ("2026-04-02", 3),
        ("2026-04-03", 3),
        ("2026-04-01T01:00", 1),
        ("2026-04-01T03:59", 1),
        ("2026-04-01T04:00", 2),
        ("2026-04-01T04:00:00Z", 2),
        ("2027-01-01", 3),
    ],
)
def test_a_date_means_the_end_of_that_day(documents: DocumentStore, text: str, number: int) -> None:
    added = page(documents, hours=(1, 4, 30))

    assert version_for(documents, added, text).number == number


def test_an_instant_to_the_minute_means_that_minutes_capture(documents: DocumentStore) -> None:
    added = page(documents, hours=(1, 4 + 30 / 3600))

    assert version_for(documents, added, "2026-04-01T04:00").number == 2
    assert version_for(documents, added, "2026-04-01T04:00:00Z").number == 1


def test_a_version_is_found_by_the_beginning_of_its_digest(documents: DocumentStore) -> None:
    added = page(documents, hours=(1, 4))
    first = documents.versions(added.id)[0]

    assert version_for(documents, added, first.digest[:8].upper()) == first
    with pytest.raises(NotFoundError, match="has no version 00000000"):
        version_for(documents, added, "00000000")


def test_a_returned_text_is_found_by_digest_where_it_stood_last(documents: DocumentStore) -> None:
    added = documents.add_document(make.document())
    documents.record([make.observation(added.id, hour, text) for hour, text in enumerate([b"a\n", b"b\n", b"a\n"])])

    assert version_for(documents, added, documents.versions(added.id)[0].digest).number == 3


def test_before_the_first_version_it_says_when_that_was(documents: DocumentStore) -> None:
    added = page(documents, hours=(5,))

    with pytest.raises(NotFoundError, match="first was captured 2026-04-01 05:00 UTC"):
        version_for(documents, added, "2026-03-31")


def test_an_unreadable_date_tells_the_forms(documents: DocumentStore) -> None:
    added = page(documents, hours=(5,))

    with pytest.raises(CarnetError, match="write 2026-04-22"):
        version_for(documents, added, "last week")


@pytest.mark.parametrize(
    ("span", "numbers"),
    [
        (None, (2, 3)),
        ("", (2, 3)),
        ("2026-04-01..2026-04-02", (2, 3)),
        ("2026-04-01T01:00..2026-04-02", (1, 3)),
        ("2026-04-02..2026-04-01", (3, 2)),
        ("2026-04-01..", (2, 3)),
        ("..2026-04-01", (1, 2)),
        ("2026-04-01", (1, 2)),
        ("2026-04-02..2026-04-03", (3, 3)),
    ],
)
def test_a_span_names_two_versions(documents: DocumentStore, span: str | None, numbers: tuple[int, int]) -> None:
    added = page(documents, hours=(1, 4, 30))

    old, new = pair_for(documents, added, span)

    assert (old.number, new.number) == numbers


def test_one_version_has_nothing_to_compare_with(documents: DocumentStore) -> None:
    added = page(documents, hours=(1,))

    with pytest.raises(NotFoundError, match="nothing before its first version"):
        pair_for(documents, added, None)


def test_no_version_at_all_says_so(documents: DocumentStore) -> None:
    added = page(documents)

    for span in (None, "2026-04-01", "2026-04-01.."):
        with pytest.raises(NotFoundError, match="has no version yet"):
            pair_for(documents, added, span)


def test_a_collection_that_is_not_there_names_those_that_are(documents: DocumentStore) -> None:
    added = page(documents, collection="agent")

    assert members_of(documents, "agent") == [added]
    with pytest.raises(NotFoundError, match="no collection 'agnet'; there is agent"):
        members_of(documents, "agnet")
