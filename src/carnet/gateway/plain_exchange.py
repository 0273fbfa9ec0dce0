"""The exchange nearly all are: its head is remembered, no copy is taken, and its answer comes whole or in events.

It takes the same steps as any other, with nothing between them. Where something is in any way unusual it goes on as an
Exchange, which it is: every other end of it is that one's.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from carnet.gateway.exchange import Exchange
from carnet.gateway.forwarding import response_head
from carnet.gateway.upstreams import FAILOVER

if TYPE_CHECKING:
    from carnet.gateway.contract import Asked
    from carnet.gateway.counting import Held
    from carnet.gateway.familiar import Remembered
    from carnet.gateway.heads import Pair, ResponseHead
    from carnet.gateway.incoming import Incoming
    from carnet.gateway.relay import Relay


class PlainExchange(Exchange):
    """The state of one. Whoever makes it says what time it is."""

    __slots__ = ("_remembered",)

    def __init__(
        self, relay: Relay, client: Incoming, remembered: Remembered, asked: Asked, held: Held, now: float
    ) -> None:
        super().__init__(relay, client, asked, remembered.admitted, held, now)
        self._remembered = remembered

    def proceed(self, body: bytes) -> None:
        remembered, relay = self._remembered, self._relay
        now = relay.clock()
        upstream = remembered.upstream
        connection = None
        if remembered.goes_plainly(relay.upstreams) and remembered.standing.covers(body):
            connection = relay.pool.take(upstream.place, now)
        if connection is None:
            super().proceed(body)
            return
        self._body = body
        self._upstream = upstream
        self._connection = connection
        self._asked_size = size = len(body)
        self.timings.sent = now
        self.deadline = now + relay.bounds.first_byte
        self._ways = remembered.others
        connection.ask(self, b"POST", b"%b%d%b%b" % (remembered.before, size, remembered.after, body))
        if self._paused:
            self.pause()

    def received(self, head: ResponseHead | None, payload: bytes, trailers: tuple[Pair, ...] | None) -> None:
        client, connection = self._client, self._connection
        if (
            head is None
            or trailers is None
            or client is None
            or connection is None
            or not head.only_length
            or self._copy is not None
            or (self._ways and head.status in FAILOVER)
        ):
            super().received(head, payload, trailers)
            return
        relay, timings = self._relay, self.timings
        now = relay.clock()
        self._head, self._whole, self._over = head, True, True
        self._client = self._connection = None
        self._body, self.deadline = b"", inf
        timings.head = timings.ended = now
        if payload:
            timings.first = timings.last = now
            self._size = len(payload)
        upstream = self._the_upstream
        relay.upstreams.answered(upstream)
        if relay.ending:
            client.keeps = False
        raw = response_head(head, connection.length, self.asked.head.minor, closing=not client.keeps)
        if self._paused:
            connection.resume()
        relay.pool.give(upstream.place, connection, now)
        relay.counting.leave(self.held, 0)
        relay.relayed(self, head.status, self._asked_size, self._size)
        client.end((raw, payload))
