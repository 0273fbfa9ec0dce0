"""What `carnet serve` does while it runs: it ends in order, begins anew where that would do, finds its relay late."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from carnet.cli import serving
from carnet.cli.handing import Handed
from carnet.cli.serving import Serving, rehearsed
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from carnet.cli.relaying import Relays


async def _until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


@pytest.fixture
def bound() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def _would_start(monkeypatch: pytest.MonkeyPatch, fault: str = "") -> None:
    async def rehearsed(_: object) -> str:
        await asyncio.sleep(0)
        return fault

    monkeypatch.setattr(serving, "rehearsed", rehearsed)


async def test_without_pages_it_runs_until_it_is_told_to_end() -> None:
    running = asyncio.create_task(Serving(None, None).attend())
    await asyncio.sleep(0.05)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 20)


async def test_it_begins_anew_with_what_it_listens_at(monkeypatch: pytest.MonkeyPatch, bound: socket.socket) -> None:
    _would_start(monkeypatch)
    begun: list[Handed] = []
    running = asyncio.create_task(Serving(None, bound, begin=begun.append).attend())
    await asyncio.sleep(0.05)
    os.kill(os.getpid(), signal.SIGHUP)
    await asyncio.wait_for(running, 20)
    assert begun == [Handed((bound.fileno(),))]
    bound.close()


async def test_what_would_not_start_again_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    _would_start(monkeypatch, "relay.log is not right")
    begun: list[Handed] = []
    said: list[str] = []
    monkeypatch.setattr(serving, "say", said.append)
    running = asyncio.create_task(Serving(None, None, begin=begun.append).attend())
    await asyncio.sleep(0.05)
    os.kill(os.getpid(), signal.SIGHUP)
    await _until(lambda: said)
    assert said == ["serve: goes on as it was, for it would not start again: relay.log is not right"]
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 20)
    assert begun == []


async def test_from_a_terminal_sighup_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    _would_start(monkeypatch)
    monkeypatch.setattr(serving, "_interactive", lambda: True)
    begun: list[Handed] = []
    running = asyncio.create_task(Serving(None, None, begin=begun.append).attend())
    await asyncio.sleep(0.05)
    os.kill(os.getpid(), signal.SIGHUP)
    await asyncio.wait_for(running, 20)
    assert begun == []


async def test_a_relay_that_cannot_be_opened_yet_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(serving, "AFTER_FAULT", 0.01)
    calls: list[str] = []

    class Found:
        address = "http://127.0.0.1:1"

        def start(self) -> None:
            calls.append("start")

        async def stop(self) -> None:
            calls.append("stop")

    def later() -> Relays | None:
        calls.append("look")
        if len(calls) == 1:
            return None
        if len(calls) == 2:
            raise CarnetError("the port is taken")
        return Found()  # type: ignore[return-value]

    running = asyncio.create_task(Serving(None, None, later=later).attend())
    await _until(lambda: "start" in calls)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 20)
    assert calls == ["look", "look", "look", "start", "stop"]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("import sys; sys.exit('--check' not in sys.argv)", ""),
        ("import sys; print('carnet: that is wrong', file=sys.stderr); sys.exit(2)", "carnet: that is wrong"),
        ("raise SystemExit(7)", "it ended with 7"),
    ],
)
async def test_a_new_start_is_tried_before_the_old_one_is_given_up(code: str, fault: str) -> None:
    assert await rehearsed([sys.executable, "-c", code]) == fault


async def test_a_new_start_that_says_nothing_is_no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "REHEARSAL", 0.2)
    assert "did not say" in await rehearsed([sys.executable, "-c", "import time; time.sleep(60)"])
