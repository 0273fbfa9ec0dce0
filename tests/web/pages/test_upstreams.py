"""Upstreams on the pages: an organisation's own, and those for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.web.pages.upstreams import upstreams_of, variables_of
from carnet.web.record_addresses import of_organisation
from tests.records.kept import ACME, PEOPLE, Shelf

if TYPE_CHECKING:
    from starlette.testclient import TestClient

MAIN = {"name": "main", "url": "https://api.example", "provider": "anthropic", "key_env": "CARNET_TEST_KEY"}


def test_one_for_an_organisation_stands_on_its_page_alone(signed_in: TestClient, shelf: Shelf) -> None:
    answer = signed_in.post("/accounts/upstreams/add", data={**MAIN, "org": ACME, "priority": "7"})
    assert answer.headers["location"] == f"{of_organisation(ACME)}&done=upstream-added#upstreams"
    ((one, missing),) = upstreams_of(shelf.store, shelf.organisation(ACME).id)
    assert (one.name, one.priority, missing, variables_of(one)) == ("main", 7, ("CARNET_TEST_KEY",), list(missing))
    assert upstreams_of(shelf.store, 0) == []
    assert "CARNET_TEST_KEY" in signed_in.get(of_organisation(ACME)).text
    for path in (of_organisation(PEOPLE), "/accounts"):
        assert "CARNET_TEST_KEY" not in signed_in.get(path).text


def test_one_for_everybody_is_taken_out_of_use_and_removed(signed_in: TestClient, shelf: Shelf) -> None:
    assert signed_in.post("/accounts/upstreams/add", data=MAIN).headers["location"].startswith("/accounts?done=")
    assert "CARNET_TEST_KEY is not set here" in signed_in.get("/accounts").text
    signed_in.post("/accounts/upstreams/set", data={"name": "main", "enabled": "off"})
    assert not shelf.store.upstreams.listed()[0].enabled
    signed_in.post("/accounts/upstreams/set", data={"name": "main", "enabled": "on", "priority": "3"})
    assert (shelf.store.upstreams.listed()[0].enabled, shelf.store.upstreams.listed()[0].priority) == (True, 3)
    assert signed_in.post("/accounts/upstreams/remove", data={"name": "main"}).status_code == 303
    assert shelf.store.upstreams.listed() == []


def test_what_cannot_work_or_holds_a_secret_is_refused_and_not_repeated(signed_in: TestClient, shelf: Shelf) -> None:
    for form, status in (
        ({**MAIN, "url": "http://api.example"}, 400),
        ({**MAIN, "url": "https://user:sk-secret@api.example"}, 400),
        ({**MAIN, "key_env": "sk-ant-api03-sk-secret"}, 400),
        ({**MAIN, "priority": "first"}, 400),
        ({**MAIN, "org": "nobody"}, 404),
        ({}, 400),
    ):
        answer = signed_in.post("/accounts/upstreams/add", data=form)
        assert (answer.status_code, "sk-secret" in answer.text) == (status, False), form
    assert signed_in.post("/accounts/upstreams/set", data={"name": "main", "enabled": "maybe"}).status_code == 400
    assert signed_in.post("/accounts/upstreams/remove", data={"name": "main"}).status_code == 404
    assert shelf.store.upstreams.listed() == []
