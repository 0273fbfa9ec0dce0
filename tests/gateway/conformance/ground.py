"""Trials of our relay, and of a gateway that does one thing wrong."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from carnet.gateway.conformance.suite import carried_out
from carnet.gateway.conformance.target import Target
from carnet.gateway.conformance.trial import Trial
from carnet.gateway.conformance.upstream import Upstream
from tests.gateway.conformance import bad
from tests.gateway.ground import KEY, relaying

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from carnet.gateway.conformance.check import Check, Told


@asynccontextmanager
async def upstream() -> AsyncIterator[tuple[Upstream, int]]:
    """The suite's upstream, and its port."""
    made = Upstream()
    port = await made.start("127.0.0.1", 0)
    try:
        yield made, port
    finally:
        await made.stop()


@asynccontextmanager
async def ours(patience: float = 5.0) -> AsyncIterator[Trial]:
    """A trial of our relay."""
    async with upstream() as (made, port), relaying(f"http://127.0.0.1:{port}") as ground:
        yield Trial(Target("127.0.0.1", ground.port), made, KEY, patience=patience)


@asynccontextmanager
async def wrong(vices: bad.Vices, patience: float = 0.3) -> AsyncIterator[Trial]:
    """A trial of a gateway with these vices."""
    async with upstream() as (made, port), bad.running(port, vices) as at:
        yield Trial(Target("127.0.0.1", at), made, bad.KEY, patience=patience)


async def told(trial: Trial, checks: Iterable[Check], calm: float = 2.0) -> dict[str, Told]:
    return {line.check.id: line.told async for line in carried_out(trial, checks, calm)}
