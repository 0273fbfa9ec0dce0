"""The end of a response waits for its record, but not for ever."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from carnet.gateway.contract import Durability, Fate
from carnet.gateway.holding import Holding
from carnet.gateway.metrics import Metrics
from tests.gateway.upstream import until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carnet.gateway.incoming import Incoming


class Client:
    """Keeps what it gets."""

    def __init__(self) -> None:
        self.ends: list[bytes] = []

    def end(self, pieces: Iterable[bytes]) -> None:
        self.ends.append(b"".join(pieces))


def waiting(most: float) -> tuple[Holding, Metrics]:
    metrics = Metrics()
    return Holding(most, metrics.late), metrics


def held(holding: Holding) -> tuple[Client, Durability]:
    client, durable = Client(), Durability()
    holding.end(cast("Incoming", client), (b"the ", b"end"), durable)
    return client, durable


async def test_an_end_comes_once_its_record_is_durable_whichever_that_is_first() -> None:
    holding, metrics = waiting(3600.0)
    some = [held(holding) for _ in range(3)]
    for client, durable in (some[1], some[0], some[2]):
        await asyncio.sleep(0)
        assert client.ends == []
        durable.settle(Fate("stored", "1"))
        await asyncio.sleep(0)
        assert client.ends == [b"the end"]
    assert metrics.late.counts == {}


async def test_what_waited_for_long_enough_is_let_go_and_counted_and_comes_once() -> None:
    holding, metrics = waiting(0.02)
    (first, _), (second, durable), (third, _) = held(holding), held(holding), held(holding)
    durable.settle(Fate("stored"))
    await until(lambda: first.ends and third.ends)
    assert (first.ends, second.ends, third.ends) == ([b"the end"],) * 3
    assert metrics.late.counts == {(): 2}
    fourth, late = held(holding)
    await until(lambda: late.fate)
    await asyncio.sleep(0)
    assert fourth.ends == [b"the end"]
    assert metrics.late.counts == {(): 3}


async def test_of_what_has_ended_nothing_is_held() -> None:
    holding, _ = waiting(3600.0)
    for _ in range(20):
        _, durable = held(holding)
        durable.settle(Fate("stored"))
    assert len(holding._waiting) == 1
