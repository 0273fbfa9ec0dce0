"""What is known before a capture."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.documents.capture.known import Known, known
from carnet.model.document import Outcome
from tests import make

if TYPE_CHECKING:
    from carnet.model.document import Document
    from carnet.stores.contract import Store


def look(store: Store, document: Document) -> Known:
    return known(store, [document])[document.id]


def test_validators_are_those_of_the_last_answer_that_is_the_text_in_force(store: Store) -> None:
    document = store.documents.add_document(make.document())
    assert look(store, document).validators(document) is None
    seen = replace(make.observation(document.id, 1), headers=(("etag", '"1"'),), status=200)
    store.documents.record([seen])
    found = look(store, document).validators(document)
    assert found is not None
    assert (found.url, found.etag) == (document.url, '"1"')
    store.documents.record_attempt(make.attempt(document.id, 2, Outcome.FAILED, "no"))
    assert look(store, document).validators(document) == found


def test_validators_of_an_imported_or_another_text_are_not_used(store: Store) -> None:
    document = store.documents.add_document(make.document())
    store.documents.record([replace(make.observation(document.id, 1), headers=(("etag", '"1"'),))])
    store.documents.record([make.observation(document.id, 2, b"Imported.\n", source="git 1")])
    assert look(store, document).validators(document) is None


def test_validators_belong_to_the_address_that_answered(store: Store) -> None:
    document = store.documents.add_document(make.document())
    moved = replace(make.observation(document.id, 1), headers=(("etag", '"1"'),), final_url="https://new.test/a.md")
    store.documents.record([moved])
    found = look(store, document).validators(document)
    assert found is not None
    assert found.url == "https://new.test/a.md"


def test_a_hold_is_open_until_another_capture_sees_the_document(store: Store) -> None:
    document = store.documents.add_document(make.document())
    store.documents.record([make.observation(document.id, 1)])
    held = store.documents.record_attempt(make.attempt(document.id, 2, Outcome.HELD, "shrank"), text=b"x")
    store.documents.record_attempt(make.attempt(document.id, 3, Outcome.FAILED, "no"))
    assert look(store, document).held == held
    store.documents.record_attempt(make.attempt(document.id, 4))
    assert look(store, document).held is None


def test_a_capture_by_a_clock_that_went_backwards_takes_its_place_behind_the_newest(store: Store) -> None:
    document = store.documents.add_document(make.document())
    store.documents.record([make.observation(document.id, 5)])
    found = look(store, document)
    assert found.order(make.at(6)) is None
    assert found.order(make.at(1)) == make.at(5) + timedelta(microseconds=1)
