from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import pytest

from carnet.gateway.contract import Recording
from carnet.gateway.errors import Refused
from carnet.gateway.limits import Limits
from tests.gateway import upstream as fake
from tests.gateway.ground import BOUNDS, KEY, admitted, parted, relaying, request

if TYPE_CHECKING:
    from tests.gateway.ground import Ground

OK = fake.saying(fake.plain(b"{}"))
SECRET_TEXT = "a prompt that must not be logged"


def broken(*_: object) -> NoReturn:
    raise ValueError(SECRET_TEXT)


async def status(ground: Ground, raw: bytes) -> bytes:
    return parted(await ground.ask(raw))[0][0]


async def test_without_an_admission_nothing_is_relayed() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url, admission=None) as ground:
        assert await status(ground, request(b"{}")) == b"HTTP/1.1 503 Service Unavailable"
        assert upstream.requests == []


async def test_a_path_nobody_knows_is_a_404_and_asks_no_admission() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        for target in (b"/", b"/v1/complete", b"/v1/organizations", b"/v1/messages/../files"):
            assert await status(ground, request(b"{}", target)) == b"HTTP/1.1 404 Not Found"
        assert (ground.door.asked, upstream.requests) == ([], [])


async def test_a_key_nobody_knows_is_a_401() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        assert await status(ground, request(b"{}").replace(KEY, b"other")) == b"HTTP/1.1 401 Unauthorized"
        assert upstream.requests == []


async def test_features_are_relayed_only_where_they_are_granted() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        asked = request(b"", b"/v1/files", b"GET")
        assert await status(ground, asked) == b"HTTP/1.1 403 Forbidden"
        ground.door.admitted = replace(ground.door.admitted, features=frozenset({"files"}))
        assert await status(ground, asked) == b"HTTP/1.1 200 OK"


async def test_an_admission_without_upstreams_reaches_none() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        ground.door.admitted = replace(ground.door.admitted, upstreams=("other",))
        assert await status(ground, request(b"{}")) == b"HTTP/1.1 503 Service Unavailable"
        assert upstream.requests == []
        assert (await ground.desk.end()).how == "refused"


@pytest.mark.parametrize("step", ["admit", "judge"])
async def test_an_admission_that_breaks_lets_nobody_in(
    step: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        monkeypatch.setattr(ground.door, step, broken)
        with caplog.at_level(logging.DEBUG):
            assert await status(ground, request(b"{}")) == b"HTTP/1.1 500 Internal Server Error"
        assert upstream.requests == []
        assert "ValueError" in caplog.text
        assert SECRET_TEXT not in caplog.text
        assert ground.relay.metrics.faults.counts == {("admission",): 1}


@pytest.mark.parametrize(
    ("recording", "expected"),
    [(Recording.REQUIRED, b"HTTP/1.1 503 Service Unavailable"), (Recording.WANTED, b"HTTP/1.1 200 OK")],
)
async def test_an_exchange_that_cannot_be_recorded_takes_place_only_where_it_may(
    recording: Recording, expected: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url, admits=admitted(recording=recording)) as ground:
        monkeypatch.setattr(ground.desk, "begin", broken)
        assert await status(ground, request(b"{}")) == expected
        assert len(upstream.requests) == (recording is Recording.WANTED)
        assert ground.relay.metrics.unrecorded.counts == ({("begin",): 1} if upstream.requests else {})


async def test_without_a_recorder_nothing_takes_place_that_must_be_recorded() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url, recorder=None) as ground:
        assert await status(ground, request(b"{}")) == b"HTTP/1.1 503 Service Unavailable"
        assert upstream.requests == []


async def test_a_recorder_may_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Refused:
        return Refused(529, "the spool is full", retry_after=5)

    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        monkeypatch.setattr(ground.desk, "begin", full)
        assert await status(ground, request(b"{}")) == b"HTTP/1.1 529 Overloaded"
        assert upstream.requests == []


async def test_what_is_not_kept_is_not_shown_to_the_recorder() -> None:
    async with (
        fake.running(OK) as upstream,
        relaying(upstream.url, admits=admitted(recording=Recording.NONE)) as ground,
    ):
        assert await status(ground, request(b"{}")) == b"HTTP/1.1 200 OK"
        assert ground.desk.taps == []


async def test_limits_answer_429_in_the_apis_shape_before_the_body_is_read() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        ground.door.admitted = replace(ground.door.admitted, key_limits=Limits(requests=1))
        assert await status(ground, request(b"{}")) == b"HTTP/1.1 200 OK"
        lines, body = parted(await ground.ask(request(b"x" * 10)[:-10]))
        assert lines[0] == b"HTTP/1.1 429 Too Many Requests"
        assert any(line.startswith(b"retry-after: ") for line in lines)
        assert b'"type":"rate_limit_error"' in body


async def test_tokens_that_a_stream_used_are_charged() -> None:
    stream = fake.STREAM + fake.chunk(fake.START + fake.STOP) + b"0\r\n\r\n"
    limited = replace(admitted(recording=Recording.NONE), organisation_limits=Limits(tokens=50))
    async with fake.running(fake.saying(stream)) as upstream, relaying(upstream.url, admits=limited) as ground:
        assert await status(ground, request(b"{}")) == b"HTTP/1.1 200 OK"
        assert await status(ground, request(b"{}")) == b"HTTP/1.1 429 Too Many Requests"


async def test_places_of_exchanges_are_given_back_however_they_end() -> None:
    async def script(turn: fake.Turn) -> None:
        turn.reset()

    limited = replace(admitted(), key_limits=Limits(at_once=1))
    async with fake.running(script) as upstream, relaying(upstream.url, admits=limited) as ground:
        for raw in (request(b"a"), request(b"a" * 40)[:-1], request(b"a", b"/v1/files"), request(b"a")):
            client = await ground.client()
            await client.send(raw)
            client.writer.write_eof()
            await client.rest()
        assert await status(ground, request(b"a")) == b"HTTP/1.1 502 Bad Gateway"


async def test_what_is_under_way_counts_once_its_organisation_has_a_limit() -> None:
    async def script(turn: fake.Turn) -> None:
        while not turn.go.is_set():  # noqa: ASYNC110 - it is set in the test
            await asyncio.sleep(0.01)
        await turn.send(fake.plain(b"{}"))

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        clients = [await ground.client() for _ in range(3)]
        for client in clients[:2]:
            await client.send(request(b"{}"))
        await fake.until(lambda: len(upstream.requests) == 2)
        ground.door.admitted = replace(ground.door.admitted, organisation_limits=Limits(at_once=3))
        await clients[2].send(request(b"{}"))
        await fake.until(lambda: len(upstream.requests) == 3)
        await fake.until(lambda: all(exchange.held for exchange in ground.relay.exchanges))
        assert await status(ground, request(b"{}")) == b"HTTP/1.1 429 Too Many Requests"
        upstream.go.set()
        for client in clients:
            assert (await client.response())[1] == b"{}"
            client.close()
        assert await status(ground, request(b"{}")) == b"HTTP/1.1 200 OK"


async def test_a_cookie_that_an_upstream_sets_goes_to_one_client_and_comes_back_from_it_alone() -> None:
    answer = fake.plain(b"{}", b"200 OK", b"Set-Cookie: balancer=7")
    async with fake.running(fake.saying(answer)) as upstream, relaying(upstream.url) as ground:
        one, other = await ground.client(), await ground.client()
        await one.send(request(b"{}", close=False))
        assert b"Set-Cookie: balancer=7" in (await one.response())[0]
        await other.send(request(b"{}"))
        await other.response()
        await one.send(request(b"{}", b"/v1/messages", b"POST", b"Cookie: balancer=7"))
        await one.response()
        assert [got.values(b"cookie") for got in upstream.requests] == [[], [], [b"balancer=7"]]
        for client in (one, other):
            client.close()


async def test_clients_beyond_the_bound_are_told_and_let_go() -> None:
    bounds = replace(BOUNDS, clients=2, crowd=1)
    async with fake.running(OK) as upstream, relaying(upstream.url, bounds=bounds) as ground:
        here = [await ground.client() for _ in range(2)]
        await fake.until(lambda: len(ground.relay.connections) == 2)
        told = await ground.client()
        lines, body = parted(await told.until(b'"}}'))
        assert lines[0] == b"HTTP/1.1 529 Overloaded"
        assert {b"retry-after: 1", b"connection: close"} <= set(lines)
        assert b'"type":"overloaded_error"' in body
        beyond = await ground.client()
        assert await beyond.rest() == b""
        await here[0].send(request(b"{}"))
        assert (await here[0].response())[1] == b"{}"
        for one in (*here, told):
            one.close()
        await fake.until(lambda: not ground.relay.connections)
        assert await status(ground, request(b"{}")) == b"HTTP/1.1 200 OK"


async def test_no_name_or_word_of_a_client_is_in_a_metric() -> None:
    async with fake.running(OK) as upstream, relaying(upstream.url) as ground:
        await ground.ask(
            request(b'{"word":"xyzzy"}', b"/v1/messages?xyzzy", b"POST", b"x-claude-code-session-id: xyzzy")
        )
        await ground.ask(request(b"", b"/xyzzy", b"GET"))
        text = ground.relay.metrics.text()
        assert "xyzzy" not in text
        assert "ann@acme.test" not in text
        assert 'carnet_relay_exchanges_total{route="messages",how="complete"} 1\n' in text
        assert 'carnet_relay_refused_total{status="404",why="unknown-path"} 1\n' in text
