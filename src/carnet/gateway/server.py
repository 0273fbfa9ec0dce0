"""The relay's process: listening, keeping time, ending in order."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.gateway import allocator
from carnet.gateway.board import State
from carnet.gateway.incoming import Incoming
from carnet.model.loopback import is_loopback

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine, Sequence

    from carnet.gateway.relay import Relay

BACKLOG = 4096
HANDSHAKE = 10.0
"""Seconds a client has for its TLS handshake."""
TICK = 1.0
"""Seconds between two looks at deadlines."""
_JUST_NOW = 0.1


def listen(host: str, port: int, context: ssl.SSLContext | None = None) -> socket.socket:
    """A listening socket that other processes may share. Raises CarnetError saying why there is none."""
    if context is None and not is_loopback(host):
        raise CarnetError(f"{host} is beyond loopback, and keys would go over the network in the clear: it needs TLS")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=True)
    except OSError as error:
        raise CarnetError(f"cannot listen on {host} port {port}: {error.strerror or error}") from error


@dataclass(frozen=True, slots=True)
class Ending:
    """What tells a relay to end."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Once what is under way has ended, or `bounds.grace` has passed."""
    part: asyncio.Event = field(default_factory=asyncio.Event)
    """The same without haste: other processes listen at the same sockets already."""
    notice: float = 0.0
    """Seconds in which a relay that was told to stop still takes clients, and says that it is not ready."""


async def serve(
    relay: Relay,
    bound: Sequence[socket.socket],
    ending: Ending,
    context: ssl.SSLContext | None = None,
    tick: float = TICK,
    tell: Callable[[State], object] = lambda _: None,
) -> None:
    """Relay what comes in at some sockets until told to end; `tell` is told how the relay is."""
    loop = asyncio.get_running_loop()
    handshake = None if context is None else HANDSHAKE
    servers = [
        await loop.create_server(
            lambda: Incoming(relay), sock=one, ssl=context, backlog=BACKLOG, ssl_handshake_timeout=handshake
        )
        for one in bound
    ]
    keeping = [loop.create_task(_keep_time(relay, tick)), loop.create_task(_tell_ready(relay, tell))]
    try:
        await _any(ending.stop, ending.part)
        tell(State.LEAVING)
        await _end(relay, servers, ending, handshake or 0.0)
    finally:
        for task in keeping:
            task.cancel()
        for server in servers:
            server.close()
        relay.stop()


async def _end(relay: Relay, servers: Sequence[asyncio.AbstractServer], ending: Ending, handshake: float) -> None:
    relay.leave()
    if not ending.part.is_set():
        await _within(ending.notice, asyncio.sleep(ending.notice))
    for server in servers:
        server.close()
    if not ending.stop.is_set():
        # who was let in a moment ago, and is not known to the relay before its handshake, is a client too
        await _within(handshake or _JUST_NOW, ending.stop.wait())
        relay.part()
        await _within(relay.bounds.parting, _any(relay.quiet, ending.stop))
    relay.drain()
    await _within(relay.bounds.grace, relay.quiet.wait())


async def _within(seconds: float, waiting: Coroutine[object, object, object]) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(waiting, seconds)


async def _any(*events: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(one.wait()) for one in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()


async def _tell_ready(relay: Relay, tell: Callable[[State], object]) -> None:
    while relay.unready:  # noqa: ASYNC110 - a question, not an event
        await asyncio.sleep(_JUST_NOW)
    tell(State.READY)


async def _keep_time(relay: Relay, tick: float) -> None:
    while True:
        await asyncio.sleep(tick)
        relay.sweep()


def run(
    make: Callable[[], Relay],
    bound: Sequence[socket.socket],
    context: ssl.SSLContext | None = None,
    notice: float = 0.0,
    tell: Callable[[State], object] = lambda _: None,
) -> None:
    """Be a relay process: until SIGTERM or SIGINT, or SIGHUP where others have taken its place."""
    import uvloop  # noqa: PLC0415 - only this process needs it

    allocator.steady()
    allocator.take_turns()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_attend(make, bound, context, notice, tell))


async def _attend(
    make: Callable[[], Relay],
    bound: Sequence[socket.socket],
    context: ssl.SSLContext | None,
    notice: float,
    tell: Callable[[State], object],
) -> None:
    ending = Ending(notice=notice)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ending.stop.set)
    loop.add_signal_handler(signal.SIGHUP, ending.part.set)
    relay = make()
    allocator.settle()
    await serve(relay, bound, ending, context, tell=tell)
