from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.documents.transitions import DERIVATION, transitions_of
from carnet.web import memory
from carnet.web.memory import Memory
from tests.web import sample
from tests.web.sample import FIRST, SECOND, START

if TYPE_CHECKING:
    import pytest

    from carnet.stores.contract import Store

DAY = timedelta(days=1)


def test_a_timeline_is_read_once_while_the_document_stands_still(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    store.documents.record([sample.seen(one, START, FIRST), sample.seen(one, START + DAY, SECOND)])
    remembered = Memory()
    first = remembered.timeline(store.documents, one)
    assert first == transitions_of(store.documents, one)
    store.documents.record([sample.seen(one, START + 2 * DAY, SECOND)])  # unchanged: a capture, no version
    assert remembered.timeline(store.documents, one) is first


def test_a_new_version_and_one_in_the_middle_are_seen_at_once(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    remembered = Memory()
    assert remembered.timeline(store.documents, one) == []
    for days, text in ((0, FIRST), (10, SECOND), (5, "Another text.\n")):
        store.documents.record([sample.seen(one, START + days * DAY, text)])
        assert remembered.timeline(store.documents, one) == transitions_of(store.documents, one)


def test_no_more_is_remembered_than_allowed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST", 3)
    pair = [store.documents.add_document(sample.document("c", name)) for name in ("one", "two")]
    for one in pair:
        store.documents.record([sample.seen(one, START, FIRST), sample.seen(one, START + DAY, SECOND)])
    remembered = Memory()
    first = remembered.timeline(store.documents, pair[0])
    remembered.timeline(store.documents, pair[1])
    again = remembered.timeline(store.documents, pair[0])
    assert again == first
    assert again is not first


def test_a_step_is_derived_once_and_then_kept(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    store.documents.record([sample.seen(one, START, FIRST), sample.seen(one, START + DAY, SECOND)])
    old, new = store.documents.versions(one.id)
    found = Memory().step(store.documents, one, old, new)
    assert (found.added, found.removed) == (2, 1)
    assert list(store.documents.transitions(one.id, derivation=DERIVATION)) == [(old.digest, new.digest)]
    assert Memory().step(store.documents, one, old, new) == found


def test_a_first_version_counts_from_nothing(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    store.documents.record([sample.seen(one, START, FIRST)])
    found = Memory().step(store.documents, one, None, store.documents.versions(one.id)[0])
    assert (found.added, found.removed, found.reverts) == (13, 0, None)
