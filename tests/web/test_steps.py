from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.documents.transitions import DERIVATION
from carnet.web.steps import step_between
from tests.web import sample
from tests.web.sample import FIRST, SECOND, START

if TYPE_CHECKING:
    from carnet.stores.contract import Store


def test_a_step_is_derived_once_and_then_kept(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    store.documents.record([sample.seen(one, START, FIRST), sample.seen(one, START + timedelta(days=1), SECOND)])
    versions = store.documents.versions(one.id)
    assert dict(store.documents.transitions(one.id, derivation=DERIVATION)) == {}
    found = step_between(store.documents, one, versions[:1], versions[1])
    assert (found.added, found.removed) == (2, 1)
    kept = store.documents.transitions(one.id, derivation=DERIVATION)
    assert list(kept) == [(versions[0].digest, versions[1].digest)]
    assert step_between(store.documents, one, versions[:1], versions[1]) == found


def test_a_first_version_counts_from_nothing(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    store.documents.record([sample.seen(one, START, FIRST)])
    found = step_between(store.documents, one, [], store.documents.versions(one.id)[0])
    assert (found.added, found.removed, found.reverts) == (13, 0, None)


def test_a_return_is_told_by_the_history_and_not_by_the_kept_pair(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    hours = timedelta(hours=1)
    store.documents.record([sample.seen(one, START + n * hours, t) for n, t in enumerate(["a\n", "b\n", "a\n", "b\n"])])
    versions = store.documents.versions(one.id)
    assert step_between(store.documents, one, versions[:1], versions[1]).reverts is None
    assert step_between(store.documents, one, versions[:3], versions[3]).reverts == 2
