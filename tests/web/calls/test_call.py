"""What holds for every call: closed to strangers, deaf to other sites, strict about what it is given."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from carnet.accounts.keys import make_key
from carnet.model.account import SCOPES
from carnet.web.admission import COOKIE
from carnet.web.calls.call import LONGEST, route_of
from carnet.web.calls.table import ADMIN, MINE
from tests.records.kept import ANN, Shelf
from tests.web.conftest import TOKEN

if TYPE_CHECKING:
    from starlette.testclient import TestClient
    from starlette.types import Message

    from carnet.web.calls.call import Call
    from tests.web.conftest import Script

CALLS = [call for _, calls in (*ADMIN, *MINE) for call in calls]
OF_ADMIN = [call for _, calls in ADMIN for call in calls]
CHANGING = [call for call in CALLS if call.method != "GET"]
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def address(call: Call) -> str:
    parts = {"name": "acme", "email": ANN, "id": "aaaaaaaa"}
    return re.sub(r"{(\w+)(?::path)?}", lambda found: parts[found[1]], call.path)


def test_no_stranger_is_answered_and_nothing_changes(stranger: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    before = shelf.store.catalogue.generation(), shelf.store.catalogue.size(), shelf.ids()
    shown: tuple[dict[str, str], ...] = (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"x-api-key": TOKEN},
    )
    for call, headers in product(CALLS, shown):
        answer = stranger.request(call.method, address(call), headers=headers)
        assert answer.status_code == 401, (call, headers)
        assert answer.json()["error"]["status"] == 401
        assert answer.headers["cache-control"] == "no-store"
        assert ANN not in answer.text
    assert (shelf.store.catalogue.generation(), shelf.store.catalogue.size(), shelf.ids()) == before


def test_another_site_does_nothing_though_the_browser_has_signed_in(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    before = shelf.store.catalogue.generation(), shelf.store.catalogue.size(), shelf.ids()
    origins = ("https://evil.example", "null", "http://127.0.0.1:9999", "")
    kinds = ("application/json", "text/plain", "application/x-www-form-urlencoded")
    for call in CHANGING:
        for origin, kind in product(origins, kinds):
            headers = {"Origin": origin, "Content-Type": kind}
            answer = signed_in.request(call.method, address(call), content=b"{}", headers=headers)
            assert answer.status_code == 403, (call, origin, kind)
        without = signed_in.build_request(call.method, address(call), content=b"{}")
        del without.headers["origin"]
        assert signed_in.send(without).status_code == 403, call
    assert (shelf.store.catalogue.generation(), shelf.store.catalogue.size(), shelf.ids()) == before


def test_a_key_of_a_person_is_none_of_the_administration(stranger: TestClient, shelf: Shelf) -> None:
    _, key = make_key(shelf.store.api_keys, shelf.account(ANN), SCOPES, None, "", shelf.now)
    for call, headers in product(OF_ADMIN, ({"Authorization": f"Bearer {key}"}, {"x-api-key": key})):
        assert stranger.request(call.method, address(call), headers=headers).status_code == 401, call


def test_a_credential_that_is_shown_is_judged_and_no_cookie_beside_it(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    path = "/api/admin/organisations"
    assert signed_in.get(path).status_code == 200
    for headers in ({"Authorization": "Bearer wrong"}, {"Authorization": ""}, {"x-api-key": "wrong"}):
        assert signed_in.get(path, headers=headers).status_code == 401
    signed_in.cookies.clear()
    assert signed_in.get(path, headers=BEARER).status_code == 200


def test_who_signed_in_may_use_the_api_from_a_page_of_ours(signed_in: TestClient, shelf: Shelf) -> None:
    body = {"name": "x", "terms": "consumer", "tier": "pro"}
    assert signed_in.post("/api/admin/organisations", json=body).status_code == 201
    assert shelf.organisation("x").tier == "pro"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
def test_a_body_that_is_not_json_is_refused(script: Script, kind: str) -> None:
    answer = script.client.post(
        "/api/admin/organisations", content=b'{"name":"x"}', headers={**script.headers, "Content-Type": kind}
    )
    assert (answer.status_code, "Content-Type" in answer.json()["error"]["text"]) == (415, True)


def test_an_oversized_body_is_refused(script: Script, shelf: Shelf) -> None:
    headers = {**script.headers, "Content-Type": "application/json"}
    answer = script.client.post("/api/admin/organisations", content=b" " * (LONGEST + 1), headers=headers)
    assert (answer.status_code, answer.json()["error"]["status"]) == (413, 413)
    assert len(shelf.store.directory.organisations()) == 2


async def test_a_body_without_an_end_is_not_read_on(shelf: Shelf) -> None:
    del shelf
    read = 0

    async def drip() -> Message:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * 1000, "more_body": True}

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    call = next(one for one in OF_ADMIN if one.method == "POST")
    with pytest.raises(HTTPException) as told:
        await route_of(call).endpoint(Request(scope, drip))
    assert (told.value.status_code, read) == (413, LONGEST // 1000 + 1)


def test_what_is_no_object_is_refused_without_a_trace(script: Script, shelf: Shelf) -> None:
    before = shelf.store.catalogue.generation()
    headers = {**script.headers, "Content-Type": "application/json"}
    raws = (b"[", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 60_000, b'{"a":' * 10_000, b"1e999")
    for call, raw in product([one for one in OF_ADMIN if one.method != "GET"], raws):
        answer = script.client.request(call.method, address(call), content=raw, headers=headers)
        assert (answer.status_code, answer.json()["error"]["status"]) == (400, 400), (call, raw[:20])
        assert "Traceback" not in answer.text
    assert shelf.store.catalogue.generation() == before


def test_other_methods_and_addresses_are_told_in_the_same_shape(script: Script) -> None:
    assert script.refused("PUT", "/api/admin/organisations")[0] == 405
    assert script.refused("GET", "/api/admin/records/delete")[0] == 404
    assert script.refused("GET", "/api/admin/nothing")[0] == 404
    assert script.refused("OPTIONS", "/api/admin/organisations")[0] == 405
    assert script.refused("GET", "/api/admin/organisations/x/y")[0] == 404


def test_a_foreign_host_is_refused_though_the_token_is_right(script: Script) -> None:
    assert script("GET", "/api/admin/organisations", Host="evil.example").status_code == 421


def test_an_answer_can_be_asked_for_again_and_never_comes_from_a_cache(script: Script) -> None:
    first = script("GET", "/api/admin/organisations")
    assert first.headers["cache-control"] == "no-store"
    assert script("GET", "/api/admin/organisations", **{"If-None-Match": first.headers["etag"]}).status_code == 304
    assert script("HEAD", "/api/admin/organisations").content == b""


def test_two_credentials_are_no_better_than_one(stranger: TestClient, shelf: Shelf) -> None:
    del shelf
    headers = [("Authorization", "Bearer wrong"), ("Authorization", f"Bearer {TOKEN}"), ("Cookie", f"{COOKIE}=x")]
    assert stranger.get("/api/admin/organisations", headers=headers).status_code == 401


def test_every_call_has_words_and_its_shape_a_name() -> None:
    for call in CALLS:
        assert call.words.endswith((".", ")")), call
        assert len({(one.method, one.path) for one in CALLS}) == len(CALLS)
