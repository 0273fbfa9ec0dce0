"""The inbox tells everything but the words; they are shown once somebody asks for them by name, and that is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.records import holding
from carnet.web.pages import feedback
from tests.records.kept import ACME, ANN, PAT
from tests.web.pages.test_records import words
from tests.web.reported import HOSTILE, issued, shared, wrote

if TYPE_CHECKING:
    import pytest
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf

TALK: list[object] = [{"role": "user", "content": "SEALED words of a prompt " + HOSTILE}]
REPORT = "/intake/feedback/report"


def readings(shelf: Shelf) -> list[dict[str, object]]:
    found = [opening for _, opening in shelf.store.catalogue.openings(10)]
    return [one["details"] for one in found if one["event"] == "reading"]  # type: ignore[misc]


def opened(client: TestClient, record: str) -> tuple[int, str]:
    answer = client.post(REPORT, data={"record": record})
    return answer.status_code, answer.text


def test_with_no_report_it_says_how_to_send_one(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    assert "/api/feedback" in signed_in.get("/intake/feedback").text


def test_the_inbox_tells_whose_until_when_and_why_and_no_word(signed_in: TestClient, shelf: Shelf) -> None:
    wrote(shelf, "SEALED words of a report", TALK)
    shared(shelf.later(days=1), TALK, account=PAT)
    shelf.kept("SEALED words of an exchange")
    shelf.kept("SEALED words of a local transcript", kind="transcript", flow="local-transcripts")
    page = signed_in.get("/intake/feedback").text
    text = words(page)
    for part in ("Shared transcript cd34", "in 6 months", "Feedback ab12", ANN, "in 4 years 11 months", "2031-04-01"):
        assert part in text
    assert "SEALED" not in page
    assert 'href="/explain/feedback?' in page
    twin = signed_in.get("/intake/feedback.json").json()
    assert [(one["receipt"], one["flow"]) for one in twin["feedback"]] == [
        ("cd34", "transcript-share"),
        ("ab12", "feedback"),
    ]
    assert "SEALED" not in str(twin)
    assert [one["receipt"] for one in signed_in.get(f"/intake/feedback.json?org={ACME}").json()["feedback"]] == ["ab12"]


def test_a_public_issue_stands_with_its_report_and_is_no_report(signed_in: TestClient, shelf: Shelf) -> None:
    report = wrote(shelf, "SEALED words of a report", TALK)
    wrote(shelf, "SEALED of another", TALK, receipt="ef56")
    assert "none was made of it" in signed_in.get(f"{REPORT}?record={report}").text
    note = issued(shelf.later(days=1), "https://tracker.test/acme/agent/issues/7")
    twin = signed_in.get("/intake/feedback.json").json()["feedback"]
    assert {one["receipt"]: one["issue"] for one in twin} == {
        "ab12": "https://tracker.test/acme/agent/issues/7", "ef56": None,
    }  # fmt: skip
    for address in ("/intake/feedback", f"{REPORT}?record={report}"):
        page = signed_in.get(address).text
        assert 'href="https://tracker.test/acme/agent/issues/7"' in page
        assert "SEALED" not in page
    assert signed_in.get(f"{REPORT}?record={note}").status_code == 404
    assert readings(shelf) == []


def test_an_issue_whose_address_is_not_known_is_told_without(signed_in: TestClient, shelf: Shelf) -> None:
    wrote(shelf, "SEALED words of a report", TALK)
    issued(shelf.later(minutes=1), "")
    assert "made a public issue" in signed_in.get("/intake/feedback").text


def test_nothing_is_opened_before_it_is_asked_for(signed_in: TestClient, shelf: Shelf) -> None:
    record = wrote(shelf, "SEALED words of a report", TALK)
    for address in (REPORT, f"{REPORT}.json"):
        answer = signed_in.get(address, params={"record": record})
        assert answer.status_code == 200
        assert "SEALED" not in answer.text
    assert readings(shelf) == []


def test_what_is_opened_is_shown_escaped_and_logged(signed_in: TestClient, shelf: Shelf) -> None:
    record = wrote(shelf, "SEALED words of a report " + HOSTILE, TALK)
    status, page = opened(signed_in, record)
    assert status == 200
    assert "SEALED words of a report &lt;script&gt;" in page
    assert "SEALED words of a prompt &lt;script&gt;" in page
    assert "<script>window" not in page
    assert "2 × github-pat" in words(page)
    assert readings(shelf) == [{"record": record, "flow": "feedback", "door": "page"}]
    assert f"Read by a page (feedback): record {record}" in words(signed_in.get("/log").text)
    answer = signed_in.post(REPORT, data={"record": record})
    assert answer.headers["cache-control"] == "no-store"


def test_no_other_record_is_opened_whoever_asks(signed_in: TestClient, shelf: Shelf) -> None:
    others = (
        shelf.kept("SEALED words of an exchange"),
        shelf.kept("SEALED words of a local transcript", kind="transcript", flow="local-transcripts"),
        "0" * 32,
        "",
        "x" * 5000,
    )
    for record in others:
        status, page = opened(signed_in, record)
        assert status == 404
        assert "SEALED" not in page
    assert readings(shelf) == []


def test_what_was_erased_or_has_ended_is_not_shown(signed_in: TestClient, shelf: Shelf) -> None:
    gone, ended = wrote(shelf, "words", []), shared(shelf, TALK)
    shelf.erase(session="feedback ab12", account=ANN)
    assert opened(signed_in, gone)[0] == 404
    shelf.later(days=200)
    assert opened(signed_in, ended)[0] == 404


def test_strangers_and_other_sites_open_nothing(stranger: TestClient, shelf: Shelf) -> None:
    record = wrote(shelf, "SEALED words of a report", TALK)
    assert "SEALED" not in opened(stranger, record)[1]
    assert readings(shelf) == []


def test_a_form_from_another_site_opens_nothing(signed_in: TestClient, shelf: Shelf) -> None:
    record = wrote(shelf, "SEALED words of a report", TALK)
    answer = signed_in.post(REPORT, data={"record": record}, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert readings(shelf) == []


def test_what_is_held_counts_no_days(signed_in: TestClient, shelf: Shelf) -> None:
    record = wrote(shelf, "words", [])
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("feedback ab12"), "case 17", shelf.now)
    text = words(signed_in.get("/intake/feedback").text)
    assert "Held until released the rules say 2031-04-01" in text
    assert "in 4 years" not in text
    assert "when it is released" in words(signed_in.get(REPORT, params={"record": record}).text)


def test_pages_lead_from_one_to_the_next(signed_in: TestClient, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "PAGE", 2)
    for number in range(5):
        wrote(shelf.later(minutes=1), "words", [], f"{number}")
        shelf.kept("no report", session="s9", kind="transcript", flow="local-transcripts")
        shared(shelf.later(minutes=1), [], f"t{number}")
    seen, address = [], "/intake/feedback"
    while address:
        assert signed_in.get(address).status_code == 200
        twin = signed_in.get(address.replace("feedback", "feedback.json", 1)).json()
        seen += [one["receipt"] for one in twin["feedback"]]
        address = twin["older"]
    assert seen == ["t4", "4", "t3", "3", "t2", "2", "t1", "1", "t0", "0"]
    assert signed_in.get("/intake/feedback?before=x").status_code == 400


def test_a_report_that_was_put_by_hand_is_shown_as_it_is(signed_in: TestClient, shelf: Shelf) -> None:
    record = shelf.kept("by hand <b>", kind="feedback", flow="feedback")
    assert "put by hand" in signed_in.get("/intake/feedback").text
    assert "by hand &lt;b&gt;" in opened(signed_in, record)[1]
