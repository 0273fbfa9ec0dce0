from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.web import sample
from tests.web.sample import START

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from carnet.stores.contract import Store


def test_entries_are_labelled_by_weekday_day_and_time_under_their_month(client: TestClient) -> None:
    text = client.get("/timeline/heron").text
    assert "April 2026" in text
    labels = [part.partition("</time>")[0].rpartition(">")[2] for part in text.split('class="at"')[1:]]
    assert labels[:2] == ["Tue 21 07:09", "Sat 11 12:09"]
    assert labels[-1] == "Wed 1 07:09"


def test_each_document_of_a_day_has_its_counts_and_leads_to_its_comparison(client: TestClient) -> None:
    text = client.get("/timeline/heron").text
    day = text.split("Fri 3 08:09")[1].partition("</li>\n    </li>")[0]
    assert "/documents/heron/terms/2026-04-01T0709..2026-04-03T0809" in day
    assert "+</span>" not in day
    assert "instructions to agents" in text
    assert "reverts" in text
    assert "cosmetic" in text


def test_a_choice_of_two_days_leads_to_a_permalink(client: TestClient) -> None:
    choice = "/timeline/heron?old=2026-04-01T0709&new=2026-04-03T0809"
    found = client.get(choice, follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (303, "/timeline/heron/2026-04-01T0709..2026-04-03T0809")
    one = client.get(f"{choice}&document=terms", follow_redirects=False)
    assert one.headers["location"] == "/documents/heron/terms/2026-04-01T0709..2026-04-03T0809"


def test_a_choice_can_never_lead_to_another_site(client: TestClient) -> None:
    for evil in ("//evil.example", "https://evil.example", "\\\\evil.example", "../../x"):
        path = "/timeline/heron"
        for query in ({"old": evil, "new": evil}, {"old": "a", "new": "b", "document": evil}):
            found = client.get(path, params=query, follow_redirects=False)
            assert found.headers["location"].startswith(("/timeline/heron/", "/documents/heron/"))


def test_days_on_which_nobody_looked_are_not_shown_as_unchanged(store: Store, empty: TestClient) -> None:
    sample.imported(store, "c")
    text = empty.get("/timeline/c").text
    assert "No capture for 34 days" in text


def test_a_year_has_a_page_of_its_own(store: Store, empty: TestClient) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    store.documents.record([sample.seen(one, START + timedelta(days=400 * n), f"{n}\n") for n in range(3)])
    text = empty.get("/timeline/c").text
    assert "June 2028" in text
    assert "April 2026" not in text
    assert "April 2026" in empty.get("/timeline/c?period=2026").text
    assert "Nothing changed in 2020" in empty.get("/timeline/c?period=2020").text


def test_a_collection_without_captures_says_so(store: Store, empty: TestClient) -> None:
    store.documents.add_document(sample.document("c", "one"))
    assert "not yet captured" in empty.get("/timeline/c").text
    assert empty.get("/timeline/c.json").json() == {"collection": "c", "entries": []}


def test_the_json_twin_has_an_entry_for_each_day_with_a_change(client: TestClient) -> None:
    entries = client.get("/timeline/heron.json").json()["entries"]
    assert entries[0] == {"at": "2026-04-01T07:09:00Z", "documents": ["away", "guides/<b>hostile</b>", "held", "terms"]}
    assert [one["at"][:10] for one in entries] == [f"2026-04-{day:02}" for day in (1, 3, 5, 7, 9, 11, 21)]
