"""The relay's process: listening, keeping time, ending in order."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.gateway import allocator
from carnet.gateway.incoming import Incoming

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from carnet.gateway.relay import Relay

BACKLOG = 4096
HANDSHAKE = 10.0
"""Seconds a client has for its TLS handshake."""
TICK = 1.0
"""Seconds between two looks at deadlines."""


def listen(host: str, port: int, context: ssl.SSLContext | None = None) -> socket.socket:
    """A listening socket that other processes may share. Raises CarnetError saying why there is none."""
    if context is None and not is_loopback(host):
        raise CarnetError(f"{host} is beyond loopback, and keys would go over the network in the clear: it needs TLS")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=True)
    except OSError as error:
        raise CarnetError(f"cannot listen on {host} port {port}: {error.strerror or error}") from error


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    with suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return host == "localhost"


async def serve(
    relay: Relay, bound: socket.socket, stop: asyncio.Event, context: ssl.SSLContext | None = None, tick: float = TICK
) -> None:
    """Relay what comes in at a socket until told to stop; what is under way then gets `bounds.grace` seconds."""
    loop = asyncio.get_running_loop()
    handshake = None if context is None else HANDSHAKE
    server = await loop.create_server(
        lambda: Incoming(relay), sock=bound, ssl=context, backlog=BACKLOG, ssl_handshake_timeout=handshake
    )
    keeping = loop.create_task(_keep_time(relay, tick))
    try:
        await stop.wait()
        server.close()
        relay.drain()
        with suppress(TimeoutError):
            await asyncio.wait_for(relay.quiet.wait(), relay.bounds.grace)
    finally:
        keeping.cancel()
        server.close()
        relay.stop()


async def _keep_time(relay: Relay, tick: float) -> None:
    while True:
        await asyncio.sleep(tick)
        relay.sweep()


def run(make: Callable[[], Relay], bound: socket.socket, context: ssl.SSLContext | None = None) -> None:
    """Be a relay process: until SIGTERM or SIGINT, which end it in order."""
    import uvloop  # noqa: PLC0415 - only this process needs it

    allocator.steady()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_attend(make, bound, context))


async def _attend(make: Callable[[], Relay], bound: socket.socket, context: ssl.SSLContext | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve(make(), bound, stop, context)
