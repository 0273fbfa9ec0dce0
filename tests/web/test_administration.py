"""What holds for every page about people: closed to strangers, shut to other sites, sound when empty or hostile."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from carnet.model.account import Account, Organisation
from carnet.records import holding
from carnet.web.administration import FORMS, PAGES
from carnet.web.record_addresses import REPORT, of_account, of_organisation, of_session, with_query

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from tests.records.kept import Shelf

MARKUP = "<script>alert(1)</script>\"'{{7777*7777}}"
ORG, EMAIL, SESSION = f"o{MARKUP}", f"e{MARKUP}@x.test", f"s{MARKUP}"
REPOSITORY, REASON, BODY = f"r{MARKUP}", f"why{MARKUP}", "the body that nobody may see"
FORM = {
    "org": "acme",
    "account": "ann@acme.test",
    "session": "s1",
    "reason": "x",
    "consent": "on",
    "zdr": "on",
    "scope-own": "on",
    "at-once": "5",
    "url": "https://x.test",
    "name": "x",
    "key": "aaaaaaaa",
}
ADDRESSES = [path for path, _ in PAGES if path != REPORT]  # which is of one record: tests/web/pages/test_feedback.py
POSTS = [route.path for route in FORMS]
QUERIES = {
    "/records": "/records?session=s1",
    "/records/sessions": "/records/sessions?account=ann@acme.test&session=s1",
    "/records/delete": "/records/delete?account=ann@acme.test",
    "/accounts/delete": "/accounts/delete?org=acme",
    "/accounts/organisation": "/accounts/organisation?org=acme",
    "/accounts/account": "/accounts/account?email=ann@acme.test",
}


@pytest.fixture
def hostile(shelf: Shelf) -> Shelf:
    """A store in which every name is markup, with something held, erased, asked for and logged."""
    directory = shelf.store.directory
    organisation = directory.add_organisation(Organisation(0, ORG, "consumer", "pro", shelf.now))
    directory.add_account(Account(0, organisation.id, EMAIL, "", shelf.now), [])
    for name in (SESSION, "gone"):
        shelf.kept(BODY, EMAIL, name, repository=REPOSITORY)
    holding.hold(shelf.store, shelf.keyring, shelf.sessions(SESSION), REASON, shelf.now)
    shelf.erase(account=EMAIL)
    shelf.kept(BODY, EMAIL, "more", repository=REPOSITORY)
    shelf.consent(EMAIL, "on")
    return shelf


def hostile_pages() -> list[str]:
    names = {"org": ORG, "account": EMAIL, "session": SESSION, "repository": REPOSITORY}
    return [
        "/records",
        with_query("/records", **names),
        with_query("/records", account=MARKUP, session=MARKUP),
        of_session(ORG, EMAIL, SESSION, REPOSITORY),
        with_query("/records/sessions", org=ORG),
        with_query("/records/sessions", session=MARKUP),
        with_query("/records/delete", **names),
        with_query("/records/delete", org=ORG),
        with_query("/accounts/delete", account=EMAIL),
        with_query("/accounts/delete", org=ORG),
        "/holds",
        "/receipts",
        "/log",
        "/accounts",
        of_organisation(ORG),
        of_organisation(MARKUP),
        of_account(EMAIL),
        of_account(MARKUP),
    ]


def test_without_a_sign_in_every_page_is_closed(stranger: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    for address in ADDRESSES:
        path = QUERIES.get(address, address)
        page, twin = stranger.get(path), stranger.get(path.replace(address, f"{address}.json", 1))
        assert (page.status_code, page.headers["location"].partition("?")[0]) == (303, "/sign-in"), path
        assert twin.status_code == 401, path
        assert "ann@acme.test" not in page.text + twin.text


def test_without_a_sign_in_no_form_does_anything(stranger: TestClient, shelf: Shelf) -> None:
    record, before = shelf.kept(), shelf.store.catalogue.generation()
    for address in POSTS:
        assert stranger.post(address, data=FORM).status_code in {303, 401}, address
    assert (shelf.ids(), shelf.store.catalogue.generation()) == ({record}, before)


def test_a_form_of_another_site_does_nothing(signed_in: TestClient, shelf: Shelf) -> None:
    record, before = shelf.kept(), shelf.store.catalogue.generation()
    for address in POSTS:
        for origin in ("https://evil.example", "null", "http://127.0.0.1:9999", ""):
            refused = signed_in.post(address, data=FORM, headers={"Origin": origin})
            assert refused.status_code == 403, (address, origin)
    assert (shelf.ids(), shelf.store.catalogue.generation()) == ({record}, before)


def test_every_page_and_its_twin_answer_and_no_browser_keeps_them(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept(BODY)
    for address in ADDRESSES:
        path = QUERIES.get(address, address)
        page, twin = signed_in.get(path), signed_in.get(path.replace(address, f"{address}.json", 1))
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8"), path
        assert (twin.status_code, twin.headers["content-type"]) == (200, "application/json"), path
        assert isinstance(twin.json(), dict)
        assert page.headers["cache-control"] == twin.headers["cache-control"] == "no-store"
        assert BODY not in page.text + twin.text


def test_the_twin_a_page_names_is_there(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    for address in ADDRESSES:
        text = signed_in.get(QUERIES.get(address, address)).text
        found = re.search(r'<a href="([^"]+)">This page as JSON</a>', text)
        assert found, address
        assert signed_in.get(unescape(found[1])).status_code == 200, address


def test_names_are_text_and_never_markup(signed_in: TestClient, hostile: Shelf) -> None:
    del hostile
    for path in hostile_pages():
        page = signed_in.get(path)
        assert page.status_code in {200, 404}, path
        assert "<script>alert" not in page.text, path
        assert "60481729" not in page.text, path
        assert BODY not in page.text, path


def test_receipts_of_hostile_names_are_text_too(signed_in: TestClient, hostile: Shelf) -> None:
    form = {"org": ORG, "account": EMAIL, "session": SESSION, "reason": REASON}
    released = signed_in.post("/records/release", data=form)
    assert (released.status_code, "Shown once" in released.text) == (200, True)
    deleted = signed_in.post("/accounts/delete", data={"account": EMAIL})
    assert deleted.status_code == 200
    assert "<script>alert" not in released.text + deleted.text
    assert hostile.store.directory.account(EMAIL) is None


def test_no_body_is_ever_written_anywhere(signed_in: TestClient, hostile: Shelf, data: Path) -> None:
    for path in hostile_pages():
        signed_in.get(path)
    assert hostile.everything()
    assert not any(BODY.encode() in file.read_bytes() for file in data.rglob("*") if file.is_file())


def test_only_who_signed_in_is_led_to_records(stranger: TestClient, signed_in: TestClient) -> None:
    assert 'href="/records"' in signed_in.get("/about").text
    signed_in.cookies.clear()
    text = stranger.get("/about").text
    assert 'href="/records"' not in text
    assert '<a href="/sign-in">Sign in</a>' in text


def test_where_nobody_can_sign_in_nobody_is_asked_to(client: TestClient) -> None:
    assert "/sign-in" not in client.get("/about").text
