"""A request whose admission has to ask somebody first: nothing more of that client is read until it is decided."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from carnet.gateway.errors import Refused
from tests.gateway.ground import admitted, relaying, request
from tests.gateway.upstream import plain, running, saying

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from carnet.gateway.contract import Admitted, Asked


class Slow:
    """An admission that has to ask somebody first."""

    def __init__(self, decided: Admitted | Refused | Exception) -> None:
        self.decided = decided
        self.ask = asyncio.Event()

    def admit(self, asked: Asked) -> Awaitable[Admitted | Refused]:
        del asked
        return self._decide()

    async def _decide(self) -> Admitted | Refused:
        await self.ask.wait()
        if isinstance(self.decided, Exception):
            raise self.decided
        return self.decided

    def judge(self, admitted: Admitted, asked: Asked, body: bytes) -> None: ...

    def standing(self, asked: Asked, admitted: Admitted) -> None: ...


async def test_an_admission_may_take_its_time_and_the_body_is_read_afterwards() -> None:
    body = b"x" * 300_000
    slow = Slow(admitted("one"))
    async with running(saying(plain(b"hello"))) as fake, relaying(fake.url, admission=slow) as ground:
        client = await ground.client()
        await client.send(request(body[:1], b"/v1/messages", close=False).replace(b": 1\r\n", b": 300000\r\n"))
        sending = asyncio.create_task(client.send(body[1:] + request(b"second")))
        await asyncio.sleep(0.05)
        assert fake.requests == []
        slow.ask.set()
        assert (await client.response())[1] == b"hello"
        assert (await client.rest()).endswith(b"hello")
        await sending
        assert [got.body for got in fake.requests] == [body, b"second"]


async def test_an_admission_that_refuses_or_breaks_after_a_while_lets_nobody_in() -> None:
    for decided, status in ((Refused(401, "no"), b"401"), (ValueError("x"), b"500")):
        slow = Slow(decided)
        slow.ask.set()
        async with running(saying(plain(b"hello"))) as fake, relaying(fake.url, admission=slow) as ground:
            assert (await ground.ask(request(b"{}")))[9:12] == status
            assert fake.requests == []


async def test_a_client_that_leaves_meanwhile_leaves_nothing_behind() -> None:
    slow = Slow(admitted("one"))
    async with running(saying(plain(b"hello"))) as fake, relaying(fake.url, admission=slow) as ground:
        client = await ground.client()
        await client.send(request(b"{}"))
        await asyncio.sleep(0.05)
        client.close()
        await asyncio.sleep(0.05)
        slow.ask.set()
        await asyncio.sleep(0.05)
        assert not ground.relay.connections
        assert not ground.relay.exchanges
        assert fake.requests == []
