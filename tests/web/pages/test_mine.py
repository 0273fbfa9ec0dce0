"""A person's own page: all of theirs, nothing of anybody else's, and no way to it but their key."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from carnet.records import holding
from carnet.records.receipts import receipt_faults
from carnet.web.admission import COOKIE as ADMIN_COOKIE
from carnet.web.holders import COOKIE
from carnet.web.mine import ROUTES
from carnet.web.pages.mine_door import DOOR, OUT
from tests.records.kept import ANN, PAT, QUINN, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from carnet.web.admission import Admission
    from tests.web.conftest import Hours, Script

OWN = [(method, one.path) for one in ROUTES for method in one.methods or () if one.path not in {DOOR, OUT}]
SECRET = "the words of a prompt"


@pytest.fixture
def at_home(stranger: TestClient, keyed: Callable[..., Script]) -> TestClient:
    """A browser in which Pat has shown a key."""
    stranger.post(DOOR, data={"key": keyed(PAT).headers["x-api-key"]})
    return stranger


def test_a_person_sees_what_is_kept_until_when_and_their_consent(at_home: TestClient, shelf: Shelf) -> None:
    shelf.kept(SECRET, PAT, "mine-1")
    shelf.kept(SECRET, QUINN, "theirs-1")
    text = at_home.get("/mine").text.replace("<wbr>", "")
    assert all(words in text for words in (PAT, "5 years", "2031-", "mine-1", "You consented", "My data"))
    assert not any(words in text for words in (QUINN, "theirs-1", SECRET, 'href="/records"', 'href="/accounts'))


def test_a_session_is_read_and_its_content_downloaded(at_home: TestClient, shelf: Shelf) -> None:
    record = shelf.kept(SECRET, PAT, "s/1 &", repository="r")
    page = at_home.get("/mine/session", params={"session": "s/1 &"})
    assert (page.status_code, record in page.text, SECRET in page.text) == (200, True, False)
    (link,) = re.findall(r'href="(/mine/body[^"]+)"', page.text)
    content = at_home.get(unescape(link))
    assert (content.text, content.headers["content-disposition"]) == (SECRET, "attachment")
    assert content.headers["content-type"] == "application/octet-stream"
    (href,) = re.findall(r'href="(/mine/session[^"]+)"', at_home.get("/mine").text)
    assert at_home.get(unescape(href)).status_code == 200


def test_consent_is_withdrawn_at_once_and_given_again(at_home: TestClient, shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    answer = at_home.post("/mine/consent", data={"consent": "off"})
    assert answer.headers["location"] == "/mine?done=off-shortened"
    assert "withdrawn, at once" in at_home.get("/mine?done=off-shortened").text
    assert not shelf.account(PAT).consent
    assert at_home.post("/mine/consent", data={"consent": "on"}).headers["location"] == "/mine?done=on"
    assert at_home.post("/mine/consent", data={"consent": "maybe"}).status_code == 400


def test_deletion_is_shown_first_then_done_with_a_receipt(at_home: TestClient, shelf: Shelf) -> None:
    shelf.kept(account=PAT, session="same")
    theirs = shelf.kept(account=QUINN, session="same")
    asked = at_home.get("/mine/delete?session=same")
    assert "Nothing has been deleted yet" in asked.text
    assert len(shelf.ids()) == 2
    done = at_home.post("/mine/delete", data={"session": "same"})
    (text,) = re.findall(r'<pre class="command"[^>]*>(.*?)</pre>', done.text, re.DOTALL)
    receipt = json.loads(unescape(text))
    assert (receipt["scope"], receipt_faults(receipt)) == ({"session": "same", "account": PAT}, [])
    assert not any(f'href="/{place}"' in done.text for place in ("records", "holds", "receipts", "log"))
    assert shelf.ids() == {theirs}
    assert at_home.get("/mine/session?session=same").status_code == 404


def test_what_is_held_says_so_and_stays(at_home: TestClient, shelf: Shelf) -> None:
    record = shelf.kept(account=PAT)
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "Case <17>", shelf.now)
    assert "Case &lt;17&gt;" in at_home.get("/mine/session?session=s1").text
    assert "is <strong>held</strong>" in at_home.get("/mine/delete?session=s1").text
    assert "held and goes when released" in at_home.post("/mine/delete", data={"session": "s1"}).text
    assert at_home.post("/mine/delete", data={"session": "s1"}).status_code == 409
    assert shelf.ids() == {record}


def test_everything_is_taken_along_as_a_file(at_home: TestClient, shelf: Shelf) -> None:
    shelf.kept(SECRET, PAT)
    shelf.kept("others", QUINN)
    answer = at_home.post("/mine/export")
    assert "carnet-about-me.jsonl" in answer.headers["content-disposition"]
    assert (SECRET in answer.text, "others" in answer.text) == (True, False)


def test_what_others_have_is_as_if_it_were_not(at_home: TestClient, shelf: Shelf) -> None:
    for email in (QUINN, ANN):
        record = shelf.kept(SECRET, email, f"of-{email}")
        for path in (
            f"/mine/body?id={record}",
            f"/mine/session?session=of-{email}",
            f"/mine/delete?session=of-{email}",
        ):
            answer = at_home.get(path)
            assert (answer.status_code, SECRET in answer.text) == (404, False), path
        for more in ({}, {"account": email}, {"org": "acme"}):
            assert at_home.post("/mine/delete", data={"session": f"of-{email}", **more}).status_code == 404
        at_home.post("/mine/consent", data={"consent": "on", "account": email, "email": email})
        assert not shelf.account(email).consent
    assert len(shelf.ids()) == 2


def test_without_a_session_every_address_leads_to_the_door(stranger: TestClient, shelf: Shelf) -> None:
    shelf.kept(SECRET, PAT)
    before = shelf.ids(), shelf.store.catalogue.size()
    for method, path in OWN:
        for cookie in ("", f"{COOKIE}=x", f"{COOKIE}={'0' * 43}"):
            answer = stranger.request(method, path, headers={"Cookie": cookie})
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, DOOR), (method, path)
            assert answer.headers["cache-control"] == "no-store"
    assert (shelf.ids(), shelf.store.catalogue.size()) == before


def test_neither_side_lets_in_whom_the_other_does(
    at_home: TestClient, keyed: Callable[..., Script], admission: Admission, shelf: Shelf
) -> None:
    key = keyed(PAT).headers["x-api-key"]
    mine = at_home.cookies[COOKIE]
    for path in ("/records", "/accounts", "/log", "/api/admin/accounts"):
        for headers in ({"Cookie": f"{COOKIE}={mine}; {ADMIN_COOKIE}={mine}"}, {"x-api-key": key}):
            assert at_home.get(path, headers=headers).status_code in {303, 401}, path
    at_home.cookies.clear()
    admin = f"{ADMIN_COOKIE}={admission.redeem(admission.issue())}"
    for method, path in OWN:
        assert at_home.request(method, path, headers={"Cookie": admin}).headers["location"].startswith(DOOR)
        assert at_home.request(method, path, headers={"x-api-key": key}).headers["location"].startswith(DOOR)
    assert at_home.get("/api/mine", headers={"Cookie": f"{COOKIE}={mine}"}).status_code == 401
    assert len(shelf.ids()) == 0


def test_a_form_of_another_site_does_nothing(at_home: TestClient, shelf: Shelf) -> None:
    record = shelf.kept(account=PAT)
    for method, path in OWN:
        if method == "POST":
            for origin in ("https://evil.example", "null", ""):
                form = {"session": "s1", "consent": "off"}
                assert at_home.post(path, data=form, headers={"Origin": origin}).status_code == 403
    assert (shelf.ids(), shelf.account(PAT).consent) == ({record}, True)


def test_a_revoked_key_closes_the_page_within_a_second(
    stranger: TestClient, keyed: Callable[..., Script], shelf: Shelf, hours: Hours
) -> None:
    stranger.post(DOOR, data={"key": keyed(PAT).headers["x-api-key"]})
    assert stranger.get("/mine").status_code == 200
    (one,) = shelf.store.api_keys.listed()
    shelf.store.api_keys.revoke(one.key.id, shelf.now)
    hours.passed += 1
    told = stranger.get("/mine")
    assert (told.status_code, "was revoked" in told.text) == (401, True)
    assert stranger.get("/mine").headers["location"].startswith(DOOR)


def test_names_are_text_and_never_markup(at_home: TestClient, shelf: Shelf) -> None:
    name = "<script>alert(1)</script>\"'{{7777*7777}}"
    shelf.kept(account=PAT, session=name, repository=name)
    for path in ("/mine", "/mine/session", "/mine/delete"):
        text = at_home.get(path, params={"session": name}).text
        assert "<script>alert" not in text
        assert "60481729" not in text
    assert "<script>alert" not in at_home.post("/mine/delete", data={"session": name}).text
