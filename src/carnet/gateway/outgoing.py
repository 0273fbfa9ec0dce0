"""A connection to an upstream: one request at a time goes out, its response comes back in the pieces it came in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from carnet.gateway.bodies import UNTIL_CLOSE, body_of, response_length
from carnet.gateway.errors import MalformedError
from carnet.gateway.forwarding import keeps_alive
from carnet.gateway.heads import END, parse_response
from carnet.gateway.shapes import Shapes

if TYPE_CHECKING:
    from carnet.gateway.bodies import Body
    from carnet.gateway.bounds import Bounds
    from carnet.gateway.heads import Pair, ResponseHead
    from carnet.gateway.rounds import Rounds

EXTENSION = 256
"""Bytes of a chunk extension that an upstream may send; they end here."""
_SHAPES = Shapes()
INFORMATIONAL = 8
"""Informational responses before the one that counts."""


class Receiver(Protocol):
    """Whoever asked."""

    def informed(self, head: ResponseHead) -> None:
        """Take an informational response (1xx)."""

    def received(self, head: ResponseHead | None, payload: bytes, trailers: tuple[Pair, ...] | None) -> None:
        """Take what one read brought: the head if it was in it, payload, and trailers (or none) at the end."""

    def whole(self, status: int, start: int, data: bytes) -> None:
        """Take a whole response that goes on as it came: a head of so many bytes, and its body."""

    def passed(self, payload: bytes, chunk: bytes) -> None:
        """Take a chunk that one read brought whole, in front of others: its payload, and all of it as it came.

        It is written as it would be written here.
        """

    def lost(self, what: str) -> None:
        """The connection ended, or sent what is no HTTP (`what` is `garbage`), before the response did."""


class Outgoing(asyncio.Protocol):
    """One connection."""

    def __init__(self, bounds: Bounds, rounds: Rounds) -> None:
        self.bounds = bounds
        self._rounds = rounds
        self.transport: asyncio.Transport
        self.closed = False
        self.uses = 0
        """Requests sent on it."""
        self.since = 0.0
        """When it last became idle."""
        self.heard = False
        """Any byte of a response to the present request has come."""
        self.length = 0
        """Framing of the present response."""
        self._receiver: Receiver | None = None
        self._method = b""
        self._held = b""
        self._body: Body | None = None
        self._keeps = False
        self._informed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream is asked for

    def ask(self, receiver: Receiver, method: bytes, request: bytes) -> None:
        """Send a request; the receiver gets what comes back until the response has ended or the connection is lost."""
        self._receiver, self._method, self._body = receiver, method, None
        self.heard = self._keeps = False
        self._informed = 0
        self.uses += 1
        if self.closed or self.transport.is_closing():
            self._receiver = None
            receiver.lost("lost")
        else:
            self._rounds.write(self.transport, request)

    @property
    def usable(self) -> bool:
        """Whether a next request may be sent on it: all was sent, all was read, nobody said close."""
        if not self._keeps or self.closed:
            return False
        return not self.transport.is_closing() and not self.transport.get_write_buffer_size()

    @property
    def unsent(self) -> int:
        """Bytes of the request that wait here."""
        return 0 if self.closed else self.transport.get_write_buffer_size()

    def pause(self) -> None:
        if not self.closed and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume(self) -> None:
        if not self.closed and not self.transport.is_closing():
            self.transport.resume_reading()

    def drop(self) -> None:
        """End the connection; nobody is told."""
        self._receiver = None
        self._keeps = False
        if not self.closed:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._body is None and self._receiver is not None:
            self._rounds.read(self, data)
        else:  # there is little to do for an event of a stream; and who speaks unasked is not to be asked
            self._rounds.take(self, data)

    def take(self, data: bytes) -> None:
        receiver = self._receiver
        if receiver is None:
            self.drop()  # an idle connection on which something is said is not in step with us
            return
        self.heard = True
        body = self._body
        if body is None and not self._held and self._method == b"POST":
            whole = _SHAPES.whole_response(data, self.bounds.head, self.bounds.headers)
            if whole is not None:
                self._receiver, self._keeps, self.length = None, True, len(data) - whole[1]
                try:
                    receiver.whole(whole[0], whole[1], data)
                except BaseException:
                    self._receiver = receiver  # see broken
                    raise
                return
        try:
            if body is None:
                self._begin(receiver, data)
            elif (payload := body.whole_chunk(data)) is not None:
                receiver.passed(payload, data)
            else:
                self._go_on(receiver, None, body, data)
        except MalformedError:
            self.drop()
            receiver.lost("garbage")

    def _begin(self, receiver: Receiver, data: bytes) -> None:
        head, data = self._head(receiver, data)
        if head is None:
            return
        length = self.length = response_length(head, self._method)
        self._keeps = keeps_alive(head) and length != UNTIL_CLOSE
        if length == len(data):  # the whole response came in one read
            self._receiver = None
            receiver.received(head, data, ())
            return
        body = self._body = body_of(length, EXTENSION)
        self._go_on(receiver, head, body, data)

    def _go_on(self, receiver: Receiver, head: ResponseHead | None, body: Body, data: bytes) -> None:
        payload = body.feed(data) if data and not body.ended else b""
        if not body.ended:
            receiver.received(head, payload, None)
            if body.fault is not None and self._receiver is receiver:
                raise body.fault
            return
        # What comes behind a response was not asked for.
        self._keeps = self._keeps and not body.rest and not (self.length == 0 and data)
        self._receiver, self._body = None, None
        receiver.received(head, payload, body.trailers)

    def _head(self, receiver: Receiver, data: bytes) -> tuple[ResponseHead | None, bytes]:
        """The head that counts, once it is whole, and what follows it."""
        if self._held:
            data, self._held = self._held + data, b""
        while (end := data.find(END, 0, self.bounds.head)) >= 0:
            end += 4
            head = parse_response(data[:end], self.bounds.headers)
            data = data[end:]
            if head.status >= 200:
                return head, data
            self._informed += 1
            if head.status == 101 or self._informed > INFORMATIONAL:
                raise MalformedError("a response that was not asked for")
            receiver.informed(head)
        if len(data) >= self.bounds.head or not b"HTTP/1.".startswith(data[:7]):
            raise MalformedError("no head of a response")
        self._held = data
        return None, b""

    def broken(self) -> None:
        """Whoever asked is told that the response is lost: what would end it properly has not come."""
        receiver = self._receiver
        self.drop()
        if receiver is not None:
            receiver.lost("lost")

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        receiver, self._receiver = self._receiver, None
        if receiver is None:
            return
        if self._body is not None and self.length == UNTIL_CLOSE and exc is None:
            self._body = None
            receiver.received(None, b"", ())
            return
        receiver.lost("lost")
