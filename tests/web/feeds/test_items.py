from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.settings import load
from carnet.web.feeds.items import MOST, items
from carnet.web.site import Site
from tests.web import sample
from tests.web.sample import START

if TYPE_CHECKING:
    from carnet.stores.contract import Store


def site(store: Store) -> Site:
    return Site(store, load({}))


def titles(store: Store, name: str) -> list[str]:
    return [item.title for item in items(site(store), [one for one in store.documents.documents() if one.name == name])]


def test_cosmetic_versions_are_no_items_and_a_return_is_one(store: Store) -> None:
    sample.fill(store)
    found = titles(store, "terms")
    assert found == [
        "terms: 4 added, 0 removed [instructions to agents]",
        "terms: 1 added, 1 removed [reverted]",
        "terms: 2 added, 1 removed",
        "terms: first version",
    ]


def test_an_example_says_so_in_its_title(store: Store) -> None:
    sample.fill(store)
    assert all("[EXAMPLE]" in title for title in titles(store, "data-usage"))


def test_a_document_that_is_gone_is_an_item(store: Store) -> None:
    sample.fill(store)
    assert titles(store, "away")[0] == "away: removed by its publisher"


def test_a_failed_check_and_an_unchanged_one_add_no_item(store: Store) -> None:
    sample.fill(store)
    assert titles(store, "never") == []
    assert titles(store, "held") == ["held: first version"]


def test_ids_are_stable_when_history_grows_and_differ_from_each_other(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    texts = [sample.seen(one, START + timedelta(days=n), f"There are {n} ways.\n") for n in range(4)]
    store.documents.record(texts[:3])
    before = [item.id for item in items(site(store), [one])]
    store.documents.record(texts[3:])
    after = [item.id for item in items(site(store), [one])]
    assert after[1:] == before
    assert len(set(after)) == 4
    assert all(item.startswith("urn:uuid:") for item in after)


def test_a_feed_is_bounded_and_newest_first(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    texts = [sample.seen(one, START + timedelta(hours=n), f"There are {n} ways.\n") for n in range(MOST + 5)]
    store.documents.record(texts)
    found = items(site(store), [one])
    assert len(found) == MOST
    assert [item.at for item in found] == sorted((item.at for item in found), reverse=True)


def test_an_item_carries_the_rendered_changes_and_no_markup_of_the_document(store: Store) -> None:
    sample.fill(store)
    terms = [one for one in store.documents.documents() if one.name == "terms"]
    assert "sixty" in items(site(store), terms)[2].html
    hostile = [one for one in store.documents.documents() if "hostile" in one.name]
    html = items(site(store), hostile)[0].html
    assert "More." in html
    for markup in ("<script", "<img", "<iframe", "<style", 'javascript:window.pwned=3"'):
        assert markup not in html
