from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.gateway.bounds import Bounds
from tests.gateway import upstream as fake
from tests.gateway.ground import BOUNDS, KEY, Ground, parted, relaying, request
from tests.gateway.test_bodies import BAD_CHUNKS
from tests.gateway.test_heads import BAD_REQUESTS
from tests.gateway.upstream import until

SMALL = replace(BOUNDS, body=1000, head=2000, ahead=2000)
OK = fake.saying(fake.plain(b"{}"))
CHUNKED = request(b"", close=False).replace(b"content-length: 0", b"Transfer-Encoding: chunked")


def responses(raw: bytes) -> list[tuple[int, bytes]]:
    """Status and body of all responses; each must have a length."""
    found = []
    while raw:
        lines, raw = parted(raw)
        length = next(int(line[15:]) for line in lines if line.lower().startswith(b"content-length:"))
        found.append((int(lines[0][9:12]), raw[:length]))
        raw = raw[length:]
    return found


async def test_what_is_malformed_gets_the_apis_shape_and_reaches_no_upstream() -> None:
    follow_up = request(b"smuggled")
    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        for name, raw in BAD_REQUESTS.items():
            shown = raw.replace(b"Host: a\r\n", b"Host: a\r\nx-api-key: " + KEY + b"\r\n", 1)
            ((status, body),) = responses(await ground.ask(shown + follow_up))
            assert status in {400, 505}, name
            assert json.loads(body)["error"]["type"] == "invalid_request_error", name
        assert upstream.requests == []
        assert ground.relay.exchanges == set()


async def test_bodies_in_malformed_chunks_reach_no_upstream() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url, bounds=replace(BOUNDS, body_pause=0.05)) as ground:
        for name, raw in BAD_CHUNKS.items():
            ((status, _),) = responses(await ground.ask(CHUNKED + raw))
            assert status in {400, 408}, name
        assert upstream.requests == []
        assert ground.relay.exchanges == set()


@pytest.mark.parametrize(
    "raw",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/1.1\nHost: a\n\n", b"PRI * HTTP/2.0\r\n\r\nSM"],
)
async def test_what_can_only_be_wrong_is_answered_before_its_head_ends(raw: bytes) -> None:
    async with relaying() as ground:
        ((status, _),) = responses(await ground.ask(raw))
        assert status in {400, 505}


SCRIPTS = (
    request(b"a", close=False) + request(b"bb", close=False) + request(b"", b"/v1/models", b"GET"),
    CHUNKED + b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n" + request(b"next"),
    request(b"a", b"/nowhere", close=False) + request(b"b"),
    request(b"x" * 1001, close=False) + request(b"never"),
    request(b"a", close=False) + b"GET / HTTP/1.1\r\nHost: a\r\n A: b\r\n\r\n",
    request(b"a", close=False) + b"GET /\n",
    CHUNKED + b"1\r\na\r\n1;x\r\n" + request(b"never"),
    request(b"a").replace(KEY, b"wrong"),
    b"POST /v1/messages HTTP/1.1\r\n" + b"a: b\r\n" * 400 + b"\r\n",
)


@pytest.mark.parametrize("raw", SCRIPTS)
async def test_the_same_bytes_get_the_same_answers_however_they_arrive(raw: bytes) -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url, bounds=SMALL) as ground:
        whole = await ground.ask(raw)
        bodies = [got.body for got in upstream.requests]
        for cut in {*range(1, len(raw), max(1, len(raw) // 60)), len(raw) - 1}:
            del upstream.requests[:]
            client = await ground.client()
            await client.send(raw[:cut])
            await asyncio.sleep(0)
            await client.send(raw[cut:])
            assert await client.rest() == whole, cut
            assert [got.body for got in upstream.requests] == bodies
        del upstream.requests[:]
        client = await ground.client()
        for at in range(len(raw)):
            await client.send(raw[at : at + 1])
        assert await client.rest() == whole
        assert [got.body for got in upstream.requests] == bodies


PIECES = st.sampled_from([
    b"GET /v1/models HTTP/1.1\r\n", b"POST /v1/messages HTTP/1.1\r\n", b"Host: a\r\n", b"x-api-key: " + KEY + b"\r\n",
    b"content-length: 3\r\n", b"transfer-encoding: chunked\r\n", b"connection: close\r\n", b"\r\n", b"\n", b"\r",
    b"abc", b"3\r\nabc\r\n", b"0\r\n\r\n", b" ", b"\0", b":", b"expect: 100-continue\r\n",
])  # fmt: skip


async def test_no_mixture_of_pieces_breaks_it_or_forwards_more_than_was_framed() -> None:
    bounds = Bounds(head_time=0.02, keep_alive=0.02, body_pause=0.02, linger=0.02)
    async with fake.running(OK) as upstream, relaying(upstream.url, bounds=bounds, tick=0.01) as ground:
        mixtures: list[bytes] = []
        collect(mixtures)
        for group in (mixtures[at : at + 20] for at in range(0, len(mixtures), 20)):
            await asyncio.gather(*(once(ground, raw) for raw in group))
        assert ground.relay.exchanges == set()
        assert ground.relay.metrics.faults.counts == {}
        for got in upstream.requests:
            assert got.values(b"transfer-encoding") == []
            assert got.values(b"content-length") in ([], [b"%d" % len(got.body)])


def collect(into: list[bytes]) -> None:
    """Mixtures, made by hypothesis and kept: a loop of its own for each would be slower than all of them here."""

    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(st.lists(PIECES, max_size=12).map(b"".join))
    def gather(raw: bytes) -> None:
        into.append(raw)

    gather()


async def once(ground: Ground, raw: bytes) -> None:
    client = await ground.client()
    try:
        await client.send(raw)
        for _, body in responses((await client.rest()).replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")):
            assert json.loads(body) is not None
    except OSError:
        pass


async def test_a_second_request_waits_for_the_first() -> None:
    go = asyncio.Event()

    async def script(turn: fake.Turn) -> None:
        await go.wait()
        await turn.send(fake.plain(turn.got.body))

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        client = await ground.client()
        await client.send(request(b"1", close=False) + request(b"2"))
        await until(lambda: upstream.requests)
        assert len(ground.relay.exchanges) == 1
        assert len(ground.door.asked) == 1
        go.set()
        assert responses(await client.rest()) == [(200, b"1"), (200, b"2")]
        assert [got.connection for got in upstream.requests] == [0, 0]


async def test_what_is_sent_ahead_fills_no_memory() -> None:
    async def script(turn: fake.Turn) -> None:
        await turn.gone()

    async with fake.running(script) as upstream, relaying(upstream.url, bounds=SMALL) as ground:
        client = await ground.client()
        await client.send(request(b"1", close=False))
        await until(lambda: upstream.requests)
        client.writer.write(b"x" * 5_000_000)
        await asyncio.sleep(0.05)
        (connection,) = ground.relay.connections
        assert len(connection._held) < SMALL.ahead + (1 << 20)
        client.close()


async def test_a_client_that_asks_before_it_sends_is_told_to_go_on() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        head = request(b"", b"/v1/messages", b"POST", b"Expect: 100-continue").replace(b"length: 0", b"length: 3")
        client = await ground.client()
        await client.send(head)
        assert await client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert upstream.requests == []
        await client.send(b"abc")
        assert responses(await client.rest()) == [(200, b"{}")]
        assert upstream.requests[0].values(b"expect") == []


async def test_a_client_that_asks_before_it_sends_and_is_refused_sends_nothing() -> None:
    async with relaying() as ground:
        head = request(b"", b"/nowhere", b"POST", b"Expect: 100-continue", close=False).replace(b"h: 0", b"h: 3")
        assert [status for status, _ in responses(await ground.ask(head))] == [404]


async def test_something_else_that_is_expected_is_a_417() -> None:
    async with relaying() as ground:
        raw = request(b"a", b"/v1/messages", b"POST", b"Expect: the unexpected")
        assert [status for status, _ in responses(await ground.ask(raw))] == [417]


@pytest.mark.parametrize(
    "raw",
    [
        request(b"x" * 1001),
        CHUNKED + b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n",
        request(b"").replace(b"length: 0", b"length: 999999999999"),
        CHUNKED + b"ffffffff\r\n" + b"x" * 2000,
    ],
)
async def test_a_request_that_is_too_large_is_a_413(raw: bytes) -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url, bounds=SMALL) as ground:
        ((status, body),) = responses(await ground.ask(raw))
        assert (status, json.loads(body)["error"]["type"]) == (413, "request_too_large")
        assert upstream.requests == []
        assert ground.relay.exchanges == set()


async def test_a_client_that_is_refused_in_the_middle_of_a_large_body_reads_the_answer() -> None:
    async with relaying(bounds=SMALL) as ground:
        client = await ground.client()
        await client.send(request(b"").replace(b"length: 0", b"length: 20000000"))
        sending = asyncio.create_task(client.send(b"x" * 5_000_000))
        assert b" 413 " in await client.until(b"\r\n\r\n")
        await sending
        client.close()


async def test_a_head_without_end_is_a_431() -> None:
    async with relaying(bounds=SMALL) as ground:
        ((status, _),) = responses(await ground.ask(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 1000))
        assert status == 431


async def test_a_refused_request_keeps_the_connection_and_its_body_is_dropped() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        body = b"GET /v1/models HTTP/1.1\r\n\r\n" * 1000
        got = responses(await ground.ask(request(body, b"/v2/messages", close=False) + request(b"good")))
        assert [status for status, _ in got] == [404, 200]
        assert json.loads(got[0][1]) == {
            "type": "error",
            "error": {"type": "not_found_error", "message": "Carnet: nothing is relayed at this address"},
        }
        assert [got.body for got in upstream.requests] == [b"good"]


async def test_a_head_request_that_is_refused_gets_no_body() -> None:
    async with relaying() as ground:
        got = await ground.ask(request(b"", b"/nowhere", b"HEAD"))
        assert got.startswith(b"HTTP/1.1 404 ")
        assert got.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /v1/mod", 408),
        (request(b"").replace(b"length: 0", b"length: 9") + b"abc", 408),
        (CHUNKED + b"3\r\nab", 408),
    ],
)
async def test_a_request_that_stops_arriving_is_a_408(raw: bytes, status: int) -> None:
    bounds = replace(BOUNDS, head_time=0.03, body_pause=0.03)
    async with relaying("http://127.0.0.1:9", bounds=bounds) as ground:
        ((got, body),) = responses(await ground.ask(raw))
        assert (got, json.loads(body)["error"]["type"]) == (status, "timeout_error")
        assert ground.relay.exchanges == set()


async def test_a_head_that_drips_for_too_long_is_a_408() -> None:
    async with relaying("http://127.0.0.1:9", bounds=replace(BOUNDS, head_time=0.05)) as ground:
        client = await ground.client()
        await client.send(b"GET /v1/models HTTP/1.1\r\n")
        while not client.reader.at_eof():
            try:
                await client.send(b"a: b\r\n")
                assert b" 408 " in await asyncio.wait_for(client.until(b"\r\n\r\n"), 0.01)
                break
            except TimeoutError:
                continue
        client.close()


async def test_a_body_that_drips_for_too_long_is_a_408() -> None:
    bounds = replace(BOUNDS, body_pause=5.0, body_time=0.05)
    async with relaying("http://127.0.0.1:9", bounds=bounds) as ground:
        client = await ground.client()
        await client.send(request(b"").replace(b"length: 0", b"length: 90000"))
        while not client.reader.at_eof():
            try:
                await client.send(b"x")
                assert b" 408 " in await asyncio.wait_for(client.until(b"\r\n\r\n"), 0.01)
                break
            except TimeoutError:
                continue
        client.close()


async def test_an_idle_connection_is_let_go_without_a_word() -> None:
    bounds = replace(BOUNDS, keep_alive=0.03)
    async with fake.running(OK) as upstream, relaying(upstream.url, bounds=bounds) as ground:
        assert len(responses(await ground.ask(request(b"a", close=False)))) == 1


async def test_a_connection_on_which_nothing_is_said_is_let_go() -> None:
    async with relaying(bounds=replace(BOUNDS, head_time=0.03)) as ground:
        assert await ground.ask(b"") == b""


async def test_a_client_of_http_1_0_gets_one_answer() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        raw = request(b"a", close=False).replace(b"HTTP/1.1", b"HTTP/1.0")
        lines, body = parted(await ground.ask(raw + raw))
        assert (body, b"Connection: close" in lines) == (b"{}", True)


async def test_a_client_that_pipelines_and_does_not_read_fills_no_memory() -> None:
    bounds = replace(SMALL, write_ahead=4096)
    async with relaying(bounds=bounds) as ground:
        client = await ground.client(buffer=4096)
        one = request(b"", b"/nowhere", b"GET", close=False)
        client.writer.write(one * 50_000)
        before = -1
        while ground.relay.metrics.refused.counts.get(("404", "unknown-path"), 0) != before:
            before = ground.relay.metrics.refused.counts.get(("404", "unknown-path"), 0)
            await asyncio.sleep(0.05)
        (connection,) = ground.relay.connections
        assert connection.transport.get_write_buffer_size() < 4096 + 1000
        assert before < 50_000
        client.close()
