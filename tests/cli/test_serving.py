"""What `carnet serve` does while it runs: it ends in order, begins anew where that would do, finds its relay late."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from carnet.cli import serving
from carnet.cli.handing import Handed
from carnet.cli.serve import secured
from carnet.cli.serving import Serving, make_server, rehearsed
from carnet.errors import CarnetError
from carnet.gateway.certificates import CA, make_files
from carnet.gateway.tls import FOLDER
from carnet.web.app import make_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from carnet.cli.relaying import Relays
    from carnet.settings import Settings
    from carnet.stores.contract import Store


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
    with socket.create_server(("127.0.0.1", 0)) as calls:
        serves = Serving(None, bound, begin=begun.append, calls=calls, roles={"web": 77})
        running = asyncio.create_task(serves.attend())
        await asyncio.sleep(0.05)
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.wait_for(running, 20)
        assert begun == [Handed((bound.fileno(),), grpc=(calls.fileno(),), roles={"web": 77})]
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


async def test_beyond_loopback_a_person_reaches_their_own_page_through_tls_and_nothing_of_the_administration(
    settings: Settings, store: Store, bound: socket.socket
) -> None:
    far = settings.with_option("web.host", "192.0.2.1")
    make_files(settings.data / FOLDER, ["127.0.0.1"], "here", datetime.now(UTC))
    server = make_server(make_app(store, far), secured(far))
    running = asyncio.create_task(server.serve(sockets=[bound]))
    await _until(lambda: server.started)
    believing = ssl.create_default_context(cafile=settings.data / FOLDER / CA)

    async def ask(path: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", bound.getsockname()[1], ssl=believing)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        found = await reader.read()
        writer.close()
        return found.split(b"\r\n")[0]

    assert b" 200" in await ask("/mine/sign-in")
    assert b" 401" in await ask("/api/mine")
    assert b" 403" in await ask("/records")
    assert b" 403" in await ask("/api/admin/accounts")
    server.should_exit = True
    await running


async def test_who_does_not_agree_on_tls_in_time_is_let_go(
    settings: Settings, store: Store, bound: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carnet.gateway.server.HANDSHAKE", 0.05)
    far = settings.with_option("web.host", "192.0.2.1")
    make_files(settings.data / FOLDER, ["127.0.0.1"], "here", datetime.now(UTC))
    server = make_server(make_app(store, far), secured(far))
    running = asyncio.create_task(server.serve(sockets=[bound]))
    await _until(lambda: server.started)
    reader, writer = await asyncio.open_connection("127.0.0.1", bound.getsockname()[1])
    async with asyncio.timeout(20):
        assert not await reader.read()
    writer.close()
    server.should_exit = True
    await running
