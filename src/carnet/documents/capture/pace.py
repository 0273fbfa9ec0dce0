"""Politeness: how many fetches at once, and how far apart, for each host."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LONGEST_DELAY = 10.0
"""A robots.txt may ask for a longer pause than ours, up to this many seconds."""


@dataclass(slots=True)
class _Host:
    turns: asyncio.Semaphore
    free_at: float = 0.0


class Pace:
    """Gives every fetch its turn."""

    def __init__(self, at_once: int, per_host: int, pause: float) -> None:
        self._all = asyncio.Semaphore(at_once)
        self._per_host = per_host
        self._pause = pause
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str, delay: float = 0.0) -> AsyncIterator[None]:
        """Wait for the host's turn, then for a free place among all."""
        mine = self._hosts.setdefault(host, _Host(asyncio.Semaphore(self._per_host)))
        async with mine.turns:
            await self._pass(mine, max(self._pause, min(delay, LONGEST_DELAY)))
            async with self._all:
                yield

    async def _pass(self, host: _Host, pause: float) -> None:
        now = asyncio.get_running_loop().time()
        start = max(now, host.free_at)
        host.free_at = start + pause
        if start > now:
            await asyncio.sleep(start - now)
