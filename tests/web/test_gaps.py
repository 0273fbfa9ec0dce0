from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.model.document import Capture, Outcome
from carnet.web.gaps import Gap, gaps_between, gaps_of
from tests.web import sample
from tests.web.sample import START

if TYPE_CHECKING:
    from carnet.stores.contract import Store

DAY = timedelta(days=1)


def test_silence_before_a_change_is_a_gap(store: Store) -> None:
    document = sample.imported(store, "c")
    instants = [version.at for version in store.documents.versions(document.id)]
    assert gaps_between(store, [document], instants) == [Gap(START + 2 * DAY, START + 36 * DAY)]


def test_a_look_that_found_nothing_new_ends_the_gap_there(store: Store) -> None:
    document = sample.imported(store, "c")
    instants = [version.at for version in store.documents.versions(document.id)]
    store.documents.record_attempt(Capture(0, document.id, START + 20 * DAY, Outcome.UNCHANGED, status=304))
    assert gaps_between(store, [document], instants) == [Gap(START + 20 * DAY, START + 36 * DAY)]


def test_steady_looks_leave_no_gap(store: Store) -> None:
    document = sample.imported(store, "c")
    instants = [version.at for version in store.documents.versions(document.id)]
    store.documents.record_attempt(Capture(0, document.id, START + 34 * DAY, Outcome.FAILED, "no answer"))
    assert gaps_between(store, [document], instants) == []


def test_a_commit_that_changed_a_sibling_was_a_look_at_every_imported_document(store: Store) -> None:
    document = sample.imported(store, "c")
    sibling = store.documents.add_document(sample.document("c", "sibling"))
    store.documents.record([sample.seen(sibling, START + 30 * DAY, "Sibling.\n", source="git 9")])
    instants = [version.at for version in store.documents.versions(document.id)]
    assert gaps_of(store, document, instants) == [
        Gap(START + 2 * DAY, START + 30 * DAY),
        Gap(START + 30 * DAY, START + 36 * DAY),
    ]


def test_a_watched_document_answers_for_itself_alone(store: Store) -> None:
    document = store.documents.add_document(sample.document("c", "live", watched=True))
    sibling = store.documents.add_document(sample.document("c", "sibling", watched=True))
    store.documents.record([sample.seen(document, START, "a\n"), sample.seen(document, START + 9 * DAY, "b\n")])
    store.documents.record([sample.seen(sibling, START + 8 * DAY, "c\n")])
    assert gaps_of(store, document, [START, START + 9 * DAY]) == [Gap(START, START + 9 * DAY)]


def test_a_document_without_versions_has_no_gaps(store: Store) -> None:
    assert gaps_of(store, store.documents.add_document(sample.document("c", "none")), []) == []
