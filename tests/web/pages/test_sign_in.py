"""The sign-in page: looking uses nothing up, the button does, and it leads nowhere but to this server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carnet.web.admission import COOKIE, WRONG_TOKENS, Admission
from carnet.web.pages import sign_in
from carnet.web.pages.sign_in import HOME, START, local_path
from tests.web.conftest import BASE

if TYPE_CHECKING:
    from starlette.testclient import TestClient

PARTS = [*"/\\:.@?#%\t\r\n\0 éx", "http:", "evil.example", "javascript:", "%2f", "%5c", "\ufeff"]
NASTY = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)


def test_looking_at_a_link_uses_nothing_up(stranger: TestClient, admission: Admission) -> None:
    token = admission.issue()
    for method in ("GET", "HEAD", "GET"):
        looked = stranger.request(method, f"/sign-in?token={token}")
        assert (looked.status_code, looked.headers["cache-control"]) == (200, "no-store")
        assert "set-cookie" not in looked.headers

    assert stranger.post("/sign-in", data={"token": token}).status_code == 303


def test_the_button_sends_what_the_link_holds(stranger: TestClient) -> None:
    text = stranger.get('/sign-in?token=a"><script>&next=/records%3Fx=1').text
    assert '<form method="post" action="/sign-in">' in text
    assert 'name="token" value="a&#34;&gt;&lt;script&gt;"' in text
    assert 'name="next" value="/records?x=1"' in text


def test_a_page_without_a_link_says_how_to_get_one(stranger: TestClient) -> None:
    text = stranger.get("/sign-in?next=/records").text
    assert "carnet sign-in" in text
    assert 'href="/records"' in text


def test_the_button_opens_a_session_and_leads_where_the_reader_wanted_to(
    stranger: TestClient, admission: Admission
) -> None:
    entered = stranger.post("/sign-in", data={"token": admission.issue(), "next": "/about?x=1"})

    assert (entered.status_code, entered.headers["location"]) == (303, "/about?x=1")
    assert entered.headers["cache-control"] == "no-store"
    assert "Sign out" in stranger.get("/about").text
    assert stranger.get("/sign-in?next=/about").headers["location"] == "/about"


def test_the_cookie_is_for_this_server_alone_and_for_no_script(stranger: TestClient, admission: Admission) -> None:
    cookie = stranger.post("/sign-in", data={"token": admission.issue()}).headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    secret, *attributes = rest.split("; ")

    assert (name, len(secret)) == (COOKIE, 43)
    assert sorted(one.lower() for one in attributes) == ["httponly", "path=/", "samesite=strict"]


def test_a_used_token_is_refused_with_what_to_do(stranger: TestClient, admission: Admission) -> None:
    token = admission.issue()
    stranger.post("/sign-in", data={"token": token})
    again = stranger.post("/sign-in", data={"token": token})

    assert (again.status_code, "set-cookie" in again.headers) == (403, False)
    assert "carnet sign-in" in again.text
    assert "carnet serve" in again.text


@pytest.mark.parametrize("body", ["", "token", "token=", "token=wrong", "next=/about", "%", "\0", "token=%ff"])
def test_a_form_without_a_right_token_is_refused(stranger: TestClient, body: str) -> None:
    assert stranger.post("/sign-in", content=body).status_code == 403


def test_too_many_wrong_tokens_make_a_pause_that_uses_nothing_up(stranger: TestClient, admission: Admission) -> None:
    token = admission.issue()
    tried = [stranger.post("/sign-in", data={"token": "wrong"}).status_code for _ in range(WRONG_TOKENS + 2)]
    paused = stranger.post("/sign-in", data={"token": token})

    assert tried == [403] * WRONG_TOKENS + [429] * 2
    assert (paused.status_code, 0 < int(paused.headers["retry-after"]) <= 60) == (429, True)
    assert admission.redeem(token)


def test_a_form_of_another_site_uses_nothing_up(stranger: TestClient, admission: Admission) -> None:
    token = admission.issue()
    for origin in ("https://evil.example", "http://127.0.0.1:9999", "null", ""):
        assert stranger.post("/sign-in", data={"token": token}, headers={"Origin": origin}).status_code == 403
    assert admission.redeem(token)


def test_an_endless_form_is_not_read_to_its_end(stranger: TestClient) -> None:
    assert stranger.post("/sign-in", content=b"x" * 10**6).status_code == 413


def test_signing_out_ends_the_session_and_not_only_the_cookie(signed_in: TestClient) -> None:
    secret = signed_in.cookies[COOKIE]
    left = signed_in.post("/sign-out")

    assert (left.status_code, left.headers["location"]) == (303, START)
    assert f'{COOKIE}=""' in left.headers["set-cookie"]
    assert signed_in.get("/records", headers={"Cookie": f"{COOKIE}={secret}"}).status_code == 303


def test_signing_out_needs_a_form_of_our_own(signed_in: TestClient) -> None:
    looked = signed_in.get("/sign-out")
    assert (looked.status_code, "it answers a form" in looked.text) == (405, True)
    assert signed_in.post("/sign-out", headers={"Origin": "https://evil.example"}).status_code == 403
    assert "Sign out" in signed_in.get("/").text


def test_nobody_but_who_signed_in_is_offered_a_way_out(stranger: TestClient) -> None:
    assert "Sign out" not in stranger.get("/").text


def test_a_script_gets_a_link_that_works_once(stranger: TestClient) -> None:
    answer = stranger.post("/api/sign-in-links", headers={"Authorization": "Bearer " + "s" * 43})
    link = answer.json()["link"]

    assert (answer.status_code, answer.json()["seconds"], answer.headers["cache-control"]) == (201, 600, "no-store")
    assert link.startswith(f"{BASE}/sign-in?token=")
    tokens = [link.partition("=")[2]] * 2
    assert [stranger.post("/sign-in", data={"token": one}).status_code for one in tokens] == [303, 403]


def test_nobody_else_gets_a_link(stranger: TestClient) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert stranger.post("/api/sign-in-links", headers=headers).status_code == 401


def test_a_session_gets_no_link_to_outlive_itself_with(signed_in: TestClient) -> None:
    assert signed_in.post("/api/sign-in-links").status_code == 403


def test_a_fault_writes_no_token_into_the_log(
    stranger: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(sign_in, "local_path", broken)
    caplog.set_level(logging.INFO)
    assert stranger.get("/sign-in?token=do-not-tell").status_code == 500
    assert "GET /sign-in: RuntimeError" in caplog.text
    assert "do-not-tell" not in "".join(record.getMessage() for record in caplog.records if record.name != "httpx2")


@pytest.mark.parametrize("path", ["/", "/records", "/records?x=1&y=%2F", "/records/a%20b#c", "/a//b", "/x?u=http://a"])
def test_a_path_of_this_server_is_kept(path: str) -> None:
    assert local_path(path) == path


@given(st.one_of(NASTY, NASTY.map(lambda text: f"/{text}"), st.text(), st.text().map(lambda text: f"/{text}")))
@example("//evil.example")
@example("/\\evil.example")
@example("\\\\evil.example")
@example("/\t/evil.example")
@example("\n//evil.example")
@example("https://evil.example")
@example("javascript:alert(1)")
@example("/" + "x" * 10**5)
@example("/x\r\nSet-Cookie: a=b")
def test_no_value_leads_to_another_server(wanted: str) -> None:
    went = local_path(wanted)
    # what browsers make of an address before they look at it (URL standard)
    seen = "".join(letter for letter in went.strip() if letter not in "\t\r\n").replace("\\", "/")
    found = urlsplit(urljoin(f"{BASE}/sign-in", seen))

    assert went in {wanted, HOME}
    assert seen == went
    assert f"{found.scheme}://{found.netloc}" == BASE
