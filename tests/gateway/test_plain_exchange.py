"""The exchange nearly all are ends as any other does where something goes wrong with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from carnet.gateway.contract import Recording
from carnet.gateway.plain_exchange import PlainExchange
from tests.gateway.ground import parted, request
from tests.gateway.known_head import BODY, RAW, known_head, third_waits
from tests.gateway.upstream import plain, running, settled, until

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from tests.gateway.ground import Client, Ground
    from tests.gateway.upstream import Turn


def known(*urls: str) -> AbstractAsyncContextManager[tuple[Ground, Client]]:
    return known_head(Recording.NONE, *urls)


def plainly(ground: Ground) -> bool:
    (found,) = ground.relay.exchanges
    return isinstance(found, PlainExchange)


def counted(ground: Ground) -> dict[tuple[str, ...], int]:
    return ground.relay.metrics.exchanges.counts


async def test_it_is_relayed_byte_for_byte_and_leaves_nothing() -> None:
    async def script(turn: Turn) -> None:
        await turn.send(plain(turn.got.body))

    async with running(script) as fake, known(fake.url) as (ground, client):
        for body in (b"{}", BODY, b"c" * 200_000):
            await client.send(request(body, close=False))
            assert (await client.response())[1] == body
        assert ground.relay.exchanges == set()
        assert counted(ground) == {("messages", "complete"): 5}
        assert fake.connections == 1
        assert len(ground.relay.pool) == 1


async def test_a_connection_that_had_ended_unnoticed_costs_nobody_a_request() -> None:
    async def script(turn: Turn) -> None:
        if turn.got.connection == 0 and len(fake.requests) == 3:
            turn.reset()
        else:
            await turn.send(plain(b"hello"))

    async with running(script) as fake, known(fake.url) as (ground, client):
        await client.send(RAW)
        assert (await client.response())[1] == b"hello"
        assert [one.body for one in fake.requests] == [BODY] * 4
        assert fake.requests[2].head == fake.requests[3].head
        assert counted(ground) == {("messages", "complete"): 3}


async def test_what_an_upstream_did_not_process_goes_to_the_next() -> None:
    async def first(turn: Turn) -> None:
        await turn.send(plain(b"busy", status=b"529 Overloaded") if len(one.requests) > 2 else plain(b"hello"))

    async def second(turn: Turn) -> None:
        await turn.send(plain(b"here"))

    async with running(first) as one, running(second) as two, known(one.url, two.url) as (ground, client):
        for expected in (b"here", b"here"):
            await client.send(RAW)
            assert (await client.response())[1] == expected
        assert [len(one.requests), len(two.requests)] == [3, 2]
        assert ground.relay.exchanges == set()


async def test_a_response_in_parts_is_relayed_in_parts() -> None:
    async def script(turn: Turn) -> None:
        if len(fake.requests) < 3:
            await turn.send(plain(b"hello"))
            return
        await turn.send(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab")
        await asyncio.get_running_loop().run_in_executor(None, turn.go.wait)
        await turn.send(b"cd")

    async with running(script) as fake, known(fake.url) as (ground, client):
        await client.send(RAW)
        assert parted(await client.until(b"ab"))[1] == b"ab"
        assert plainly(ground)
        fake.go.set()
        assert await client.until(b"cd") == b"cd"
        await until(lambda: not ground.relay.exchanges)


async def test_a_client_that_leaves_costs_the_upstreams_answer_nothing() -> None:
    async with running(third_waits(plain(b"hello"))) as fake, known(fake.url) as (ground, client):
        await client.send(RAW)
        await until(lambda: len(fake.requests) == 3)
        assert plainly(ground)
        client.close()
        await until(lambda: not ground.relay.connections)
        fake.go.set()
        await until(lambda: not ground.relay.exchanges)
        assert counted(ground) == {("messages", "complete"): 2, ("messages", "client-gone"): 1}
        await settled()


async def test_a_client_is_told_that_its_connection_ends_once_the_relay_does() -> None:
    async with running(third_waits(plain(b"hello"))) as fake, known(fake.url) as (ground, client):
        await client.send(RAW)
        await until(lambda: len(fake.requests) == 3)
        ground.ending.stop.set()
        await until(lambda: ground.relay.ending)
        fake.go.set()
        lines, body = parted(await client.rest())
        assert b"Connection: close" in lines
        assert body == b"hello"
