from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.web.periods import MOST
from tests.web import sample
from tests.web.sample import START

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from carnet.stores.contract import Store

TERMS = "/documents/heron/terms"


def test_every_version_is_an_entry_with_its_marks(client: TestClient) -> None:
    text = client.get(TERMS).text
    assert text.count("data-entry") == 6
    assert "instructions to agents" in text
    assert ">cosmetic<" in text
    assert ">first<" in text


def test_a_text_that_came_and_was_taken_back_is_folded(client: TestClient) -> None:
    text = client.get(TERMS).text
    fold = text.partition('<details class="fold">')[2].partition("</details>")[0]
    assert "Changed and taken back: 2 entries" in fold
    assert "same text as 2026-04-05 09:09 UTC" in fold
    assert "taken back 2026-04-09 11:09 UTC" in fold
    assert fold.count("data-entry") == 2


def test_the_two_newest_versions_are_chosen_to_begin_with(client: TestClient) -> None:
    text = client.get(TERMS).text
    assert 'name="new" value="2026-04-11T1209" aria-label="Compare to 2026-04-11 12:09 UTC" checked' in text
    assert 'name="old" value="2026-04-09T1109" aria-label="Compare from 2026-04-09 11:09 UTC" checked' in text


def test_a_choice_of_two_versions_leads_to_a_permalink(client: TestClient) -> None:
    found = client.get(f"{TERMS}?old=2026-04-01T0709&new=2026-04-11T1209", follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (303, f"{TERMS}/2026-04-01T0709..2026-04-11T1209")


def test_silence_is_shown_as_unknown(store: Store, empty: TestClient) -> None:
    sample.imported(store, "c")
    text = empty.get("/documents/c/policy").text
    assert "No capture for 34 days" in text
    # between the entries it parts, newest first
    assert text.index("Thu 7 07:09") < text.index("No capture for 34") < text.index("Fri 3 07:09")


def test_states_are_said_in_words(client: TestClient) -> None:
    assert "Could not be fetched" in client.get("/documents/heron/never").text
    assert "Not yet captured" in client.get("/documents/heron/never").text
    assert "Held until a second capture confirms it" in client.get("/documents/heron/held").text
    assert ">gone<" in client.get("/documents/heron/away").text
    assert "This document is invented" in client.get("/documents/lark/data-usage").text


def test_a_source_that_is_no_web_address_is_no_link(store: Store, empty: TestClient) -> None:
    from dataclasses import replace  # noqa: PLC0415 - one test

    store.documents.add_document(replace(sample.document("c", "x"), url="javascript:alert(1)"))
    assert 'href="javascript' not in empty.get("/documents/c/x").text


def test_a_very_long_timeline_is_shown_by_month(store: Store, empty: TestClient) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    texts = [sample.seen(one, START + timedelta(hours=n), f"{n}\n") for n in range(MOST + 1)]
    store.documents.record(texts)
    text = empty.get("/documents/c/one").text
    assert text.count("data-entry") < MOST
    assert 'href="/documents/c/one?period=2026-04"' in text
    assert len(empty.get("/documents/c/one.json").json()["entries"]) == MOST + 1
