"""The addresses of intake: found in front of the pages, closed beyond loopback without TLS, silent about what came."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from carnet.gateway.intake import app
from carnet.gateway.intake.app import Front, asked_of, endpoint_at
from carnet.gateway.intake.survey import SURVEY
from tests.gateway.intake.conftest import app_of
from tests.gateway.intake.ground import CANARY, Ground
from tests.records.kept import ANN, PAT, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from typing import Any

    from carnet.settings import Settings
    from carnet.stores.contract import Store


@pytest.mark.parametrize(
    "path",
    [
        "/api/survey", "/api/feedback", "/api/transcript-share", "/api/1/envelope/", "/api/4507/envelope",
        "/api/1/store/", "/v1/logs", "/v1/metrics", "/v1/traces", "/v1/log_event", "/v1/rgstr",
        "/v1/initialize", "/v1/get_id_lists", "/v1/download_config_specs/KEY.json",
        "/v2/download_config_specs/KEY.json",
    ],
)  # fmt: skip
def test_every_address_of_the_contract_is_answered(path: str) -> None:
    assert endpoint_at(path) is not None


@pytest.mark.parametrize(
    "path", ["/", "/api/documents", "/api/survey/", "/api/x/envelope/", "/v1/messages", "/v1/profiles"]
)
def test_other_addresses_are_passed_on(path: str, ground: Ground) -> None:
    assert endpoint_at(path) is None
    assert ground.client.get(path).status_code == 404


def test_before_there_are_records_nobody_has_a_key_and_nothing_is_made(store: Store, settings: Settings) -> None:
    with TestClient(app_of(Front(store, settings))) as client:
        assert client.post("/api/survey", json={"rating": 1}).status_code == 401
        assert not store.has_records


@pytest.mark.parametrize(("scheme", "status"), [("http", 403), ("https", 200)])
def test_beyond_loopback_reports_are_taken_over_tls_only(
    store: Store, settings: Settings, scheme: str, status: int
) -> None:
    shelf = Shelf(store.records).settle()
    front = Front(store, settings.with_option("web.host", "0.0.0.0"), lambda: shelf.now)
    with TestClient(app_of(front), f"{scheme}://carnet.test") as client:
        reply = Ground(shelf, client, front).post("/api/survey", {"rating": 1})
        assert reply.status_code == status
    assert len(shelf.everything()) == (status == 200)


def test_a_fault_of_our_own_is_answered_and_its_log_has_nothing_of_what_came(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(CANARY)

    ground.post("/api/survey", {"rating": 1})
    monkeypatch.setattr("carnet.gateway.intake.taking.decoded", broken)
    with caplog.at_level(logging.DEBUG):
        reply = ground.post("/api/feedback", {"description": CANARY})
    assert reply.status_code == 500
    assert CANARY not in reply.text + caplog.text
    assert "RuntimeError" in caplog.text


async def test_a_body_that_does_not_arrive_is_given_up(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "PATIENCE", 0.05)
    assert (await _answered(ground, [])).status == 408
    assert (await _answered(ground, [{"type": "http.disconnect"}])).status == 408


async def _answered(ground: Ground, messages: list[dict[str, object]]) -> Any:
    """What is answered where these messages come and no more."""
    front = Front(*_parts(ground))
    scope = _scope(f"Bearer {ground.key()}")

    async def receive() -> dict[str, object]:
        if messages:
            return messages.pop()
        await asyncio.Event().wait()
        return {}

    try:
        return await front.answer(SURVEY, scope, receive)
    finally:
        await front.close()


def _parts(ground: Ground) -> tuple[Store, Settings, Callable[[], Any]]:
    return ground.front._store, ground.front._settings, ground.front._clock


def _scope(authorization: str, query: bytes = b"") -> MutableMapping[str, Any]:
    return {
        "type": "http", "method": "POST", "path": "/api/survey", "query_string": query, "scheme": "http",
        "headers": [(b"Authorization", authorization.encode())], "client": ("::1", 5),
    }  # fmt: skip


def test_two_headers_of_one_name_are_read_as_one_and_a_query_is_bounded() -> None:
    scope = _scope("Bearer a", b"k=1&k=2&x=%2Fy")
    scope["headers"].append((b"authorization", b"second"))
    asked = asked_of(scope)
    assert (asked.headers["authorization"], asked.query, asked.peer) == (
        "Bearer a, second",
        {"k": "2", "x": "/y"},
        "::1",
    )
    assert asked_of(_scope("", b"&".join(b"a=%d" % n for n in range(500)))).query == {}


def test_answers_are_kept_by_nobody(ground: Ground) -> None:
    reply = ground.post("/api/survey", {"rating": 1})
    assert reply.headers["cache-control"] == "no-store"


def test_two_keys_in_two_headers_of_one_name_are_none(ground: Ground) -> None:
    ann, pat = ground.key(ANN), ground.key(PAT)
    for names in (("authorization", "authorization"), ("x-api-key", "x-api-key"), ("authorization", "x-api-key")):
        shown = [(name, f"Bearer {key}") for name, key in zip(names, (ann, pat), strict=True)]
        assert ground.client.post("/api/survey", json={"rating": 1}, headers=shown).status_code == 401
