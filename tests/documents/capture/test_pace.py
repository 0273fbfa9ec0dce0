"""Each host gets its pause and its share."""

from __future__ import annotations

import asyncio

from carnet.documents.capture.pace import Pace


def most_at_once(pace: Pace, hosts: list[str]) -> tuple[int, dict[str, int]]:
    running: list[str] = []
    peaks: dict[str, int] = {}
    whole = 0

    async def one(host: str) -> None:
        nonlocal whole
        async with pace.turn(host):
            running.append(host)
            whole = max(whole, len(running))
            peaks[host] = max(peaks.get(host, 0), running.count(host))
            await asyncio.sleep(0.001)
            running.remove(host)

    async def all_of_them() -> None:
        await asyncio.gather(*(one(host) for host in hosts))

    asyncio.run(all_of_them())
    return whole, peaks


def test_a_host_gets_no_more_fetches_at_once_than_its_share() -> None:
    _, peaks = most_at_once(Pace(10, 2, 0), ["a"] * 12 + ["b"] * 12)
    assert peaks == {"a": 2, "b": 2}


def test_all_hosts_together_get_no_more_than_allowed() -> None:
    whole, _ = most_at_once(Pace(3, 2, 0), [*"abcdefgh"] * 3)
    assert whole == 3


def test_two_fetches_from_one_host_begin_a_pause_apart() -> None:
    async def begun() -> list[float]:
        pace, loop = Pace(10, 5, 0.02), asyncio.get_running_loop()
        times: list[float] = []

        async def one() -> None:
            async with pace.turn("a"):
                times.append(loop.time())

        began = loop.time()
        await asyncio.gather(*(one() for _ in range(4)))
        return [at - began for at in sorted(times)]

    # Held against the beginning: on a busy machine one may be late, and the next one in time.
    assert all(at >= 0.02 * number - 0.002 for number, at in enumerate(asyncio.run(begun())))


def test_robots_may_ask_for_a_longer_pause_within_bounds() -> None:
    async def slept() -> float:
        pace, loop = Pace(10, 5, 0), asyncio.get_running_loop()
        async with pace.turn("a", delay=0.03):
            began = loop.time()
        async with pace.turn("a"):
            return loop.time() - began

    assert asyncio.run(slept()) >= 0.029
