from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from carnet.web.app import make_app
from carnet.web.shield import HEADERS, Shield, host_name

if TYPE_CHECKING:
    from carnet.settings import Settings
    from carnet.stores.contract import Store


def shield(host: str) -> Shield:
    async def nothing(*_: object) -> None: ...

    return Shield(nothing, host)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8417", "127.0.0.1", "127.8.9.1:1", "[::1]:8417", "[::1]"])
def test_loopback_names_and_addresses_are_answered(host: str) -> None:
    assert shield("127.0.0.1").knows(host)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.1", "[::2]", "[", "a:b:c"]
)
def test_a_foreign_host_is_refused(host: str) -> None:
    assert not shield("127.0.0.1").knows(host)


def test_the_configured_host_is_answered() -> None:
    assert shield("carnet.example").knows("carnet.example:8417")


def test_a_wildcard_address_stands_for_addresses_but_never_for_names() -> None:
    assert shield("0.0.0.0").knows("192.0.2.7:8417")
    assert not shield("0.0.0.0").knows("rebound.example")


def test_a_port_and_brackets_are_no_part_of_the_name() -> None:
    assert [host_name(h) for h in ("A.b:1", "[::1]:2", "[::1]")] == ["a.b", "::1", "::1"]


def test_a_rebound_name_gets_a_page_that_says_what_to_set(empty: TestClient) -> None:
    answer = empty.get("/", headers={"Host": "rebound.example"})
    assert answer.status_code == 421
    assert "rebound.example" in answer.text
    assert "web.host" in answer.text


@pytest.mark.parametrize("path", ["/", "/about", "/nowhere", "/static/carnet.css", "/feed.atom", "/api/documents"])
def test_every_answer_carries_the_headers(empty: TestClient, path: str) -> None:
    answer = empty.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_no_answer_allows_inline_script_or_style_or_another_host(empty: TestClient) -> None:
    policy = empty.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_a_form_from_another_site_is_refused(empty: TestClient) -> None:
    for origin in ("https://evil.example", "null", ""):
        assert empty.post("/", headers={"Origin": origin}).status_code == 403


def test_browsers_are_told_to_name_the_origin_of_our_own_forms(empty: TestClient) -> None:
    assert empty.get("/").headers["referrer-policy"] == "same-origin"  # with `no-referrer` they say `null`


def test_writing_to_a_page_is_refused_in_words(empty: TestClient) -> None:
    answer = empty.post("/", headers={"Origin": "http://127.0.0.1:8417"})
    assert answer.status_code == 405
    assert "can only be read" in answer.text


def test_a_fault_of_our_own_is_a_page_without_a_traceback(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(store.documents), "documents", broken)
    with TestClient(make_app(store, settings), base_url="http://localhost") as client:
        for path, kind in (("/", "text/html"), ("/index.json", "application/json")):
            answer = client.get(path)
            assert answer.status_code == 500
            assert answer.headers["content-type"].startswith(kind)
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "secret detail" not in answer.text
            assert "Traceback" not in answer.text
            assert f"GET {path}: RuntimeError at {__name__}:" in caplog.text
    assert "secret detail" not in caplog.text
