"""One exchange: admitted, sent upstream, head relayed, body relayed piece by piece as it came, ended somehow.

Which upstream: those the admission names, in its order. The next one is asked
- when one cannot be connected to,
- when a request that does no work (GET, HEAD) was sent and its connection was lost,
- when one answers that it processed nothing (upstreams.FAILOVER) and another is left.
A POST whose connection was lost goes again only if that connection had been used before, not a byte came back, and it
ended so soon after the request was sent that it must have been ended before. Once a byte was relayed nothing is tried
again: a broken response ends the client's connection without the end of the body.
"""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING

from carnet.gateway.bodies import CHUNKED, UNTIL_CLOSE
from carnet.gateway.contract import Ended, How, Recording, Timings
from carnet.gateway.copying import copy_of
from carnet.gateway.dialling import UnreachableError
from carnet.gateway.errors import Refused
from carnet.gateway.forwarding import chunk, last_chunk, request_head, response_head
from carnet.gateway.heads import parse_response
from carnet.gateway.sse import NOTHING
from carnet.gateway.upstreams import FAILOVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.gateway.contract import Admitted, Asked, Durability
    from carnet.gateway.copying import Copy
    from carnet.gateway.counting import Held
    from carnet.gateway.heads import Pair, ResponseHead
    from carnet.gateway.incoming import Incoming
    from carnet.gateway.outgoing import Outgoing
    from carnet.gateway.relay import Relay
    from carnet.gateway.upstreams import Upstream
    from carnet.gateway.usage import Usage

REPEATABLE = frozenset({b"GET", b"HEAD"})
NO_UPSTREAM = Refused(503, "no upstream is set up for this request", "no-upstream")


class Exchange:
    """The state of one exchange. Everything happens in call-backs; only connecting is a task."""

    __slots__ = (
        "_asked_size", "_body", "_client", "_connection", "_copy", "_dialling", "_drain_end", "_framed", "_head",
        "_open_end", "_over", "_paused", "_reason", "_relay", "_retried", "_size", "_spare", "_tapped",
        "_unsent", "_upstream", "_ways", "_whole", "admitted", "asked", "deadline", "held", "timings",
    )  # fmt: skip

    def __init__(
        self, relay: Relay, client: Incoming, asked: Asked, admitted: Admitted, held: Held, now: float
    ) -> None:
        self.asked, self.admitted = asked, admitted
        self.timings = Timings(now)
        self.deadline = self._drain_end = inf
        self._relay = relay
        self._client: Incoming | None = client
        self.held = held
        """What it counts under; more, once somebody has a limit who had none."""
        self._copy: Copy | None = None
        self._ways: Sequence[Upstream] = ()
        self._upstream: Upstream | None = None
        self._connection: Outgoing | None = None
        self._dialling: asyncio.Task[None] | None = None
        self._head: ResponseHead | None = None
        self._framed = self._open_end = self._over = self._paused = self._retried = self._whole = self._tapped = False
        self._asked_size = self._size = self._unsent = 0
        self._spare = 0  # bytes that may still be read for a client that has gone
        self._body, self._reason = b"", ""  # why the last upstream could not be reached
        relay.exchanges.add(self)

    @property
    def upstream_id(self) -> bytes | None:
        """What the upstream calls the request."""
        return None if self._head is None else self._head.value(b"request-id")

    def proceed(self, body: bytes) -> None:
        """Go on with the whole body of the request."""
        relay = self._relay
        self._asked_size = len(body)
        refused = relay.judged(self.admitted, self.asked, body)
        if refused is None:
            began = relay.begun(self.admitted, self.asked, body)
            if isinstance(began, Refused):
                refused = began
            else:
                self._copy = copy_of(relay, began, self.held)
                self._tapped = began is not None
        self._ways = relay.upstreams.ways(self.admitted.upstreams, self.asked.format.name, relay.clock())
        if refused is None and not self._ways:
            refused = NO_UPSTREAM
        if refused is not None:
            self._refuse(How.REFUSED, refused)
            return
        self._body = body
        self._next()

    def abandon(self, refused: Refused | None = None) -> None:
        """End an exchange whose request never became whole."""
        self._client = None
        self._finish(How.REFUSED, refused)

    # -- to the upstream

    def _next(self) -> None:
        if not self._ways:
            message = f"no upstream could be reached ({self._reason or 'lost'})"
            self._refuse(How.UNREACHABLE, Refused(502, message, "unreachable"))
            return
        self._upstream, *self._ways = self._ways
        connection = self._relay.pool.take(self._upstream.place, self._relay.clock())
        if connection is None:
            self._connect(self._upstream)
        else:
            self._send(self._upstream, connection)

    def _connect(self, upstream: Upstream) -> None:
        self._dialling = asyncio.get_running_loop().create_task(self._dial(upstream))

    async def _dial(self, upstream: Upstream) -> None:
        try:
            connection = await self._relay.dialler.dial(upstream, self._relay.rounds)
        except UnreachableError as error:
            self._unreachable(upstream, error.what)
        except Exception as error:  # noqa: BLE001 - a client waits: it gets an answer whatever broke
            self._relay.fault("dial", error)
            self._unreachable(upstream, "fault")
        else:
            self._relay.metrics.connections.add(upstream.name)
            self._send(upstream, connection)

    def _unreachable(self, upstream: Upstream, what: str) -> None:
        self._reason = what
        self._relay.upstreams.failed(upstream, self._relay.clock())
        self._blame(what)
        if not self._over:
            self._next()

    def _send(self, upstream: Upstream, connection: Outgoing) -> None:
        if self._over:  # the client left while we were connecting
            connection.drop()
            return
        now = self._relay.clock()
        self._connection = connection
        self.timings.sent = now
        self.deadline = now + self._relay.bounds.first_byte
        connection.ask(self, self.asked.head.method, self._request(upstream))
        if self._paused:
            self.pause()

    def _request(self, upstream: Upstream) -> bytes:
        """Head and body in one buffer: uvloop takes a shorter way with it than with two."""
        return request_head(self.asked.head, self.asked.format, upstream, len(self._body)) + self._body

    def lost(self, what: str) -> None:
        """Take note that the connection is gone, or speaks no HTTP."""
        connection, self._connection = self._connection, None
        self._blame(what)
        if connection is None or self._over:
            return
        how = How.UPSTREAM_GARBAGE if what == "garbage" else How.UPSTREAM_LOST
        if self._head is not None or self._client is None:
            self._break(how)
        elif what == "lost" and self._stale(connection):
            self._retried = True
            self._connect(self._the_upstream)
        elif self.asked.head.method in REPEATABLE and self._ways:
            self._next()
        else:
            said = "answered what is no HTTP" if what == "garbage" else "ended the connection without an answer"
            self._refuse(how, Refused(502, f"the upstream {said}", what))

    def _stale(self, connection: Outgoing) -> bool:
        """Whether a connection had ended before the request was sent on it, as far as can be told from here."""
        soon = self._relay.clock() - self.timings.sent <= self._relay.bounds.stale
        return connection.uses > 1 and not connection.heard and soon and not self._retried

    # -- from the upstream

    def informed(self, head: ResponseHead) -> None:
        """Pass on an informational response; 100 is between us and the upstream."""
        if self._client is not None and head.status != 100 and self.asked.head.minor:
            self._client.write([response_head(head, 0, 1, closing=False)])

    def received(self, head: ResponseHead | None, payload: bytes, trailers: tuple[Pair, ...] | None) -> None:
        """Let the copy have what one read brought, then relay it: nobody gets what cannot be kept and must be."""
        now = self._relay.clock()
        out: list[bytes] = []
        if head is not None:
            if head.status in FAILOVER and self._ways and self._client is not None:
                self._fail_over(head, trailers)
                return
            self._answered(head, now, out)
        if payload:
            self._payload(payload, now, out)
        ending: list[bytes] = []
        if trailers is not None:
            out, ending = self._parted(out, trailers)
        if self._copy is not None and not self._copy.take(self._the_upstream.name, head, payload):
            self._stop(How.TOO_LARGE)
            return
        if out and self._client is not None:
            self._client.write(out)
        if trailers is not None:
            self._complete(ending)
        elif self._spare < 0 or (self._client is None and now >= self._drain_end):
            self._stop(How.CLIENT_GONE)
        elif not self._paused:
            self.deadline = min(now + self._relay.bounds.silence, self._drain_end)

    def whole(self, status: int, start: int, data: bytes) -> None:  # noqa: ARG002 - it is in the head, too
        """Relay a whole response."""
        self.received(parse_response(data[:start], self._relay.bounds.headers), data[start:], ())

    def passed(self, payload: bytes, chunk: bytes) -> None:
        """Relay a chunk as it came, where that is all there is to do: one event of a stream after the other."""
        client = self._client
        if client is None or not self._framed or not self._size:
            self.received(None, payload, None)
            return
        self.timings.last = now = self._relay.clock()
        self._size += len(payload)
        if self._copy is None or self._copy.more(payload):
            self._relay.rounds.write(client.transport, chunk)
            if not self._paused:
                self.deadline = now + self._relay.bounds.silence
        else:
            self._stop(How.TOO_LARGE)

    def _answered(self, head: ResponseHead, now: float, out: list[bytes]) -> None:
        connection, client, minor = self._connection, self._client, self.asked.head.minor
        self._head = head
        self._body = b""
        self.timings.head = now
        self._relay.upstreams.answered(self._the_upstream)
        length = connection.length if connection is not None else 0
        unknown = length in {CHUNKED, UNTIL_CLOSE}
        self._framed, self._open_end = unknown and bool(minor), unknown and not minor
        if client is not None:
            client.keeps = client.keeps and not self._open_end and not self._relay.ending
            out.append(response_head(head, length, minor, closing=not client.keeps))

    def _payload(self, payload: bytes, now: float, out: list[bytes]) -> None:
        if not self._size:
            self.timings.first = now
        self._size += len(payload)
        self.timings.last = now
        if self._client is None:
            self._spare -= len(payload)
        elif self._framed:
            out += chunk(payload)
        else:
            out.append(payload)

    def _fail_over(self, head: ResponseHead, trailers: tuple[Pair, ...] | None) -> None:
        connection, self._connection = self._connection, None
        self._blame(f"status-{head.status}")
        self._relay.upstreams.failed(self._the_upstream, self._relay.clock())
        if connection is not None and trailers is not None:
            self._relay.pool.give(self._the_upstream.place, connection, self._relay.clock())
        elif connection is not None:
            connection.drop()
        self._next()

    def _parted(self, out: list[bytes], trailers: tuple[Pair, ...]) -> tuple[list[bytes], list[bytes]]:
        """The last pieces of a response: those that go now, and those that wait for the record.

        Where it must be recorded nobody is to have seen a whole response of which a crash then leaves nothing.
        """
        waits = self._copy is not None and self.admitted.recording is Recording.REQUIRED
        if self._framed:
            end = [last_chunk(trailers)]
            return (out, end) if waits else (out + end, [])
        return ([], out) if waits else (out, [])

    def _complete(self, ending: list[bytes]) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            if self._paused:  # by the last bytes of the response
                connection.resume()
            self._relay.pool.give(self._the_upstream.place, connection, self._relay.clock())
        self._whole = True
        client, self._client = self._client, None
        durable = self._finish(How.COMPLETE if client is not None else How.CLIENT_GONE)
        if client is None:
            return
        if durable is None or self.admitted.recording is not Recording.REQUIRED:
            client.end(ending)
            return
        self._relay.holding.end(client, ending, durable)

    # -- the client, the clock

    def pause(self) -> None:
        """The client reads too slowly: read no more from the upstream."""
        self._paused = True
        self.deadline = inf
        if self._connection is not None:
            self._connection.pause()

    def resume(self) -> None:
        """The client has read what waited for it."""
        self._paused = False
        if self._connection is not None:
            bounds = self._relay.bounds
            wait = bounds.first_byte if self._head is None else bounds.silence
            self.deadline = min(self._relay.clock() + wait, self._drain_end)
            self._connection.resume()

    def client_gone(self) -> None:
        """Nobody reads any more. What was sent is read to its end, within bounds, for the sake of the record."""
        self._client = None
        if self._connection is None:
            self._finish(How.CLIENT_GONE)
            return
        self._spare = self._relay.bounds.drain_bytes
        self._drain_end = self._relay.clock() + self._relay.bounds.drain_time
        if self._paused:
            self.resume()
        self.deadline = min(self.deadline, self._drain_end)

    def expire(self, now: float) -> None:
        """The deadline has passed."""
        connection = self._connection
        if connection is not None and self._head is None and 0 < connection.unsent != self._unsent:
            self._unsent = connection.unsent  # a large body on a slow line is still on its way
            self.deadline = min(now + self._relay.bounds.first_byte, self._drain_end)
            return
        self._blame("silence" if self._head is not None else "first-byte-timeout")
        self._stop(How.TIMEOUT if self._client is not None else How.CLIENT_GONE)

    def stop(self) -> None:
        """The relay ends."""
        self._stop(How.STOPPED)

    def _stop(self, how: How) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.drop()
        if how is How.TIMEOUT and self._head is None:
            self._refuse(how, Refused(504, "the upstream did not answer in time", "timeout"))
        elif how is How.STOPPED and self._head is None:
            self._refuse(how, Refused(503, "the relay is being stopped; try again", "stopped"))
        else:
            self._break(how)

    # -- ends

    @property
    def _the_upstream(self) -> Upstream:
        if self._upstream is None:
            raise RuntimeError("no upstream was chosen yet")
        return self._upstream

    def _blame(self, what: str) -> None:
        self._relay.metrics.upstream_faults.add(self._the_upstream.name, what)

    def _break(self, how: How) -> None:
        """End in the middle: the client must see that the response is not whole."""
        client, self._client = self._client, None
        self._finish(how if client is not None or how is How.STOPPED else How.CLIENT_GONE)
        if client is None:
            return
        if self._open_end:
            client.reset()
        else:
            client.cut()

    def _refuse(self, how: How, refused: Refused) -> None:
        client, self._client = self._client, None
        self._finish(how, refused)
        if client is not None:
            client.refuse(refused)

    def _finish(self, how: How, refused: Refused | None = None) -> Durability | None:
        if self._over:
            return None
        self._over = True
        self.deadline = inf
        self._body = b""
        self.timings.ended = self._relay.clock()
        copy, self._copy = self._copy, None
        ended = self.ended(how, refused, NOTHING if copy is None else copy.usage())
        self._relay.counting.leave(self.held, ended.usage.tokens)
        durable = None if copy is None else copy.end(ended)
        self._relay.finished(self, ended, self._asked_size, durable, tapped=self._tapped)
        return durable

    def ended(self, how: How, refused: Refused | None = None, usage: Usage = NOTHING) -> Ended:
        """What there is to say of its end."""
        status = refused.status if refused is not None else self._head.status if self._head is not None else 0
        name = self._upstream.name if self._upstream is not None else ""
        return Ended(how, status, name, self._whole, self._size, self.timings, usage, refused)
