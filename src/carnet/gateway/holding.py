"""Ends of responses that wait for their records, and for no longer than a bound: a store may hang."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from carnet.gateway.contract import Fate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carnet.gateway.contract import Durability
    from carnet.gateway.incoming import Incoming
    from carnet.gateway.metrics import Counter


class Holding:
    """Those of one relay, the first to come at the front. One timer is enough: all wait equally long at most."""

    def __init__(self, most: float, late: Counter) -> None:
        self._most = most
        self._late = late
        self._waiting: deque[tuple[float, Durability]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def end(self, client: Incoming, ending: Iterable[bytes], durable: Durability) -> None:
        """Give a client the end of its response once the record is durable, or that was waited for long enough."""
        durable.then(partial(_end, client, ending))
        waiting, loop = self._waiting, asyncio.get_running_loop()
        while waiting and waiting[0][1].fate is not None:
            waiting.popleft()
        waiting.append((loop.time() + self._most, durable))
        if self._timer is None:
            self._timer = loop.call_later(self._most, self._look)

    def _look(self) -> None:
        """Let those go that waited for so long; the records are written when they can be."""
        waiting, loop = self._waiting, asyncio.get_running_loop()
        now = loop.time()
        while waiting and (waiting[0][1].fate is not None or waiting[0][0] <= now):
            _, durable = waiting.popleft()
            if durable.fate is None:
                self._late.add()
                durable.settle(Fate("late"))
        self._timer = loop.call_at(waiting[0][0], self._look) if waiting else None


def _end(client: Incoming, ending: Iterable[bytes], _: Fate) -> None:
    client.end(ending)
