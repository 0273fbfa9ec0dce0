"""The exchange nearly all are: its head is remembered, no copy is taken, and its answer comes whole or in events.

It takes the same steps as any other, with nothing between them. Where something is in any way unusual it goes on as an
Exchange, which it is: every other end of it is that one's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.gateway.exchange import Exchange
from carnet.gateway.upstreams import FAILOVER

if TYPE_CHECKING:
    from carnet.gateway.familiar import Remembered


class PlainExchange(Exchange):
    """The state of one. Whoever makes it says what was remembered."""

    __slots__ = ("remembered",)

    remembered: Remembered

    def proceed(self, body: bytes) -> None:
        remembered, relay = self.remembered, self._relay
        now = relay.clock()
        upstream, upstreams = remembered.upstream, relay.upstreams
        connection = None
        if remembered.known is upstreams.known and not upstreams.down and remembered.standing.covers(body):
            connection = relay.pool.take(upstream.place, now)
        if connection is None:
            super().proceed(body)
            return
        self._body, self._asked_size = body, len(body)
        self._upstream, self._ways, self._connection = upstream, remembered.others, connection
        self.timings.sent = now
        self.deadline = now + relay.bounds.first_byte
        connection.ask(self, b"POST", b"%b%d%b%b" % (remembered.before, len(body), remembered.after, body))
        if self._paused:
            self.pause()

    def whole(self, status: int, start: int, data: bytes) -> None:
        client, connection, upstream, relay = self._client, self._connection, self._upstream, self._relay
        if (
            client is None
            or connection is None
            or upstream is None
            or self._copy is not None
            or self._paused
            or not client.keeps
            or relay.ending
            or relay.log.wanted
            or (self._ways and status in FAILOVER)
        ):
            super().whole(status, start, data)
            return
        now = relay.clock()
        self._over = True
        self._client = self._connection = None
        relay.upstreams.answered(upstream)
        relay.pool.give(upstream.place, connection, now)
        relay.counting.leave(self.held, 0)
        relay.relayed(self, status, self._asked_size, len(data) - start, now)
        client.end_plainly(data, now)
