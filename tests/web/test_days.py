from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.documents.timeline import collection_timeline
from carnet.settings import load
from carnet.web.days import Day, days_of
from carnet.web.site import Site
from tests.web import sample
from tests.web.sample import COSMETIC, FIRST, SECOND, START

if TYPE_CHECKING:
    from carnet.stores.contract import Store


def days(store: Store) -> list[Day]:
    return days_of(Site(store, load({})), "c", collection_timeline(store.documents, "c"), None)


def test_several_versions_of_one_day_count_as_one_step_from_the_day_before(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    day = timedelta(days=1)
    texts = {START: FIRST, START + day: SECOND + "Draft.\n", START + day + timedelta(hours=2): SECOND}
    store.documents.record([sample.seen(one, at, text) for at, text in texts.items()])
    first, second = days(store)
    assert (first.touched[0].added, first.touched[0].removed, first.touched[0].first) == (13, 0, True)
    assert (second.at, second.before) == (START + day + timedelta(hours=2), START)
    assert [(t.added, t.removed) for t in second.touched] == [(2, 1)]
    assert second.touched[0].href == "/documents/c/one/2026-04-01T0709..2026-04-02T0909"
    assert second.href == "/timeline/c/2026-04-01T0709..2026-04-02T0909"


def test_a_text_that_came_and_went_within_a_day_leaves_nothing(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    texts = (FIRST, SECOND, FIRST)
    hours = (0, 24, 25)
    store.documents.record([sample.seen(one, START + timedelta(hours=h), t) for h, t in zip(hours, texts, strict=True)])
    last = days(store)[-1]
    assert [(t.added, t.removed, t.cosmetic) for t in last.touched] == [(0, 0, True)]
    assert last.minor


def test_a_day_of_cosmetic_changes_is_minor(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    day = timedelta(days=1)
    store.documents.record([sample.seen(one, START, SECOND), sample.seen(one, START + day, COSMETIC)])
    first, second = days(store)
    assert (first.minor, second.minor) == (False, True)


def test_a_document_that_disappears_is_an_entry_that_says_so(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    day = timedelta(days=1)
    store.documents.record([sample.seen(one, START, FIRST), sample.seen(one, START + day, None)])
    touched = days(store)[-1].touched[0]
    assert (touched.gone, touched.added, touched.removed) == (True, 0, 13)
