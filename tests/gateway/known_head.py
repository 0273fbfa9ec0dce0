"""A relay that has seen a head twice, so that the next request with it takes the short way."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.gateway.ground import admitted, relaying, request
from tests.gateway.test_familiar import Remembering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from carnet.gateway.contract import Recording
    from tests.gateway.ground import Client, Ground
    from tests.gateway.upstream import Turn

BODY = b'{"a":"%b"}' % (b"b" * 300)
RAW = request(BODY, close=False)


@asynccontextmanager
async def known_head(recording: Recording, *urls: str) -> AsyncIterator[tuple[Ground, Client]]:
    """The relay and its client."""
    door = Remembering(admitted(*("one", "two")[: len(urls)], recording=recording))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.gateway.test_familiar.Sure.holds", lambda _, __: True)
        async with relaying(*urls, admission=door) as ground:
            client = await ground.client()
            for _ in range(2):
                await client.send(RAW)
                await client.response()
            yield ground, client
            client.close()


def third_waits(answer: bytes) -> Callable[[Turn], Awaitable[None]]:
    """An upstream's script that answers alike, the third time only once it may."""
    asked = 0

    async def script(turn: Turn) -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            await asyncio.get_running_loop().run_in_executor(None, turn.go.wait)
        await turn.send(answer)

    return script
