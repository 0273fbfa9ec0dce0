"""What is recorded on the short way ends as any other does where something goes wrong with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from carnet.gateway.contract import How, Recording
from carnet.gateway.recorded_exchange import RecordedExchange
from tests.gateway.ground import parted, request
from tests.gateway.known_head import BODY, RAW, known_head, third_waits
from tests.gateway.test_familiar import MESSAGE
from tests.gateway.upstream import START, STOP, STREAM, chunk, plain, running, until

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from tests.gateway.ground import Client, Ground
    from tests.gateway.upstream import Turn

JSON = plain(MESSAGE)


def known(*urls: str) -> AbstractAsyncContextManager[tuple[Ground, Client]]:
    return known_head(Recording.REQUIRED, *urls)


def shortly(ground: Ground) -> bool:
    (found,) = ground.relay.exchanges
    return isinstance(found, RecordedExchange)


async def test_whole_answers_are_relayed_and_kept_byte_for_byte_with_what_they_say() -> None:
    async def script(turn: Turn) -> None:
        await turn.send(JSON if len(turn.got.body) < 1000 else plain(turn.got.body))

    async with running(script) as fake, known(fake.url) as (ground, client):
        bodies = (b"{}", BODY, b"c" * 200_000)
        for body in bodies:
            await client.send(request(body, close=False))
            assert (await client.response())[1] == (MESSAGE if len(body) < 1000 else body)
        taps = ground.desk.taps
        assert [one.body for one in taps] == [BODY, BODY, *bodies]
        assert [b"".join(one.chunks) for one in taps[2:]] == [MESSAGE, MESSAGE, bodies[2]]
        ends = [one.ends[0] for one in taps]
        assert [(one.how, one.whole, one.usage.model, one.usage.tokens) for one in ends[:4]] == [
            (How.COMPLETE, True, "m-1", 12)
        ] * 4
        assert ends[4].usage.unread
        assert all(one.timings.received <= one.timings.sent <= one.timings.head <= one.timings.ended for one in ends)
        assert ground.relay.exchanges == set()
        assert ground.relay.metrics.exchanges.counts == {("messages", "complete"): 5}
        assert (fake.connections, len(ground.relay.pool)) == (1, 1)


async def test_a_connection_that_had_ended_unnoticed_costs_nobody_a_request() -> None:
    async def script(turn: Turn) -> None:
        if turn.got.connection == 0 and len(fake.requests) == 3:
            turn.reset()
        else:
            await turn.send(JSON)

    async with running(script) as fake, known(fake.url) as (ground, client):
        await client.send(RAW)
        assert (await client.response())[1] == MESSAGE
        assert [one.body for one in fake.requests] == [BODY] * 4
        assert fake.requests[2].head == fake.requests[3].head
        assert [len(one.ends) for one in ground.desk.taps] == [1, 1, 1]


async def test_what_an_upstream_did_not_process_goes_to_the_next_and_has_one_record() -> None:
    async def first(turn: Turn) -> None:
        await turn.send(plain(b"busy", status=b"529 Overloaded") if len(one.requests) > 2 else JSON)

    async def second(turn: Turn) -> None:
        await turn.send(plain(b"here"))

    async with running(first) as one, running(second) as two, known(one.url, two.url) as (ground, client):
        for expected in (b"here", b"here"):
            await client.send(RAW)
            assert (await client.response())[1] == expected
        assert [len(one.requests), len(two.requests)] == [3, 2]
        assert [tap.upstream for tap in ground.desk.taps] == ["one", "one", "two", "two"]
        assert ground.relay.exchanges == set()


async def test_a_stream_goes_on_event_by_event_and_is_kept() -> None:
    async def script(turn: Turn) -> None:
        if len(fake.requests) < 3:
            await turn.send(JSON)
            return
        await turn.send(STREAM, chunk(START))
        await asyncio.get_running_loop().run_in_executor(None, turn.go.wait)
        await turn.send(chunk(STOP), b"0\r\n\r\n")

    async with running(script) as fake, known(fake.url) as (ground, client):
        await client.send(RAW)
        await client.until(START)
        assert shortly(ground)
        fake.go.set()
        assert (await client.until(b"\r\n0\r\n\r\n")).endswith(chunk(STOP) + b"0\r\n\r\n")
        tap = ground.desk.taps[2]
        assert b"".join(tap.chunks) == START + STOP
        assert (tap.ends[0].how, tap.ends[0].usage.output) == (How.COMPLETE, 57)


async def test_a_client_that_leaves_costs_the_record_nothing() -> None:
    async with running(third_waits(JSON)) as fake, known(fake.url) as (ground, client):
        await client.send(RAW)
        await until(lambda: len(fake.requests) == 3)
        assert shortly(ground)
        client.close()
        await until(lambda: not ground.relay.connections)
        fake.go.set()
        ended = await ground.desk.end(2)
        assert (ended.how, ended.whole, ended.usage.output) == (How.CLIENT_GONE, True, 5)
        assert ground.desk.taps[2].chunks == [MESSAGE]


async def test_a_client_is_told_that_its_connection_ends_once_the_relay_does() -> None:
    async with running(third_waits(JSON)) as fake, known(fake.url) as (ground, client):
        await client.send(RAW)
        await until(lambda: len(fake.requests) == 3)
        ground.ending.stop.set()
        await until(lambda: ground.relay.ending)
        fake.go.set()
        lines, body = parted(await client.rest())
        assert b"Connection: close" in lines
        assert body == MESSAGE


async def test_what_cannot_be_kept_is_broken_off() -> None:
    async def script(turn: Turn) -> None:
        await turn.send(JSON if len(fake.requests) < 3 else plain(b"a" * 5000))

    async with running(script) as fake, known(fake.url) as (ground, client):
        ground.desk.room = 1000
        await client.send(RAW)
        assert await client.rest() == b""
        assert (await ground.desk.end(2)).how is How.TOO_LARGE
