"""`carnet serve` while it runs: pages, relay and background work, until it is told to end or to begin anew."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from carnet.cli.handing import NAMES, Handed, begin_anew, command_line
from carnet.cli.rounds import say
from carnet.errors import CarnetError
from carnet.settings import child_environment

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence

    import uvicorn
    from starlette.applications import Starlette

    from carnet.cli.relaying import Relays
    from carnet.cli.rounds import Rounds

LOOK_EVERY, AFTER_FAULT = 1.0, 30.0
"""Seconds between two looks for an upstream, where there was none; and after a relay that could not be opened."""
REHEARSAL = 60.0
"""Seconds that a new start may take to say whether it would do."""
GOODBYE = 2.0
"""Seconds until a client has ended TLS, too."""


@dataclass(slots=True)
class Serving:
    """What `carnet serve` runs in its own process, and the relay's processes beside it."""

    app: Starlette | None
    bound: socket.socket | None
    rounds: Rounds | None = None
    relays: Relays | None = None
    handed: Handed = field(default_factory=Handed)
    later: Callable[[], Relays | None] = lambda: None
    """Opens a relay once there is anywhere to relay to."""
    begin: Callable[[Handed], object] = begin_anew
    secured: ssl.SSLContext | None = None
    """What the pages speak TLS with."""
    calls: socket.socket | None = None
    """Where OTLP over gRPC is taken."""
    calls_secured: ssl.SSLContext | None = None
    connections: int = 1000
    """Of pages and intake, at once."""
    calls_at_once: int = 1000
    """Connections of gRPC."""
    roles: Mapping[str, int] = field(default_factory=dict)
    """What holds the roles of this process."""

    async def attend(self) -> None:
        """Run until SIGINT or SIGTERM, then end all in order; at SIGHUP begin anew.

        Started from a terminal, SIGHUP is the terminal's end, and ours.
        """
        stop, anew = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, stop.set if _interactive() else anew.set)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        if self.rounds is not None:
            self.rounds.start()
        if self.relays is not None:
            self.relays.start(self.handed.processes)
        looking = asyncio.create_task(self._look_for_upstreams())
        try:
            await self._serve(stop, anew)
        finally:
            looking.cancel()
            if self.relays is not None:
                await self.relays.stop()
            if self.rounds is not None:
                await asyncio.to_thread(self.rounds.stop)

    async def _serve(self, stop: asyncio.Event, anew: asyncio.Event) -> None:
        server = None if self.app is None else make_server(self.app, self.secured, self.connections)
        answering, ended = asyncio.create_task(self._answer(server)), asyncio.Event()
        taking = asyncio.create_task(self._take_calls(ended))
        try:
            while not await _first(stop.wait(), anew.wait(), answering=answering):
                anew.clear()
                if await self._may_begin_anew(stop):
                    ended.set()
                    await taking  # before intake ends with the pages
                    await _end(server, answering)
                    if self.rounds is not None:
                        await asyncio.to_thread(self.rounds.stop)
                    self.begin(self.keeping())  # from here on another program runs, in this process
                    return
        finally:
            ended.set()
            await taking
            await _end(server, answering)

    async def _answer(self, server: uvicorn.Server | None) -> None:
        """Answer requests for pages, where this process does."""
        if server is None or self.bound is None:
            await asyncio.Event().wait()
        else:
            await server.serve(sockets=[self.bound.dup()])  # it closes what it is given

    async def _take_calls(self, ended: asyncio.Event) -> None:
        from carnet.gateway.intake.http2 import serve  # noqa: PLC0415 - `--only watch` does without

        if self.calls is not None and self.app is not None:
            front, bound = self.app.state.intake, self.calls.dup()
            await serve(front, bound, self.calls_secured, ended, self.calls_at_once)

    async def _may_begin_anew(self, stop: asyncio.Event) -> bool:
        trying = asyncio.create_task(rehearsed(command_line()))
        if await _first(stop.wait(), answering=trying) and not trying.done():
            trying.cancel()
            return False
        if fault := trying.result():
            say(f"serve: goes on as it was, for it would not start again: {fault}")
        return not fault

    def keeping(self) -> Handed:
        """What the next program image is handed."""
        relays, pinned = self.relays, self.handed.pinned
        web = () if self.bound is None else (self.bound.fileno(),)
        grpc = () if self.calls is None else (self.calls.fileno(),)
        if relays is None:
            return Handed(web, grpc=grpc, roles=self.roles, pinned=pinned)
        relay = tuple(one.fileno() for one in relays.bound)
        roles = dict(self.roles) if relays.role is None else {**self.roles, "relay": relays.role}
        return Handed(web, relay, (relays.board.descriptor,), tuple(relays.all_processes), grpc, roles, pinned)

    async def _look_for_upstreams(self) -> None:
        """Open the relay once somebody has added an upstream."""
        while self.relays is None:
            await asyncio.sleep(LOOK_EVERY)
            try:
                self.relays = await asyncio.to_thread(self.later)
            except CarnetError as error:
                say(f"relay: cannot be started: {error}")
                await asyncio.sleep(AFTER_FAULT)
            else:
                if self.relays is not None:
                    self.relays.start()
                    say(f"relay: there is an upstream now; clients find it at {self.relays.address}")


async def rehearsed(command: Sequence[str]) -> str:
    """Why this command would not start; empty where it would."""
    process = await asyncio.create_subprocess_exec(
        *command, "--check",
        env=child_environment({}, without=NAMES),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, said = await asyncio.wait_for(process.communicate(), REHEARSAL)
    except TimeoutError:
        return f"it did not say within {REHEARSAL:g} s whether it would"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        return ""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"it ended with {process.returncode}"


async def _first(*waits: Coroutine[object, object, object], answering: asyncio.Task[None] | asyncio.Task[str]) -> bool:
    """Wait for any of these; whether it is the first of them, or the task has ended."""
    tasks = [asyncio.ensure_future(one) for one in waits]
    try:
        await asyncio.wait({*tasks, answering}, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0].done() or answering.done()
    finally:
        for one in tasks:
            one.cancel()


async def _end(server: uvicorn.Server | None, answering: asyncio.Task[None]) -> None:
    """Let requests under way end, within a moment."""
    if server is None:
        answering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await answering
        return
    server.should_exit = True
    await answering


def _interactive() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def make_server(app: Starlette, secured: ssl.SSLContext | None = None, most: int = 1000) -> uvicorn.Server:
    import uvicorn  # noqa: PLC0415 - `--only watch` does without
    from uvicorn.config import STARTUP_FAILURE  # noqa: PLC0415

    from carnet.gateway.intake.straight import straight  # noqa: PLC0415
    from carnet.gateway.server import HANDSHAKE  # noqa: PLC0415

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Leave the signals to `attend`, which ends the background work too."""
            yield

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            """Listen as uvicorn does, but let go whoever does not agree on TLS in time, or does not end it."""
            await self.lifespan.startup()
            if self.lifespan.should_exit:
                sys.exit(STARTUP_FAILURE)
            agreed, ended = (HANDSHAKE, GOODBYE) if secured else (None, None)
            loop, config = asyncio.get_running_loop(), self.config
            kind: Any = config.http_protocol_class
            listener = partial(kind, config=config, server_state=self.server_state, app_state=self.lifespan.state)
            self.servers = [
                await loop.create_server(
                    listener,
                    sock=one,
                    ssl=config.ssl,
                    backlog=config.backlog,
                    ssl_handshake_timeout=agreed,
                    ssl_shutdown_timeout=ended,
                )
                for one in sockets or ()
            ]
            self.started = True

    return Server(
        uvicorn.Config(
            app,
            http=straight(app.state.intake, most),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
            ssl_context_factory=(lambda *_: secured) if secured else None,
        )
    )
