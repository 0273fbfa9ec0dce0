"""Which documents are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from carnet.documents.capture.schedule import CONFIRM, LONGEST, SPREAD, due, wait
from carnet.model.document import Document, Outcome
from tests import make

if TYPE_CHECKING:
    from carnet.stores.contract import Store

HOUR = timedelta(hours=1)


@pytest.fixture
def document(store: Store) -> Document:
    return store.documents.add_document(make.document())


def is_due(store: Store, document: Document, hours: float) -> bool:
    return due(store, [document], make.at(hours), HOUR) == [document]


def test_a_document_never_captured_is_due(store: Store, document: Document) -> None:
    assert is_due(store, document, 0)


def test_a_document_is_due_again_after_its_time_and_asking_changes_nothing(store: Store, document: Document) -> None:
    store.documents.record([make.observation(document.id, 0)])
    assert not is_due(store, document, 1 - SPREAD - 0.01)
    assert is_due(store, document, 1)
    assert is_due(store, document, 1)


def test_a_document_may_have_a_time_of_its_own(store: Store, document: Document) -> None:
    document = replace(document, every=timedelta(hours=5))
    store.documents.record([make.observation(document.id, 0)])
    assert not is_due(store, document, 2)
    assert is_due(store, document, 5)


def test_an_imported_document_without_an_address_is_never_due(store: Store) -> None:
    document = store.documents.add_document(make.document(url="import:agent/a.md"))
    assert not is_due(store, document, 99)


def test_failures_are_waited_for_longer_and_longer_up_to_a_day(store: Store, document: Document) -> None:
    marks = [(make.at(n), Outcome.FAILED) for n in range(8)]
    waits = [wait(document, marks[:n], HOUR) for n in range(1, 9)]
    assert all(a * 1.5 < b for a, b in pairwise(waits[:5]))
    assert waits[-1] <= LONGEST
    store.documents.record_attempt(make.attempt(document.id, 0, Outcome.FAILED, "no"))
    store.documents.record_attempt(make.attempt(document.id, 1, Outcome.FAILED, "no"))
    assert not is_due(store, document, 2.5)
    assert is_due(store, document, 3)


def test_a_success_ends_the_waiting(document: Document) -> None:
    marks = [(make.at(n), Outcome.FAILED) for n in range(6)] + [(make.at(7), Outcome.UNCHANGED)]
    assert wait(document, marks, HOUR) <= HOUR


def test_a_held_capture_is_looked_at_again_soon(store: Store, document: Document) -> None:
    store.documents.record([make.observation(document.id, 0)])
    store.documents.record_attempt(make.attempt(document.id, 1, Outcome.HELD, "shrank"), text=b"x")
    assert is_due(store, document, 1 + CONFIRM / HOUR)
    assert not is_due(store, document, 1.01)


def test_a_server_that_asked_for_time_gets_it(store: Store, document: Document) -> None:
    failed = replace(make.attempt(document.id, 0, Outcome.FAILED, "busy"), headers=(("retry-after", "18000"),))
    store.documents.record_attempt(failed)
    assert not is_due(store, document, 4)
    assert is_due(store, document, 5)


def test_a_clock_that_went_backwards_makes_a_document_due_once_not_all_the_time(
    store: Store, document: Document
) -> None:
    store.documents.record([make.observation(document.id, 0), make.observation(document.id, 100, b"Later.\n")])
    assert is_due(store, document, 10)
    store.documents.record_attempt(make.attempt(document.id, 10))
    assert not is_due(store, document, 10.1)
    assert is_due(store, document, 11)


def test_documents_are_spread_within_a_tenth_of_their_time() -> None:
    waits = {wait(replace(make.document(), id=n), [(make.at(0), Outcome.NEW)], HOUR) for n in range(50)}
    assert len(waits) > 40
    assert all(HOUR * (1 - SPREAD) <= each <= HOUR for each in waits)
