"""Which addresses are closed, to whom, and what is answered there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from carnet.web.admission import COOKIE, Admission
from carnet.web.app import ROUTES, make_app
from carnet.web.gate import ADMINISTRATION, AWAY, DOOR, FOR_CLIENTS, MY_DOOR, Gate

from .conftest import BASE, NEAR

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Message

    from carnet.settings import Settings
    from carnet.stores.contract import Store
    from carnet.web.holders import Holders

BEARER = {"Authorization": "Bearer " + "s" * 43}
PATHS = [f"{above}{below}" for above in ADMINISTRATION for below in ("", ".json", "/", "/x", "/x/y.json")]


def secret(_: Request) -> PlainTextResponse:
    return PlainTextResponse("a secret", headers={"Cache-Control": "public"})


def with_pages(client: TestClient) -> TestClient:
    """The application with pages below the closed addresses that nobody declared in any way."""
    assert isinstance(client.app, Starlette)
    client.app.router.routes[:0] = [Route(path, secret, methods=["GET", "POST"]) for path in PATHS]
    return client


def far(store: Store, settings: Settings, admission: Admission, client: tuple[str, int] = NEAR) -> TestClient:
    app = make_app(store, settings, admission=admission)
    headers = {"Origin": BASE, **BEARER, "Cookie": f"{COOKIE}={admission.redeem(admission.issue())}"}
    return with_pages(TestClient(app, BASE, client=client, headers=headers, follow_redirects=False))


@pytest.mark.parametrize("path", PATHS)
def test_a_route_below_a_closed_address_is_closed_though_nobody_said_so(stranger: TestClient, path: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        answer = with_pages(stranger).request(method, path)
        wants_data = path.endswith(".json") or path.startswith("/api/")
        assert answer.status_code == (401 if wants_data else 303)
        assert "a secret" not in answer.text
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PATHS)
def test_who_signed_in_sees_it_and_browsers_keep_nothing(signed_in: TestClient, path: str) -> None:
    for method in ("GET", "POST"):
        answer = with_pages(signed_in).request(method, path)
        assert (answer.text, answer.headers["cache-control"]) == ("a secret", "no-store")


def test_a_script_with_the_token_sees_it(stranger: TestClient) -> None:
    assert with_pages(stranger).get("/records/x", headers=BEARER).text == "a secret"


def test_a_script_with_a_wrong_token_is_told_so(stranger: TestClient) -> None:
    answer = with_pages(stranger).get("/records/x", headers={"Authorization": "Bearer wrong"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="carnet"')


def test_data_is_refused_in_the_shape_of_every_fault(stranger: TestClient) -> None:
    error = stranger.get("/records.json").json()["error"]
    assert error["status"] == 401
    assert "admin.token" in error["text"]


@pytest.mark.parametrize("path", ["/records", "/%72ecords", "/records/a%20b?x=1&y=%2F", "/holds?q=caf%C3%A9"])
def test_a_page_leads_to_the_sign_in_and_back(stranger: TestClient, path: str) -> None:
    place = urlsplit(stranger.get(path).headers["location"])

    assert place.path == "/sign-in"
    assert parse_qs(place.query)["next"] == [path.replace("%72", "r")]


def test_a_form_sent_without_a_session_leads_to_the_sign_in_alone(stranger: TestClient) -> None:
    assert stranger.post("/records").headers["location"] == "/sign-in"


def test_a_closed_address_without_a_page_is_closed_too(stranger: TestClient) -> None:
    assert stranger.get("/records/nothing-here").status_code == 303


@pytest.mark.parametrize("path", ["/", "/about", "/matrix", "/api/documents", "/static/carnet.css", "/feed.atom"])
def test_document_and_policy_pages_are_open(stranger: TestClient, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] != "no-store"


@pytest.mark.parametrize("path", [*PATHS, "/sign-in", "/sign-out"])
@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "carnet.example"])
def test_beyond_loopback_no_credentials_help(
    store: Store, settings: Settings, admission: Admission, path: str, host: str
) -> None:
    client = far(store, settings.with_option("web.host", host), admission)
    for method in ("GET", "POST"):
        answer = client.request(method, path)
        assert answer.status_code == 403
        assert AWAY.partition("`")[0] in answer.text
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("peer", ["192.0.2.7", "testclient", "::ffff:192.0.2.7", ""])
def test_a_connection_from_elsewhere_is_refused_though_the_setting_says_loopback(
    store: Store, settings: Settings, admission: Admission, peer: str
) -> None:
    client = far(store, settings, admission, (peer, 1))
    assert {client.get(path).status_code for path in (*PATHS, "/sign-in")} == {403}
    assert "Sign out" not in client.get("/").text


def test_pages_that_are_not_open_are_closed_every_one(store: Store, settings: Settings, admission: Admission) -> None:
    app = make_app(store, settings.with_option("web.open-pages", "off"), admission=admission)
    client = TestClient(app, BASE, client=NEAR, headers={"Origin": BASE}, follow_redirects=False)
    for route in ROUTES:
        if route.path in MY_DOOR:
            continue  # a door of its own, which says 401 to what is no key
        path = re.sub(r"{[^}]+}", "x", route.path)
        for method in route.methods or ():
            answer = client.request(method, path)
            closed = answer.status_code == 401 or "/sign-in" in answer.headers.get("location", "")
            assert closed != (route.path in {*DOOR, *FOR_CLIENTS, "/static/{name}"}), (method, path)
    assert client.get("/nowhere").status_code == 303
    assert client.get("/static/carnet.css").headers["cache-control"] != "no-store"


def test_pages_that_are_not_open_answer_who_signed_in(store: Store, settings: Settings, admission: Admission) -> None:
    app = make_app(store, settings.with_option("web.open-pages", "off"), admission=admission)
    client = TestClient(app, BASE, client=NEAR, follow_redirects=False)
    assert client.get("/matrix", headers=BEARER).status_code == 200
    client.cookies.set(COOKIE, str(admission.redeem(admission.issue())))
    assert client.get("/matrix").headers["cache-control"] == "no-store"


def test_an_application_without_an_admission_lets_nobody_in(store: Store, settings: Settings) -> None:
    client = TestClient(make_app(store, settings), BASE, client=NEAR, follow_redirects=False)
    for headers in ({}, BEARER, {"Authorization": "Bearer "}, {"Cookie": f"{COOKIE}="}):
        assert with_pages(client).get("/records", headers=headers).status_code in {303, 401}


def test_two_cookies_of_the_name_are_no_way_in(stranger: TestClient) -> None:
    assert stranger.get("/records", headers={"Cookie": f"{COOKIE}=x; {COOKIE}=y"}).status_code == 303


async def test_nothing_but_http_is_answered() -> None:
    said: list[Message] = []

    async def send(message: Message) -> None:
        said.append(message)

    async def unreached(*_: object) -> None:
        raise AssertionError

    gate = Gate(unreached, Admission(), cast("Holders", None), "127.0.0.1", open_pages=True)
    await gate({"type": "websocket", "path": "/records"}, unreached, send)  # type: ignore[arg-type]
    assert [message["type"] for message in said] == ["websocket.close"]


@pytest.mark.parametrize("path", ["/mine", "/mine/sign-in", "/mine/delete", "/mine.json", "/api/mine", "/api/mine/x"])
def test_beyond_this_machine_a_persons_own_data_needs_tls(store: Store, settings: Settings, path: str) -> None:
    app = make_app(store, settings.with_option("web.host", "192.0.2.1"))
    for base, answered in (("http://192.0.2.1:8417", False), ("https://192.0.2.1:8417", True)):
        client = TestClient(app, base, client=("192.0.2.7", 1), follow_redirects=False)
        answer = client.get(path)
        assert (answer.status_code != 403, "TLS" in answer.text) == (answered, not answered)
        assert answer.headers["cache-control"] == "no-store"


def test_beyond_this_machine_hosts_are_checked_through_tls_only(store: Store, settings: Settings) -> None:
    app = make_app(store, settings.with_option("web.host", "192.0.2.1"))
    for base, status in (("http://192.0.2.1:8417", 403), ("https://192.0.2.1:8417", 200)):
        client = TestClient(app, base, client=("192.0.2.7", 1), follow_redirects=False)
        for shown in ({}, {"x-api-key": "ck_x"}):
            answer = client.get("/api/web/domain_info?domain=told.example", headers=shown)
            assert answer.status_code == (status if not shown or status == 403 else 401)
            assert ("https" in answer.text) == (status == 403)
            assert "told.example" not in answer.text or status == 200
