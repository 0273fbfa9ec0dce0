from __future__ import annotations

import asyncio
import hashlib
import os
from dataclasses import replace

import pytest

from tests.gateway import upstream as fake
from tests.gateway.ground import BOUNDS, SECRET, parted, relaying, request, unchunked
from tests.gateway.upstream import until


@pytest.mark.parametrize("size", [0, 1_000, 100_000, 2_000_000])
async def test_bodies_are_relayed_byte_for_byte_both_ways(size: int) -> None:
    sent, answered = os.urandom(size), os.urandom(size)
    async with fake.running(fake.saying(fake.plain(answered))) as upstream, relaying(upstream.url) as ground:
        lines, body = parted(await ground.ask(request(sent)))
        assert lines[0] == b"HTTP/1.1 200 OK"
        assert hashlib.sha256(body).digest() == hashlib.sha256(answered).digest()
        assert hashlib.sha256(upstream.requests[0].body).digest() == hashlib.sha256(sent).digest()
        tap = ground.desk.taps[0]
        assert (tap.body, b"".join(tap.chunks)) == (sent, answered)


async def test_a_stream_is_relayed_event_by_event_with_pings_and_comments() -> None:
    events = [fake.START, fake.COMMENT, fake.DELTA, fake.PING, fake.DELTA, fake.STOP]
    seen = asyncio.Queue[None]()

    async def script(turn: fake.Turn) -> None:
        await turn.send(fake.STREAM)
        for event in events:
            await turn.send(fake.chunk(event))
            await seen.get()  # the next one is sent when the client has this one: nothing may wait for more
        await turn.send(b"0\r\n\r\n")

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        client = await ground.client()
        await client.send(request(b"{}"))
        lines = (await client.until(b"\r\n\r\n")).split(b"\r\n")
        assert b"Transfer-Encoding: chunked" in lines
        for event in events:
            assert await client.until(event + b"\r\n") == b"%x\r\n%b\r\n" % (len(event), event)
            seen.put_nowait(None)
        assert await client.rest() == b"0\r\n\r\n"
        ended = await ground.desk.end()
        assert (ended.usage.model, ended.usage.input, ended.usage.output) == ("claude-test-1", 12, 57)
        assert (ended.usage.stop_reason, ended.usage.events, ended.how, ended.whole) == (
            "end_turn", 6, "complete", True
        )  # fmt: skip
        timings = ended.timings
        assert 0 < timings.received <= timings.sent <= timings.head <= timings.first <= timings.last <= timings.ended


async def test_an_error_of_the_upstream_goes_through_as_it_is() -> None:
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},  "request_id":null}'
    raw = fake.plain(body, b"529 Overloaded Indeed", b"retry-after: 7", b"x-should-retry: true")
    async with fake.running(fake.saying(raw)) as upstream, relaying(upstream.url) as ground:
        lines, got = parted(await ground.ask(request(b"{}")))
        assert lines[0] == b"HTTP/1.1 529 Overloaded Indeed"
        assert {b"retry-after: 7", b"x-should-retry: true"} <= set(lines)
        assert got == body
        ended = await ground.desk.end()
        assert (ended.status, ended.usage.error) == (529, "overloaded_error")


async def test_a_redirect_is_not_followed() -> None:
    raw = fake.plain(b"", b"307 Temporary Redirect", b"Location: http://elsewhere.test/")
    async with fake.running(fake.saying(raw)) as upstream, relaying(upstream.url) as ground:
        lines, _ = parted(await ground.ask(request(b"{}")))
        assert lines[0] == b"HTTP/1.1 307 Temporary Redirect"
        assert b"Location: http://elsewhere.test/" in lines
        assert len(upstream.requests) == 1


async def test_a_broken_stream_ends_without_an_end() -> None:
    async def script(turn: fake.Turn) -> None:
        await turn.send(fake.STREAM, fake.chunk(fake.START))
        turn.close()

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        _, body = parted(await ground.ask(request(b"{}")))
        assert body == fake.chunk(fake.START)
        ended = await ground.desk.end()
        assert (ended.how, ended.whole, ended.usage.model) == ("upstream-lost", False, "claude-test-1")


async def test_a_body_that_is_too_short_ends_the_connection() -> None:
    async def script(turn: fake.Turn) -> None:
        await turn.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
        turn.close()

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        lines, body = parted(await ground.ask(request(b"{}", close=False)))
        assert b"content-length: 10" in lines
        assert body == b"half"
        assert (await ground.desk.end()).how == "upstream-lost"


async def test_garbage_in_the_middle_ends_the_connection_and_is_not_relayed() -> None:
    async def script(turn: fake.Turn) -> None:
        await turn.send(fake.STREAM, fake.chunk(fake.START))
        await turn.send(b"garbage\r\n")
        await turn.gone()

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        _, body = parted(await ground.ask(request(b"{}")))
        assert body == fake.chunk(fake.START)
        assert (await ground.desk.end()).how == "upstream-garbage"


async def test_an_upstream_that_sends_garbage_is_a_502_in_the_apis_shape() -> None:
    async with fake.running(fake.saying(b"SSH-2.0-OpenSSH_9.2\r\n")) as upstream, relaying(upstream.url) as ground:
        lines, body = parted(await ground.ask(request(b"{}")))
        assert lines[0] == b"HTTP/1.1 502 Bad Gateway"
        assert body == (
            b'{"type":"error","error":{"type":"api_error","message":"Carnet: the upstream answered what is no HTTP"}}'
        )
        ended = await ground.desk.end()
        assert (ended.how, ended.status) == ("upstream-garbage", 502)


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_an_upstream_that_ends_without_an_answer_is_a_502_and_not_asked_again(how: str) -> None:
    async def script(turn: fake.Turn) -> None:
        getattr(turn, how)()

    async with fake.running(script) as upstream, relaying(upstream.url, upstream.url) as ground:
        lines, _ = parted(await ground.ask(request(b"{}")))
        assert lines[0] == b"HTTP/1.1 502 Bad Gateway"
        assert len(upstream.requests) == 1
        assert (await ground.desk.end()).how == "upstream-lost"


async def test_a_get_whose_connection_was_lost_goes_to_the_next_upstream() -> None:
    async def script(turn: fake.Turn) -> None:
        turn.reset()

    async with (
        fake.running(script) as broken,
        fake.running(fake.saying(fake.plain(b"{}"))) as sound,
        relaying(broken.url, sound.url) as ground,
    ):
        lines, _ = parted(await ground.ask(request(b"", b"/v1/models?limit=1000", b"GET")))
        assert lines[0] == b"HTTP/1.1 200 OK"
        assert sound.requests[0].lines[0] == b"GET /v1/models?limit=1000 HTTP/1.1"


async def test_the_next_upstream_is_asked_where_one_refuses_connections() -> None:
    async with fake.running(fake.saying(fake.plain(b"{}"))) as sound:
        async with fake.running(fake.saying(b"")) as gone:
            away = gone.url
        async with relaying(away, sound.url) as ground:
            for _ in range(2):
                lines, _ = parted(await ground.ask(request(b"{}")))
                assert lines[0] == b"HTTP/1.1 200 OK"
            assert (await ground.desk.end()).upstream == "two"
            # the second request did not try the first upstream again
            assert ground.relay.metrics.upstream_faults.counts == {("one", "refused"): 1}


async def test_no_upstream_to_be_reached_is_a_502() -> None:
    async with fake.running(fake.saying(b"")) as gone:
        away = gone.url
    async with relaying(away) as ground:
        lines, body = parted(await ground.ask(request(b"{}")))
        assert lines[0] == b"HTTP/1.1 502 Bad Gateway"
        assert b"no upstream could be reached (refused)" in body
        assert (await ground.desk.end()).how == "unreachable"


@pytest.mark.parametrize("status", [b"502 Bad Gateway", b"503 Service Unavailable", b"529 Overloaded"])
async def test_what_an_upstream_did_not_process_goes_to_the_next(status: bytes) -> None:
    async with (
        fake.running(fake.saying(fake.plain(b"busy", status))) as busy,
        fake.running(fake.saying(fake.plain(b"{}"))) as sound,
        relaying(busy.url, sound.url) as ground,
    ):
        lines, body = parted(await ground.ask(request(b"{}")))
        assert (lines[0], body) == (b"HTTP/1.1 200 OK", b"{}")
        assert (len(busy.requests), len(sound.requests)) == (1, 1)
        assert ground.desk.taps[0].upstream == "two"


@pytest.mark.parametrize("status", [b"500 Internal Server Error", b"504 Gateway Timeout", b"429 Too Many Requests"])
async def test_what_an_upstream_may_have_processed_does_not_go_to_the_next(status: bytes) -> None:
    async with (
        fake.running(fake.saying(fake.plain(b"fault", status))) as faulty,
        fake.running(fake.saying(fake.plain(b"{}"))) as sound,
        relaying(faulty.url, sound.url) as ground,
    ):
        lines, body = parted(await ground.ask(request(b"{}")))
        assert (lines[0], body) == (b"HTTP/1.1 " + status, b"fault")
        assert sound.requests == []


async def test_the_answer_of_the_last_upstream_goes_through_whatever_it_is() -> None:
    async with (
        fake.running(fake.saying(fake.plain(b"one", b"503 Service Unavailable"))) as one,
        fake.running(fake.saying(fake.plain(b"two", b"529 Overloaded"))) as two,
        relaying(one.url, two.url) as ground,
    ):
        lines, body = parted(await ground.ask(request(b"{}")))
        assert (lines[0], body) == (b"HTTP/1.1 529 Overloaded", b"two")


async def test_a_connection_that_had_ended_unnoticed_costs_nobody_a_request() -> None:
    turns = 0

    async def script(turn: fake.Turn) -> None:
        nonlocal turns
        turns += 1
        if turns == 2:
            turn.reset()  # as a server does that ended the connection while the request was on its way
        else:
            await turn.send(fake.plain(b"{}"))

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        for _ in range(2):
            lines, _ = parted(await ground.ask(request(b"{}")))
            assert lines[0] == b"HTTP/1.1 200 OK"
        assert [got.connection for got in upstream.requests] == [0, 0, 1]
        assert len(ground.desk.taps) == 2


async def test_a_connection_lost_again_is_not_tried_a_third_time() -> None:
    turns = 0

    async def script(turn: fake.Turn) -> None:
        nonlocal turns
        turns += 1
        if turns > 1:
            turn.reset()
        else:
            await turn.send(fake.plain(b"{}"))

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        await ground.ask(request(b"{}"))
        lines, _ = parted(await ground.ask(request(b"{}")))
        assert lines[0] == b"HTTP/1.1 502 Bad Gateway"
        assert turns == 3


async def test_an_upstream_that_never_answers_is_a_504() -> None:
    async def script(turn: fake.Turn) -> None:
        await turn.gone()

    bounds = replace(BOUNDS, first_byte=0.05)
    async with fake.running(script) as upstream, relaying(upstream.url, bounds=bounds) as ground:
        lines, body = parted(await ground.ask(request(b"{}")))
        assert lines[0] == b"HTTP/1.1 504 Gateway Timeout"
        assert b'"type":"timeout_error"' in body
        assert (await ground.desk.end()).how == "timeout"


async def test_an_upstream_that_falls_silent_ends_the_connection() -> None:
    async def script(turn: fake.Turn) -> None:
        await turn.send(fake.STREAM, fake.chunk(fake.START))
        await turn.gone()

    bounds = replace(BOUNDS, silence=0.05)
    async with fake.running(script) as upstream, relaying(upstream.url, bounds=bounds) as ground:
        _, body = parted(await ground.ask(request(b"{}")))
        assert body == fake.chunk(fake.START)
        assert (await ground.desk.end()).how == "timeout"


async def test_an_upstream_that_drips_is_relayed_byte_by_byte() -> None:
    raw = fake.STREAM + fake.chunk(fake.START) + b"0\r\n\r\n"

    async def script(turn: fake.Turn) -> None:
        for at in range(len(raw)):
            await turn.send(raw[at : at + 1])
            await asyncio.sleep(0)

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        _, body = parted(await ground.ask(request(b"{}")))
        assert unchunked(body)[0] == fake.START
        assert (await ground.desk.end()).usage.model == "claude-test-1"


async def test_a_response_that_ends_with_its_connection_gets_chunks() -> None:
    async def script(turn: fake.Turn) -> None:
        await turn.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", fake.START)
        turn.close()

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        lines, body = parted(await ground.ask(request(b"{}")))
        assert b"Transfer-Encoding: chunked" in lines
        assert unchunked(body)[0] == fake.START
        assert (await ground.desk.end()).whole


async def test_a_client_of_http_1_0_gets_no_chunks_and_a_reset_where_the_stream_breaks() -> None:
    asked = request(b"{}").replace(b"HTTP/1.1", b"HTTP/1.0")

    async def script(turn: fake.Turn) -> None:
        await turn.send(fake.STREAM, fake.chunk(fake.START), b"" if broken else b"0\r\n\r\n")
        if broken:
            await asyncio.sleep(0.05)
            turn.close()

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        broken = False
        lines, body = parted(await ground.ask(asked))
        assert not any(line.lower().startswith(b"transfer-encoding") for line in lines)
        assert body == fake.START
        broken = True
        with pytest.raises(ConnectionResetError):
            await ground.ask(asked)


async def test_trailers_and_early_hints_go_through() -> None:
    raw = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
        + fake.STREAM + fake.chunk(b"data") + b"0\r\nX-Checksum: abc\r\n\r\n"
    )  # fmt: skip
    async with fake.running(fake.saying(raw)) as upstream, relaying(upstream.url) as ground:
        got = await ground.ask(request(b"{}"))
        assert got.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n")
        assert got.endswith(b"4\r\ndata\r\n0\r\nX-Checksum: abc\r\n\r\n")


@pytest.mark.parametrize(
    ("method", "target", "raw"),
    [
        (b"HEAD", b"/api/hello", b"HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n"),
        (b"GET", b"/v1/models", b"HTTP/1.1 204 No Content\r\n\r\n"),
        (b"GET", b"/v1/models", b"HTTP/1.1 304 Not Modified\r\netag: x\r\ncontent-length: 40\r\n\r\n"),
    ],
)
async def test_responses_without_a_body_end_with_their_head(method: bytes, target: bytes, raw: bytes) -> None:
    async with fake.running(fake.saying(raw)) as upstream, relaying(upstream.url) as ground:
        for _ in range(2):
            client = await ground.client()
            await client.send(request(b"", target, method, close=False))
            assert await client.until(b"\r\n\r\n") == raw
            client.close()
        assert upstream.connections == 1


async def test_a_client_that_leaves_in_the_middle_costs_the_record_nothing() -> None:
    left = asyncio.Event()

    async def script(turn: fake.Turn) -> None:
        await turn.send(fake.STREAM, fake.chunk(fake.START))
        await left.wait()
        for _ in range(20):
            await turn.send(fake.chunk(fake.DELTA))
        await turn.send(fake.chunk(fake.STOP), b"0\r\n\r\n")

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        client = await ground.client()
        await client.send(request(b"{}"))
        await client.until(fake.START)
        client.close()
        await until(lambda: not ground.relay.connections)
        left.set()
        ended = await ground.desk.end()
        assert (ended.how, ended.whole, ended.usage.output, ended.usage.events) == ("client-gone", True, 57, 23)
        assert len(ground.relay.pool) == 1


async def test_an_endless_stream_is_ended_some_way_behind_a_client_that_left() -> None:
    async def script(turn: fake.Turn) -> None:
        await turn.send(fake.STREAM)
        while not turn.writer.is_closing():
            await turn.send(fake.chunk(fake.DELTA * 100))

    bounds = replace(BOUNDS, drain_bytes=100_000)
    async with fake.running(script) as upstream, relaying(upstream.url, bounds=bounds) as ground:
        client = await ground.client()
        await client.send(request(b"{}"))
        await client.until(fake.DELTA)
        client.close()
        ended = await ground.desk.end()
        assert (ended.how, ended.whole) == ("client-gone", False)
        await asyncio.wait_for(upstream.ended.wait(), 10)


async def test_a_client_that_leaves_before_anything_was_sent_costs_the_upstream_nothing() -> None:
    async with fake.running(fake.saying(fake.plain(b"{}"))) as upstream, relaying(upstream.url) as ground:
        client = await ground.client()
        await client.send(request(b"{}" * 1000)[:-1])
        client.close()
        await until(lambda: ground.door.asked and not ground.relay.connections)
        assert ground.relay.exchanges == set()
        assert (upstream.requests, ground.desk.taps) == ([], [])


async def test_a_slow_client_pauses_the_upstream_and_fills_no_memory() -> None:
    sent = 0

    async def script(turn: fake.Turn) -> None:
        nonlocal sent
        await turn.send(fake.STREAM)
        for _ in range(800):
            await turn.send(fake.chunk(b"x" * 32_768))
            sent += 1
        await turn.send(b"0\r\n\r\n")

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        client = await ground.client(buffer=4096)
        await client.send(request(b"{}"))
        await client.until(b"\r\n\r\n")
        before = -1
        while sent != before:  # until the upstream can send no more
            before = sent
            await asyncio.sleep(0.1)
        assert sent < 800
        (connection,) = ground.relay.connections
        # what one read of the upstream brings may come on top of the bound
        assert connection.transport.get_write_buffer_size() < ground.relay.bounds.write_ahead + (1 << 20)
        assert len(unchunked(await client.rest())[0]) == 800 * 32_768
        assert (await ground.desk.end()).size == 800 * 32_768


async def test_a_client_that_reads_nothing_for_too_long_is_let_go() -> None:
    async def script(turn: fake.Turn) -> None:
        await turn.send(fake.STREAM)
        for _ in range(1000):
            await turn.send(fake.chunk(b"x" * 32_768))

    bounds = replace(BOUNDS, silence=0.5, drain_bytes=1000)
    async with fake.running(script) as upstream, relaying(upstream.url, bounds=bounds) as ground:
        client = await ground.client(buffer=4096)
        await client.send(request(b"{}"))
        assert (await ground.desk.end()).how == "client-gone"
        assert ground.relay.exchanges == set()
        client.close()


async def test_one_of_200_streams_that_breaks_breaks_no_other() -> None:
    go = asyncio.Event()

    async def script(turn: fake.Turn) -> None:
        await turn.send(fake.STREAM, fake.chunk(fake.START))
        await go.wait()
        if turn.got.body == b"7":
            turn.reset()
            return
        await turn.send(fake.chunk(fake.STOP), b"0\r\n\r\n")

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        asking = [asyncio.create_task(ground.ask(request(b"%d" % number))) for number in range(200)]
        await until(lambda: len(ground.relay.exchanges) == len(upstream.requests) == 200)
        go.set()
        answers = [parted(raw)[1] for raw in await asyncio.gather(*asking)]
        assert answers.pop(7) == fake.chunk(fake.START)
        assert {unchunked(answer)[0] for answer in answers} == {fake.START + fake.STOP}
        assert sorted(tap.ends[0].how for tap in ground.desk.taps) == ["complete"] * 199 + ["upstream-lost"]


async def test_a_refusal_by_the_body_sends_nothing_upstream() -> None:
    async with fake.running(fake.saying(fake.plain(b"{}"))) as upstream, relaying(upstream.url) as ground:
        ground.door.refuses = b"mcp_servers"
        lines, body = parted(await ground.ask(request(b'{"mcp_servers":[]}')))
        assert lines[0] == b"HTTP/1.1 403 Forbidden"
        assert body == (
            b'{"type":"error","error":{"type":"permission_error","message":"Carnet: not under your terms"}}'
        )
        assert (upstream.requests, ground.desk.taps) == ([], [])


async def test_no_answer_ever_holds_a_credential() -> None:
    async with fake.running(fake.saying(b"junk")) as upstream, relaying(upstream.url) as ground:
        got = await ground.ask(request(b"{}"))
        assert SECRET not in got
