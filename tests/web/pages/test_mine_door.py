"""The way to a person's own page: a key goes in once, by a form, and never into an address or a cookie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.web.holders import COOKIE
from carnet.web.pages.mine_door import own_path
from tests.records.kept import PAT, QUINN, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from tests.web.conftest import Script

DOOR = "/mine/sign-in"


def key_of(program: Script) -> str:
    return program.headers["x-api-key"]


def test_a_key_is_exchanged_for_a_session_that_no_script_and_no_other_site_sees(
    stranger: TestClient, keyed: Callable[..., Script]
) -> None:
    key = key_of(keyed(PAT))
    answer = stranger.post(DOOR, data={"key": f" {key}\n", "next": "/mine/session?session=s1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/mine/session?session=s1")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=strict", "Path=/mine"} <= {part.strip() for part in cookie.split(";")}
    assert key not in cookie
    assert key not in answer.headers["location"]
    assert answer.headers["cache-control"] == "no-store"
    assert PAT in stranger.get("/mine").text.replace("<wbr>", "")


def test_through_tls_the_cookie_goes_through_tls_alone(stranger: TestClient, keyed: Callable[..., Script]) -> None:
    data = {"key": key_of(keyed(PAT))}
    answer = stranger.post(f"https://127.0.0.1:8417{DOOR}", data=data, headers={"Origin": "https://127.0.0.1:8417"})
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("shown", "status", "said"),
    [
        ("", 401, "Paste the whole key"),
        ("ck_aaaaaaaa_" + "0" * 46, 401, "mistyped"),
        ("sk-ant-oat01-secret", 401, "neither kept"),
        ("<script>alert(1)</script>", 401, "mistyped"),
        ("x\r\nSet-Cookie: y=z", 401, "mistyped"),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(
    stranger: TestClient, shelf: Shelf, shown: str, status: int, said: str
) -> None:
    del shelf
    answer = stranger.post(DOOR, data={"key": shown})
    assert (answer.status_code, said in answer.text) == (status, True)
    assert "ANTHROPIC" not in answer.text
    assert not shown or shown not in answer.text
    assert "set-cookie" not in answer.headers


def test_the_key_of_an_agent_is_told_what_it_is_for(stranger: TestClient, keyed: Callable[..., Script]) -> None:
    answer = stranger.post(DOOR, data={"key": key_of(keyed(PAT, "relay", "intake"))})
    assert (answer.status_code, "this needs one for own" in answer.text) == (403, True)
    assert "set-cookie" not in answer.headers


def test_guessing_at_the_form_is_slowed(stranger: TestClient, keyed: Callable[..., Script], shelf: Shelf) -> None:
    guess = key_of(keyed(QUINN))
    shelf.store.directory.remove_account(shelf.account(QUINN).id)
    answers = [stranger.post(DOOR, data={"key": guess}) for _ in range(25)]
    assert [one.status_code for one in answers[:20]] == [401] * 20
    assert (answers[-1].status_code, int(answers[-1].headers["retry-after"]) > 0) == (429, True)


def test_a_form_of_another_site_signs_nobody_in(stranger: TestClient, keyed: Callable[..., Script]) -> None:
    answer = stranger.post(DOOR, data={"key": key_of(keyed(PAT))}, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_signing_out_ends_the_session_here_and_in_the_browser(
    stranger: TestClient, keyed: Callable[..., Script]
) -> None:
    stranger.post(DOOR, data={"key": key_of(keyed(PAT))})
    secret = stranger.cookies[COOKIE]
    answer = stranger.post("/mine/sign-out")
    assert (answer.headers["location"], "Max-Age=0" in answer.headers["set-cookie"]) == (DOOR, True)
    stranger.cookies.set(COOKIE, secret)
    assert stranger.get("/mine").headers["location"].startswith(DOOR)


@pytest.mark.parametrize(
    ("wanted", "goal"),
    [
        ("/mine", "/mine"),
        ("/mine/delete?session=a%2Fb", "/mine/delete?session=a%2Fb"),
        ("/mine?done=on", "/mine?done=on"),
        ("", "/mine"),
        ("/records", "/mine"),
        ("/minesweeper", "/mine"),
        ("//evil.example", "/mine"),
        ("/mine//evil.example", "/mine"),
        ("https://evil.example/mine", "/mine"),
        ("/mine/\\evil.example", "/mine"),
        ("/mine\r\nSet-Cookie: x=y", "/mine"),
        ("/mine/" + "x" * 9000, "/mine"),
    ],
)
def test_the_way_back_stays_on_the_own_page(wanted: str, goal: str) -> None:
    assert own_path(wanted) == goal
