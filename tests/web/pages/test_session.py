from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.records import holding
from carnet.web.record_addresses import of_session
from tests.records.kept import ACME, ANN, PAT, QUINN
from tests.web.pages.test_records import words

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf

S1 = {"org": ACME, "account": ANN, "session": "s1"}


def held(shelf: Shelf) -> dict[str, str]:
    return {one.session.name: one.reason for one in shelf.store.catalogue.holds()}


def test_a_session_says_what_it_has_and_when_it_goes(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept("x" * 10)
    shelf.later(days=1).kept("x" * 5, kind="feedback", flow="feedback")
    shelf.kept(session="other")
    page = signed_in.get(of_session(ACME, ANN, "s1"))
    text = words(page.text)
    assert "2 records, 15 bytes." in text
    assert "30 days 1 none 10 bytes 2026-05-01 09:30 UTC in 29 days 2026-05-01 09:30 UTC" in text
    assert "5 years 1 none 5 bytes" in text
    assert "Hold it for a reason" in text
    assert "Release it" not in text
    twin = signed_in.get("/records/sessions.json", params=S1).json()
    assert [one["kind"] for one in twin["records"]] == ["feedback", "exchange"]
    assert (twin["hold"], twin["classes"]["days30"]["records"]) == (None, 1)


def test_two_people_s_sessions_of_one_name_are_never_one_page(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept(account=PAT, session="same")
    shelf.kept(account=QUINN, session="same")
    text = signed_in.get("/records/sessions?session=same").text
    assert "Which session" in text
    for email in (PAT, QUINN):
        assert f'href="/records/sessions?org=people&amp;account={email}&amp;session=same"' in text
    only = signed_in.get(f"/records/sessions.json?account={PAT}&session=same").json()
    assert {one["account"] for one in only["records"]} == {PAT}


def test_a_name_that_only_one_has_needs_no_more(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept(session="lone")
    assert "Session lone" in words(signed_in.get("/records/sessions?session=lone").text)


def test_the_parts_of_a_session_are_named_and_can_be_told_apart(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept(repository="r1")
    shelf.kept(repository="r2")
    assert "It was in 2 repositories: r1 , r2 ." in words(signed_in.get(of_session(ACME, ANN, "s1")).text)
    one = signed_in.get("/records/sessions.json", params={**S1, "repository": "r2"}).json()
    assert (len(one["records"]), one["repositories"]) == (1, ["r2"])


def test_what_is_not_there_is_said_so(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    for path in ("/records/sessions?session=none", of_session(ACME, ANN, "none"), of_session("none", ANN, "s1")):
        assert signed_in.get(path).status_code == 404
    assert signed_in.get("/records/sessions").headers["location"] == "/records"
    assert signed_in.get("/records/sessions.json?org=acme").json()["sessions"][0]["session"] == "s1"


def test_a_hold_is_placed_with_its_reason_and_nothing_else_changes(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    shelf.kept(session="s2")
    before = shelf.ids()
    placed = signed_in.post("/records/hold", data={**S1, "reason": " case  17 "})
    assert placed.status_code == 303
    page = signed_in.get(placed.headers["location"])
    assert "Held since 2026-04-01 09:30 UTC : case 17" in words(page.text)
    assert held(shelf) == {"s1": "case 17"}
    assert shelf.ids() == before
    shelf.later(days=400).keep()
    assert {one.session.name for one in shelf.everything()} == {"s1"}


def test_holding_again_leaves_the_first_reason(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    for reason in ("first", "second"):
        assert signed_in.post("/records/hold", data={**S1, "reason": reason}).status_code == 303
    assert held(shelf) == {"s1": "first"}
    assert shelf.store.catalogue.size() == 1


@pytest.mark.parametrize("reason", ["", "  \t", "x" * 501])
@pytest.mark.parametrize("what", ["hold", "release"])
def test_nothing_is_done_without_a_fitting_reason(signed_in: TestClient, shelf: Shelf, reason: str, what: str) -> None:
    shelf.kept()
    assert signed_in.post(f"/records/{what}", data={**S1, "reason": reason}).status_code == 400
    assert not held(shelf)


@pytest.mark.parametrize("missing", ["account", "session"])
def test_a_form_that_does_not_say_which_session_does_nothing(signed_in: TestClient, shelf: Shelf, missing: str) -> None:
    shelf.kept()
    form = {name: value for name, value in S1.items() if name != missing}
    for what in ("hold", "release"):
        assert signed_in.post(f"/records/{what}", data={**form, "reason": "x"}).status_code == 400
    assert not held(shelf)


def test_a_release_lets_go_and_the_rest_goes_on(signed_in: TestClient, shelf: Shelf) -> None:
    record = shelf.kept()
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    released = signed_in.post("/records/release", data={**S1, "reason": "over"})
    assert "Released." in signed_in.get(released.headers["location"]).text
    assert not held(shelf)
    assert shelf.ids() == {record}


def test_a_release_of_what_should_have_ended_ends_it(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    shelf.later(days=90)
    released = signed_in.post("/records/release", data={**S1, "reason": "over"})
    assert released.headers["location"] == "/holds?done=released"
    assert shelf.ids() == set()


def test_a_release_does_what_was_asked_for_meanwhile_and_shows_the_receipt(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    queued = shelf.erase(session="s1", account=ANN)
    assert queued.queued
    page = signed_in.post("/records/release", data={**S1, "reason": "over"})
    assert str(queued.answer["salt"]) in page.text
    assert "Shown once" in page.text
    assert shelf.ids() == set()


def test_what_is_not_held_cannot_be_released(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    assert signed_in.post("/records/release", data={**S1, "reason": "x"}).status_code == 404
