from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from yarl import URL

from carnet.documents.capture.outbound import Outbound, Proxy
from carnet.gateway.bounds import Bounds
from carnet.gateway.dialling import Dialler, UnreachableError
from carnet.settings import load
from tests.documents.capture.certificates import Authority
from tests.gateway import upstream as fake
from tests.gateway.ground import BOUNDS, parted, relaying, request, upstream
from tests.gateway.rounding import at_once
from tests.gateway.upstream import settled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OK = fake.saying(fake.plain(b"{}"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.pair.certificate))


async def answered(url: str, dialler: Dialler) -> bytes:
    async with relaying(url, dialler=dialler) as ground:
        raw = await ground.ask(request(b"{}"))
        lines, body = parted(raw)
        return body if lines[0] == b"HTTP/1.1 200 OK" else lines[0] + body


async def test_an_upstream_is_reached_through_tls(authority: Authority) -> None:
    async with fake.running(OK, authority.server()) as up:
        url = f"https://127.0.0.1:{up.port}"
        assert await answered(url, Dialler(BOUNDS, None, trusting(authority))) == b"{}"


async def test_an_upstream_with_a_certificate_nobody_knows_is_not_spoken_to(authority: Authority) -> None:
    async with fake.running(OK, authority.server()) as up:
        assert b"(certificate)" in await answered(f"https://127.0.0.1:{up.port}", Dialler(BOUNDS))
        assert up.requests == []


async def test_a_certificate_for_another_name_is_not_spoken_to(authority: Authority) -> None:
    async with fake.running(OK, authority.server()) as up:
        dialler = Dialler(BOUNDS, None, trusting(authority))
        assert b"(certificate)" in await answered(f"https://localhost:{up.port}", dialler)


async def test_tls_1_1_is_not_spoken(authority: Authority) -> None:
    old = authority.server()
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with fake.running(OK, old) as up:
        dialler = Dialler(BOUNDS, None, trusting(authority))
        # a server without a version in common ends the connection, with or without an alert
        found = await answered(f"https://127.0.0.1:{up.port}", dialler)
        assert b"(tls)" in found or b"(network)" in found
        assert up.requests == []


async def test_the_settings_name_the_authority_and_our_own_certificate(authority: Authority, tmp_path: Path) -> None:
    pair = authority.issue("client")
    settings = (
        load({}, tmp_path / "none.toml")
        .with_option("net.ca-bundle", str(authority.pair.certificate))
        .with_option("net.client-cert", str(pair.certificate))
        .with_option("net.client-key", str(pair.key))
    )
    async with fake.running(OK, authority.server(asks_for_client=True)) as up:
        assert await answered(f"https://127.0.0.1:{up.port}", Dialler.read(settings, BOUNDS)) == b"{}"


@asynccontextmanager
async def proxy(
    answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n",
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A proxy that answers CONNECT so, and where it said 200 carries bytes."""
    asked: list[bytes] = []
    carrying: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.transport.abort()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head)
        writers.append(writer)
        writer.write(answer)
        if not answer.startswith(b"HTTP/1.1 200 C"):
            writer.close()
            return
        host, _, port = head.split(b" ")[1].decode().rpartition(":")
        there, back = await asyncio.open_connection(host.strip("[]"), int(port))
        writers.append(back)
        carrying.add(asyncio.create_task(carry(there, writer)))
        carrying.add(asyncio.create_task(carry(reader, back)))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*carrying, return_exceptions=True)
        await settled()


def through(port: int) -> Outbound:
    way = Proxy(URL(f"http://127.0.0.1:{port}"), "Basic dTpw")
    return Outbound(way, way)


async def test_the_way_leads_through_a_proxy_with_credentials(authority: Authority) -> None:
    async with fake.running(OK, authority.server()) as up, proxy() as (port, asked):
        dialler = Dialler(BOUNDS, through(port), trusting(authority))
        assert await answered(f"https://127.0.0.1:{up.port}", dialler) == b"{}"
        where = b"127.0.0.1:%d" % up.port
        assert asked == [b"CONNECT %b HTTP/1.1\r\nHost: %b\r\nProxy-Authorization: Basic dTpw\r\n\r\n" % (where, where)]
        assert up.requests[0].values(b"proxy-authorization") == []


async def test_an_upstream_without_tls_is_reached_through_a_proxy_alike() -> None:
    async with fake.running(OK) as up, proxy() as (port, asked):
        assert await answered(up.url, Dialler(BOUNDS, through(port))) == b"{}"
        assert len(asked) == 1
        assert up.requests[0].lines[0] == b"POST /v1/messages?beta=true HTTP/1.1"


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"(proxy-credentials)"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", b"(proxy)"),
        (b"HTTP/1.1 200 OK\r\n\r\nmore than was asked for", b"(proxy)"),
        (b"garbage\r\n\r\n", b"(proxy)"),
        (b"x" * 20_000, b"(proxy)"),
        (b"", b"(proxy)"),
    ],
)
async def test_a_proxy_that_does_not_open_the_way_is_named(answer: bytes, what: bytes) -> None:
    async with proxy(answer) as (port, _):
        assert what in await answered("http://127.0.0.1:9", Dialler(BOUNDS, through(port)))


async def test_a_proxy_that_never_answers_is_given_up() -> None:
    async with fake.running(OK) as silent:  # it waits for a head that CONNECT is, and then for a script
        silent.script = lambda turn: turn.gone()
        dialler = Dialler(Bounds(connect=0.05), through(silent.port))
        with pytest.raises(UnreachableError) as error:
            await dialler.dial(upstream("http://127.0.0.1:9"), at_once())
        assert error.value.what == "connect-timeout"


async def test_a_name_that_does_not_resolve_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(Dialler, "_dial", unknown)
    assert b"(name)" in await answered("http://upstream.test", Dialler(BOUNDS))
