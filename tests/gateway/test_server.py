from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
from dataclasses import replace

import pytest

from carnet.errors import CarnetError
from carnet.gateway.board import State
from carnet.gateway.relay import Phase
from carnet.gateway.server import Ending, listen
from tests.documents.capture.certificates import Authority
from tests.gateway import upstream as fake
from tests.gateway.ground import BOUNDS, Ground, parted, relaying, request, unchunked
from tests.gateway.upstream import until

OK = fake.saying(fake.plain(b"{}"))


async def test_what_is_under_way_ends_in_order_and_nothing_new_begins() -> None:
    go = asyncio.Event()

    async def script(turn: fake.Turn) -> None:
        await turn.send(fake.STREAM, fake.chunk(fake.START))
        await go.wait()
        await turn.send(fake.chunk(fake.STOP), b"0\r\n\r\n")

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        idle, busy = await ground.client(), await ground.client()
        await busy.send(request(b"{}", close=False))
        head = await busy.until(b"\r\n\r\n")
        ground.ending.stop.set()
        assert await idle.rest() == b""
        with pytest.raises(OSError, match=r"."):
            await _connecting(ground)
        assert not ground.running.done()
        go.set()
        raw = head + await busy.rest()
        assert unchunked(parted(raw)[1])[0] == fake.START + fake.STOP
        await asyncio.wait_for(ground.running, 10)
        assert (await ground.desk.end()).how == "complete"


async def _connecting(ground: Ground) -> None:
    """Connect until nobody listens any more."""
    while True:
        (await ground.client()).close()
        await asyncio.sleep(0)


async def test_a_request_that_was_under_way_is_told_that_the_connection_ends() -> None:
    go = asyncio.Event()

    async def script(turn: fake.Turn) -> None:
        await go.wait()
        await turn.send(fake.plain(b"{}"))

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        client = await ground.client()
        await client.send(request(b"{}", close=False))
        await until(lambda: upstream.requests)
        ground.ending.stop.set()
        await until(lambda: ground.relay.draining)
        go.set()
        lines, body = parted(await client.rest())
        assert (b"Connection: close" in lines, body) == (True, b"{}")


async def test_what_does_not_end_in_time_is_ended() -> None:
    async def script(turn: fake.Turn) -> None:
        if turn.got.body == b"stream":
            await turn.send(fake.STREAM, fake.chunk(fake.START))
        await turn.gone()

    bounds = replace(BOUNDS, grace=0.1)
    async with fake.running(script) as upstream, relaying(upstream.url, bounds=bounds) as ground:
        streaming, waiting = await ground.client(), await ground.client()
        await streaming.send(request(b"stream"))
        await streaming.until(fake.START)
        await waiting.send(request(b"wait"))
        await until(lambda: len(upstream.requests) == 2)
        ground.ending.stop.set()
        assert await streaming.rest() == b"\r\n"  # the chunk's end, and no end of the body
        assert parted(await waiting.rest())[0][0] == b"HTTP/1.1 503 Service Unavailable"
        await asyncio.wait_for(ground.running, 10)
        assert [tap.ends[0].how for tap in ground.desk.taps] == ["stopped", "stopped"]


async def test_a_relay_whose_place_was_taken_answers_idle_clients_once_more_and_lets_them_go() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        idle, busy = await ground.client(), await ground.client()
        for client in (idle, busy):
            await client.send(request(b"{}", close=False))
            await client.response()
        ground.ending.part.set()
        await until(lambda: ground.relay.phase is Phase.PARTING)
        with pytest.raises(OSError):
            await ground.client()
        await idle.send(request(b"{}", close=False))
        lines, body = parted(await idle.rest())
        assert (b"Connection: close" in lines, body) == (True, b"{}")
        assert not ground.running.done()
        busy.close()
        await asyncio.wait_for(ground.running, 10)


async def test_a_relay_that_has_parted_still_ends_when_it_is_told_to() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        idle = await ground.client()
        await until(lambda: ground.relay.connections)
        ground.ending.part.set()
        await until(lambda: ground.relay.phase is Phase.PARTING)
        ground.ending.stop.set()
        await asyncio.wait_for(ground.running, 10)
        assert await idle.rest() == b""


async def test_before_it_stops_it_says_that_it_is_not_ready_and_goes_on_serving() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url, ending=Ending(notice=30.0)) as ground:
        ground.ending.stop.set()
        await until(lambda: ground.relay.phase is Phase.LEAVING)
        raw = await ground.ask(request(b"", b"/readyz", b"GET"))
        assert parted(raw)[0][0] == b"HTTP/1.1 503 Service Unavailable"
        assert b"being stopped" in raw
        assert parted(await ground.ask(request(b"", b"/healthz", b"GET")))[0][0] == b"HTTP/1.1 200 OK"
        lines, body = parted(await ground.ask(request(b"{}", close=False)))
        assert (b"Connection: close" in lines, body) == (True, b"{}")


async def test_the_supervisor_is_told_when_it_is_ready_and_when_it_leaves() -> None:
    told: list[State] = []
    reasons = ["not yet"]
    async with relaying(unready=lambda: "".join(reasons), tell=told.append) as ground:
        await asyncio.sleep(0.02)
        assert told == []
        reasons.clear()
        await until(lambda: told == [State.READY])
        ground.ending.part.set()
        await asyncio.wait_for(ground.running, 10)
    assert told == [State.READY, State.LEAVING]


async def test_clients_are_served_through_tls(tmp_path_factory: pytest.TempPathFactory) -> None:
    authority = Authority(tmp_path_factory.mktemp("server"))
    trusting = ssl.create_default_context(cafile=str(authority.pair.certificate))
    async with fake.running(OK) as upstream, relaying(upstream.url, tls=authority.server()) as ground:
        reader, writer = await asyncio.open_connection("127.0.0.1", ground.port, ssl=trusting)
        for body in (b"first", b"x" * 200_000):
            writer.write(request(body, close=body != b"first"))
            raw = await reader.readuntil(b"{}")
            assert parted(raw)[1] == b"{}"
        assert await reader.read() == b""
        writer.close()


def test_two_processes_may_listen_at_one_port() -> None:
    with listen("127.0.0.1", 0) as one, listen("127.0.0.1", one.getsockname()[1]):
        pass


def test_beyond_loopback_nothing_listens_without_tls() -> None:
    with pytest.raises(CarnetError, match="TLS"):
        listen("0.0.0.0", 0)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CarnetError, match=str(port)):
            listen("127.0.0.1", port)


PROCESS = """
from carnet.gateway.bounds import Bounds
from carnet.gateway.dialling import Dialler
from carnet.gateway.relay import Relay
from carnet.gateway.server import listen, run
from carnet.gateway.upstreams import Upstreams
bound = listen("127.0.0.1", 0)
print(bound.getsockname()[1], flush=True)
run(lambda: Relay(Upstreams([], 10), Dialler(Bounds())), [bound])
print("ended", flush=True)
"""


def test_a_process_relays_until_it_gets_sigterm() -> None:
    with subprocess.Popen([sys.executable, "-c", PROCESS], stdout=subprocess.PIPE, env=os.environ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200 OK")
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == b"ended\n"
    assert process.returncode == 0
