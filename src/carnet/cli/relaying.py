"""The relay's processes: started, watched, started again when one ends, drained at the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from carnet.cli.rounds import say
from carnet.errors import CarnetError
from carnet.settings import child_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from carnet.settings import Settings
    from carnet.stores.contract import Store

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
"""Seconds before a process that ended is started again; doubled each time it ends soon."""
LIVED = 60.0
"""Seconds after which a process is taken to have worked."""


def wanted(store: Store) -> bool:
    """Whether there is anywhere to relay to."""
    return store.has_records and bool(store.records.upstreams.listed())


def number_of_processes(settings: Settings) -> int:
    return settings.whole("relay.workers") or len(os.sched_getaffinity(0))


@contextlib.contextmanager
def listen(settings: Settings) -> Iterator[list[socket.socket]]:
    """A listening socket for each process, on one port: what waits on a socket outlives the process that died."""
    from carnet.gateway.server import listen as listening  # noqa: PLC0415 - only the relay needs it
    from carnet.gateway.tls import server_context  # noqa: PLC0415

    host, port = settings["relay.host"], settings.whole("relay.port")
    if port > 65535:
        raise CarnetError(f"relay.port = {port} is not a port; the highest is 65535")
    context = server_context(settings)
    _check_free(host, port)
    with ExitStack() as stack:
        bound = [stack.enter_context(listening(host, port, context))]
        port = bound[0].getsockname()[1]
        bound += [stack.enter_context(listening(host, port, context)) for _ in range(number_of_processes(settings) - 1)]
        yield bound


def _check_free(host: str, port: int) -> None:
    """The port is shared among our processes; another Carnet must not get a share by accident."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise CarnetError(
            f"cannot relay on {host} port {port}: {error.strerror or error}; choose another: --relay-port N"
        ) from error


def address(settings: Settings, bound: Sequence[socket.socket]) -> str:
    """What clients are given as their base URL."""
    from carnet.gateway.tls import certificate_files  # noqa: PLC0415

    scheme = "https" if certificate_files(settings, settings["relay.host"]) else "http"
    host, port = bound[0].getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


class Relays:
    """The processes of one relay. Everything is called on one event loop."""

    def __init__(self, settings: Settings, bound: Sequence[socket.socket], said: Callable[[str], None] = say) -> None:
        self._settings = settings
        self._bound = bound
        self._say = said
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    @property
    def processes(self) -> list[int]:
        """Ids of those that run."""
        return [one.pid for one in self._running.values()]

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._keep(number)) for number in range(len(self._bound))]

    async def stop(self) -> None:
        """Tell all to take no more requests and to end once what is under way has ended; return then."""
        self._stopping.set()
        for process in list(self._running.values()):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        await asyncio.gather(*self._tasks)

    async def _keep(self, number: int) -> None:
        pause, loop = FIRST_PAUSE, asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            status = await self._run(number)
            if self._stopping.is_set():
                return
            pause = FIRST_PAUSE if loop.time() - began > LIVED else pause
            self._say(f"relay: a process ended with {status}; another one is started in {pause:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _run(self, number: int) -> int:
        descriptor = self._bound[number].fileno()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "carnet.cli.relay_process", str(descriptor), str(os.getpid())),
            env=child_environment(self._environment()),
            pass_fds=(descriptor,),
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which drains them
        )
        self._running[number] = process
        if self._stopping.is_set():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        try:
            return await process.wait()
        finally:
            del self._running[number]

    def _environment(self) -> dict[str, str]:
        """Settings that were given as options, where the process finds them."""
        return {one.setting.env: one.value for one in self._settings.all() if one.origin == "option" and one.value}
