"""Idle connections to upstreams, the one last used first."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carnet.gateway.bounds import Bounds
    from carnet.gateway.outgoing import Outgoing


class Pool:
    """Connections by the place of their upstream. The oldest lie at the front and are ended there."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._idle: dict[str, deque[Outgoing]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._idle.values()))

    def take(self, upstream: str, now: float) -> Outgoing | None:
        """A connection that is open as far as anybody knows here."""
        idle = self._idle.get(upstream)
        while idle:
            connection = idle.pop()
            if not connection.closed and not connection.transport.is_closing():
                if now - connection.since < self._bounds.pool_idle:
                    return connection
                connection.drop()
        return None

    def give(self, upstream: str, connection: Outgoing, now: float) -> None:
        """Keep a connection for a next request, or end it where it cannot have one."""
        idle = self._idle.get(upstream)
        if not connection.usable or not self._bounds.pool:
            connection.drop()
            return
        if idle is None:
            idle = self._idle[upstream] = deque()
        elif len(idle) >= self._bounds.pool:
            idle.popleft().drop()
        connection.since = now
        idle.append(connection)

    def sweep(self, now: float) -> None:
        """End what has been idle for too long, and forget what the upstream ended."""
        for idle in self._idle.values():
            while idle and (idle[0].closed or now - idle[0].since >= self._bounds.pool_idle):
                idle.popleft().drop()

    def close(self) -> None:
        for idle in self._idle.values():
            while idle:
                idle.pop().drop()
