"""Ends of responses that wait for their records, and for no longer than a bound: a store may hang."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from carnet.gateway.contract import Fate

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Iterable

    from carnet.gateway.incoming import Incoming
    from carnet.gateway.metrics import Counter


class Holding:
    """Those of one relay, the first to come at the front. One timer is enough: all wait equally long at most."""

    def __init__(self, most: float, late: Counter) -> None:
        self._most = most
        self._late = late
        self._waiting: deque[tuple[float, Future[Fate]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def end(self, client: Incoming, ending: Iterable[bytes], durable: Future[Fate]) -> None:
        """Give a client the end of its response once the record is durable, or that was waited for long enough."""
        durable.add_done_callback(partial(_end, client, ending))
        waiting, loop = self._waiting, asyncio.get_running_loop()
        while waiting and waiting[0][1].done():
            waiting.popleft()
        waiting.append((loop.time() + self._most, durable))
        if self._timer is None:
            self._timer = loop.call_later(self._most, self._look)

    def _look(self) -> None:
        """Let those go that waited for so long; the records are written when they can be."""
        waiting, loop = self._waiting, asyncio.get_running_loop()
        now = loop.time()
        while waiting and (waiting[0][1].done() or waiting[0][0] <= now):
            _, durable = waiting.popleft()
            if not durable.done():
                self._late.add()
                durable.set_result(Fate("late"))
        self._timer = loop.call_at(waiting[0][0], self._look) if waiting else None


def _end(client: Incoming, ending: Iterable[bytes], _: Future[Fate]) -> None:
    client.end(ending)
