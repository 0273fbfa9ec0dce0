"""The relay's processes: started, watched, started again when one ends, replaced by new ones, drained at the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from carnet.cli.handing import NAMES
from carnet.cli.listening import address, board, listen, number_of_processes
from carnet.cli.rounds import say
from carnet.gateway.board import State
from carnet.settings import child_environment

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine, Sequence

    from carnet.cli.handing import Handed
    from carnet.gateway.board import Board
    from carnet.settings import Settings
    from carnet.stores.contract import Store

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
"""Seconds before a process that ended is started again; doubled each time it ends soon."""
LIVED = 60.0
"""Seconds after which a process is taken to have worked."""
_LOOK_EVERY = 0.05


def wanted(store: Store) -> bool:
    """Whether there is anywhere to relay to."""
    return store.has_records and bool(store.records.upstreams.listed())


def open_relays(store: Store, settings: Settings, handed: Handed, stack: ExitStack) -> Relays:
    """The relay's role and sockets, held by the stack. Raises CarnetError, and then holds neither."""
    with ExitStack() as own:
        role = own.enter_context(store.role("relay", handed.roles.get("relay")))
        bound = own.enter_context(listen(settings, handed))
        relays = Relays(settings, bound, board(settings, handed))
        relays.role = role
        stack.push(own.pop_all())
    return relays


class Relays:
    """The processes of one relay. Everything is called on one event loop."""

    def __init__(
        self,
        settings: Settings,
        bound: Sequence[socket.socket],
        board: Board,
        said: Callable[[str], None] = say,
    ) -> None:
        self._settings = settings
        self.bound = bound
        self.board = board
        self.role: int | None = None
        """The descriptor that holds the relay's role."""
        self._said = said
        self._number = number_of_processes(settings)
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._places: dict[int, int] = {}
        """Of those that run."""
        self._old: set[int] = set()
        """Processes of the supervisor before us, which end what they have under way."""
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    @property
    def processes(self) -> list[int]:
        """Ids of those that run."""
        return [one.pid for one in self._running.values()]

    @property
    def ready(self) -> bool:
        """Whether as many as are wanted take clients."""
        states = [self.board.state(place) for place in self._places.values()]
        return len(states) == self._number and all(one is State.READY for one in states)

    @property
    def address(self) -> str:
        """What clients are given as their base URL."""
        return address(self._settings, self.bound)

    @property
    def all_processes(self) -> list[int]:
        """The same, and of those that are leaving."""
        return [*self.processes, *self._old]

    def start(self, old: Sequence[int] = ()) -> None:
        """Start as many as are wanted; once all of them are ready, the old ones take no new clients."""
        self._adopt(old)
        work: list[Coroutine[object, object, None]] = [self._keep(number) for number in range(self._number)]
        work += [self._outlive(process) for process in self._old]
        work += [self._relieve(sorted(self._old))] if self._old else []
        self._tasks = [asyncio.create_task(one) for one in work]

    async def stop(self) -> None:
        """Tell all to take no more requests and to end once what is under way has ended; return then."""
        self._stopping.set()
        for process in self.all_processes:
            _signal(process, signal.SIGTERM)
        await asyncio.gather(*self._tasks)

    async def _keep(self, number: int) -> None:
        pause, loop = FIRST_PAUSE, asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            place = self.board.take()
            if place is None:
                told = "a process waits for others to end: too many run"
            else:
                told = f"a process ended with {await self._run(number, place)}; another one is started"
            if self._stopping.is_set():
                return
            pause = FIRST_PAUSE if loop.time() - began > LIVED else pause
            self._said(f"relay: {told} in {pause:g} s")
            await self._pause(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _run(self, number: int, place: int) -> int:
        sockets = [one.fileno() for one in self._sockets(number)]
        inherited = (*sockets, self.board.descriptor)
        args = (",".join(map(str, sockets)), str(os.getpid()), str(self.board.descriptor), str(place))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "carnet.cli.relay_process", *args),
            env=child_environment(self._environment(), without=NAMES),
            pass_fds=inherited,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which drains them
        )
        self._running[number], self._places[number] = process, place
        if self._stopping.is_set():
            _signal(process.pid, signal.SIGTERM)
        try:
            return await process.wait()
        finally:
            del self._running[number], self._places[number]
            self.board.free(place)

    def _sockets(self, number: int) -> list[socket.socket]:
        """Those of one process; each has one at least, and none is without a process."""
        own = list(self.bound[number :: self._number])
        return own or [self.bound[number % len(self.bound)]]

    # --- those of the supervisor before us

    def _adopt(self, old: Sequence[int]) -> None:
        self.board.forget_all_but(old)
        for process in old:
            place = self.board.place_of(process)
            if place is not None:
                self.board.taken[place] = process
            self._old.add(process)

    async def _relieve(self, old: Sequence[int]) -> None:
        """Let the old ones go once the new ones are all there."""
        while not self._stopping.is_set():
            if self.ready:
                for process in old:
                    _signal(process, signal.SIGHUP)
                self._said(f"relay: {len(old)} processes end what they have under way; new ones have taken their place")
                return
            await asyncio.sleep(_LOOK_EVERY)

    async def _outlive(self, process: int) -> None:
        """Wait for the end of a child that another program image of ours started."""
        while _runs(process):  # noqa: ASYNC110 - the system tells nobody but its own watcher
            await asyncio.sleep(_LOOK_EVERY)
        self._old.discard(process)
        place = self.board.place_of(process)
        if place is not None:
            self.board.free(place)

    def _environment(self) -> dict[str, str]:
        """Settings that were given as options, where the process finds them."""
        return {one.setting.env: one.value for one in self._settings.all() if one.origin == "option" and one.value}


def _signal(process: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


def _runs(process: int) -> bool:
    try:
        return os.waitpid(process, os.WNOHANG) == (0, 0)
    except ChildProcessError:  # it is none of ours: what was handed over is not true any more
        return False
