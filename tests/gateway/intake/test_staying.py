"""Requests that offer another protocol are answered in this one, with all that they bring."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from carnet.gateway.intake.staying import Staying
from tests.gateway.intake.test_straight import Listener, Wire, event, listening, shelf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carnet.settings import Settings
    from carnet.stores.contract import Store
    from tests.records.kept import Shelf

__all__ = ["shelf"]

H2C = {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2_settings": "AAMAAABkAAQAoAAAAAIAAAAA"}
OFFERS = [
    H2C,
    {"connection": "Upgrade", "upgrade": "websocket"},
    {"connection": "close, upgrade", "upgrade": "h2c"},
    {"Connection": "keep-alive, UPGRADE", "UPGRADE": "TLS/1.0", "empty": ""},
]
LOGS = b"\x0a\x04\x12\x02\x12\x00"
"""Protobuf in which one log record is; none at all is valid, too."""


class Echo:
    """An application that tells what it was sent."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, bytes]] = []
        config = uvicorn.Config(self, http=Staying, ws="none", lifespan="off", log_config=None)
        config.load()
        self.wire = Wire(Staying(config, ServerState(), {}))  # type: ignore[arg-type]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        self.seen.append((f"{scope['method']} {scope['path']} {scope['http_version']}", body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        await send({"type": "http.response.body", "body": b"}"})

    async def given(self, *parts: bytes, count: int = 1) -> list[tuple[str, bytes]]:
        for part in filter(None, parts):
            self.wire.protocol.data_received(part)
            await asyncio.sleep(0)
        for _ in range(20):  # turns of the loop
            if len(self.seen) == count or self.wire.closed:
                break
            await asyncio.sleep(0)
        return self.seen


def offered(body: bytes = b"name=a", headers: Mapping[str, str] = H2C, line: str = "POST /a?b=c HTTP/1.1") -> bytes:
    lines = [line, "host: localhost", *(f"{name.replace('_', '-')}: {one}" for name, one in headers.items())]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


@pytest.mark.parametrize("offer", OFFERS)
async def test_the_body_is_there_however_its_bytes_come(offer: dict[str, str]) -> None:
    request = offered(headers=offer)
    for cut in range(len(request)):
        assert await Echo().given(request[:cut], request[cut:]) == [("POST /a 1.1", b"name=a")]
    assert await Echo().given(*(request[at : at + 1] for at in range(len(request)))) == [("POST /a 1.1", b"name=a")]


async def test_in_chunks_too(caplog: pytest.LogCaptureFixture) -> None:
    head = b"POST /a HTTP/1.1\r\nupgrade: h2c\r\nconnection: upgrade\r\ntransfer-encoding: chunked\r\n\r\n"
    request = head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    for cut in range(0, len(request), 3):
        assert await Echo().given(request[:cut], request[cut:]) == [("POST /a 1.1", b"abcde")]
    assert not caplog.text


async def test_requests_without_a_body_and_those_behind_are_answered_in_their_order() -> None:
    plain = b"GET /b HTTP/1.1\r\n\r\n"
    bare = b"GET /c HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    requests = plain + offered() + bare + offered(b"x") + plain
    wanted = [
        ("GET /b 1.1", b""),
        ("POST /a 1.1", b"name=a"),
        ("GET /c 1.1", b""),
        ("POST /a 1.1", b"x"),
        ("GET /b 1.1", b""),
    ]
    for cut in range(0, len(requests), 7):
        assert await Echo().given(requests[:cut], requests[cut:], count=5) == wanted


async def test_who_is_to_be_told_to_continue_is() -> None:
    echo = Echo()
    assert await echo.given(offered(headers={**H2C, "expect": "100-continue"})) == [("POST /a 1.1", b"name=a")]
    assert echo.wire.said.startswith(b"HTTP/1.1 100 Continue")


@pytest.mark.parametrize("line", ["CONNECT localhost:80 HTTP/1.1", "CONNECT /a HTTP/1.1", "PRI * HTTP/2.0", "NONE"])
async def test_there_is_no_way_through(line: str) -> None:
    echo = Echo()
    assert await echo.given(offered(line=line)) == []
    assert echo.wire.said.startswith(b"HTTP/1.1 400 ")
    assert echo.wire.closed


@pytest.mark.parametrize("more", [b"content-length: 3\r\n", b"transfer-encoding: chunked\r\n"])
async def test_an_offer_hides_no_two_lengths(more: bytes) -> None:
    echo = Echo()
    assert await echo.given(offered().replace(b"\r\n\r\n", b"\r\n" + more + b"\r\n")) == []
    assert echo.wire.said.startswith(b"HTTP/1.1 400 ")


def posted(listener: Listener, offer: dict[str, str]) -> list[bytes]:
    auth = {"authorization": f"Bearer {listener.keys.key()}"}
    return [
        listener.request(event(1), **offer),
        listener.request(LOGS, "/v1/logs", content_type="application/x-protobuf", **auth, **offer),
        listener.request(b'{"rating":1}', "/api/survey", **auth, **offer),
    ]


@pytest.mark.parametrize("offer", OFFERS[:3])
@pytest.mark.parametrize("cut", [0, 2])
async def test_a_report_is_kept_as_without_the_offer(
    shelf: Shelf, store: Store, settings: Settings, offer: dict[str, str], cut: int
) -> None:
    async with listening(shelf, store, settings) as listener:
        for number, request in enumerate(posted(listener, offer), 2):
            wire = listener.wire()
            wire.protocol.data_received(request[: len(request) - cut])
            if cut:
                wire.protocol.data_received(request[-cut:])
            assert (await wire.answers())[0].startswith(b"200")
            assert len(shelf.everything()) == number
