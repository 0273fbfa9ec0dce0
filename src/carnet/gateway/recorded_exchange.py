"""An exchange whose head is remembered and of which a copy is taken: for its record, or for what limits must know.

Like the plain one it takes the same steps as any other. Where something is unusual it goes on as an Exchange.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from carnet.gateway.contract import How, Recording
from carnet.gateway.copying import copy_of
from carnet.gateway.errors import Refused
from carnet.gateway.exchange import Exchange
from carnet.gateway.forwarding import response_head
from carnet.gateway.heads import whole_head
from carnet.gateway.plain_exchange import PlainExchange
from carnet.gateway.upstreams import FAILOVER

if TYPE_CHECKING:
    from carnet.gateway.upstreams import Upstream


class RecordedExchange(PlainExchange):
    """The state of one."""

    __slots__ = ()

    def proceed(self, body: bytes) -> None:
        remembered, relay = self.remembered, self._relay
        upstreams = relay.upstreams
        if remembered.known is not upstreams.known or upstreams.down or not remembered.standing.covers(body):
            Exchange.proceed(self, body)
            return
        self._asked_size = len(body)
        began = relay.begun(self.admitted, self.asked, body)
        if isinstance(began, Refused):
            self._refuse(How.REFUSED, began)
            return
        self._tapped = began is not None
        self._copy = copy_of(relay, began, self.held)
        self._ways = (remembered.upstream, *remembered.others)
        self._body = body
        self._next()

    def _request(self, upstream: Upstream) -> bytes:
        remembered = self.remembered
        if upstream is not remembered.upstream:
            return super()._request(upstream)
        return b"%b%d%b%b" % (remembered.before, len(self._body), remembered.after, self._body)

    def whole(self, status: int, start: int, data: bytes) -> None:
        client, connection, copy, upstream = self._client, self._connection, self._copy, self._upstream
        if (
            client is None
            or connection is None
            or copy is None
            or upstream is None
            or self._paused
            or (self._ways and status in FAILOVER)
        ):
            super().whole(status, start, data)
            return
        relay, timings = self._relay, self.timings
        now = relay.clock()
        head, payload = whole_head(status, start, data), data[start:]
        if not copy.take_whole(upstream.name, head, payload):
            self._answered(head, now, [])
            self._payload(payload, now, [])
            self._stop(How.TOO_LARGE)
            return
        self._head, self._whole, self._over = head, True, True
        self._client = self._connection = self._copy = None
        self._body, self._size, self.deadline = b"", len(payload), inf
        timings.head = timings.ended = now
        if payload:
            timings.first = timings.last = now
        relay.upstreams.answered(upstream)
        if relay.ending:
            client.keeps = False
        if not client.keeps:
            data = response_head(head, len(payload), self.asked.head.minor, closing=True) + payload
        relay.pool.give(upstream.place, connection, now)
        ended = self.ended(How.COMPLETE, None, copy.usage())
        relay.counting.leave(self.held, ended.usage.tokens)
        durable = copy.end(ended)
        if relay.log.wanted:
            relay.finished(self, ended, self._asked_size, durable, tapped=self._tapped)
        else:
            relay.relayed(self, status, self._asked_size, self._size, now)
        if durable is None or self.admitted.recording is not Recording.REQUIRED:
            client.end((data,))
        else:
            relay.holding.end(client, (data,), durable)
