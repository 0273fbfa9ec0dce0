"""A client's connection: one request at a time; what it sends behind that one waits."""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING

from carnet.gateway import local
from carnet.gateway.bodies import body_of, request_length
from carnet.gateway.errors import MalformedError, Refused, answer
from carnet.gateway.exchange import Exchange
from carnet.gateway.forwarding import keeps_alive
from carnet.gateway.heads import END, judge_begun, request_head
from carnet.gateway.resetting import reset
from carnet.gateway.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carnet.gateway.bodies import Body
    from carnet.gateway.heads import RequestHead
    from carnet.gateway.relay import Relay

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CROWDED = Refused(529, "this relay has as many clients as it takes; try again", "clients", 1)
_HEAD, _BUSY, _LINGER = State.HEAD, State.BUSY, State.LINGER
MOST_LINGER = 64 << 20
"""Bytes read of what a refused client still sends."""


class Incoming(asyncio.Protocol):
    """One connection."""

    def __init__(self, relay: Relay) -> None:
        self.relay, self.bounds = relay, relay.bounds
        self._clock, self._begun, self._rounds = relay.clock, relay.familiar.begun, relay.rounds
        self.transport: asyncio.Transport
        self.peer = ""
        self.keeps = True
        """Another request may follow the present one."""
        self.deadline = inf
        self._near, self.mark = False, b""  # its peer, among what heads are remembered by
        self._state = State.HEAD
        self._held = b""
        self._looked = 0
        """Bytes of a head that has not ended which were judged."""
        self._body: Body | None = None
        self._parts: list[bytes] = []
        self._size, self._began = 0, 0.0
        self._bodyless = False
        """The present request is a HEAD: its answer has no body."""
        self._exchange: Exchange | None = None
        self._judging: asyncio.Future[Exchange | Refused] | None = None
        self._advancing = self._full = self._reading_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream is asked for
        self.transport.set_write_buffer_limits(high=self.bounds.write_ahead)
        name = transport.get_extra_info("peername")
        self.peer = str(name[0]) if isinstance(name, tuple) else ""
        self._near = local.is_near(self.peer)
        self.mark = self.peer.encode()
        self.deadline = self.relay.clock() + self.bounds.head_time
        beyond = self.relay.came(self)
        if beyond > self.bounds.crowd:
            self.transport.abort()
        elif beyond > 0:
            self._give_up(CROWDED)

    def data_received(self, data: bytes) -> None:
        self._rounds.read(self, data)

    def take(self, data: bytes) -> None:
        if self._state is _LINGER:
            self._size += len(data)
            if self._size > MOST_LINGER:
                self.transport.abort()
            return
        if self._state is _HEAD and not self._held and not self._full:
            now = self._clock()
            begun = self._begun(self, data, now)
            if begun is not None:  # as if its head had been read, judged and admitted here
                self._exchange, size, start = begun
                self._began, self.deadline, self.keeps, self._bodyless = now, inf, True, False
                data = data[start:]
                if len(data) == size:
                    self._state = _BUSY
                    self._rounds.then(self, self._exchange.proceed, data)
                    return
                self._read_body(State.BODY, size)
        self._held = self._held + data if self._held else data
        if self._state is State.BUSY or self._full:
            self._hold_back()
        else:
            self._advance()

    def _hold_back(self) -> None:
        if len(self._held) > self.bounds.ahead and not self._reading_paused:
            self._reading_paused = True
            self.transport.pause_reading()

    def _advance(self) -> None:
        """Go through what was read as far as it goes."""
        if self._advancing:
            return
        self._advancing = True
        try:
            while self._held and self._state < State.BUSY and not self._full:
                if not (self._take_head() if self._state is State.HEAD else self._take_body()):
                    break
        except MalformedError as error:
            self._give_up(error.refused)
        finally:
            self._advancing = False
        if self._held:
            self._hold_back()

    # -- the head

    def _take_head(self) -> bool:
        held, most = self._held, self.bounds.head
        end = held.find(END, max(self._looked - 3, 0), most)
        if end < 0:
            judge_begun(held[:most], self._looked)
            if len(held) >= most:
                raise MalformedError(f"the head of the request is longer than {most} bytes", 431)
            if not self._looked:
                self.deadline = self.relay.clock() + self.bounds.head_time
            self._looked = len(held)
            return False
        self._held, self._looked, self._began = held[end + 4 :], 0, self.relay.clock()
        raw = held[: end + 4]
        self._ask(request_head(raw, self.bounds.headers, self.bounds.target), raw)
        return True

    def _ask(self, head: RequestHead, raw: bytes) -> None:
        self.keeps = keeps_alive(head) and not self.relay.ending
        self._bodyless = head.method == b"HEAD"
        self.deadline = inf
        length = request_length(head)
        expects = head.fields.get(b"expect", b"").strip(b" \t").lower()
        if expects and expects != b"100-continue":
            raise MalformedError("nothing can be expected but 100-continue", 417)
        if self._near and (said := local.answered(self.relay, head)) is not None:
            self.keeps = False
            self.write((said,))
            self._after(length)
            return
        found = self.relay.admitted(self, head)
        if isinstance(found, Exchange | Refused):
            if isinstance(found, Exchange):
                self.relay.familiar.see(self, raw, found.asked, found.admitted)
            self._admit(found, length, expects)
        else:
            self._state = State.BUSY
            self.deadline = self._began + self.bounds.head_time
            self._judging = asyncio.ensure_future(found)
            self._judging.add_done_callback(lambda judged: self._judged(judged, length, expects))

    def _judged(self, judging: asyncio.Future[Exchange | Refused], length: int, expects: bytes) -> None:
        """Go on with a request that had to wait for its admission."""
        self._judging = None
        if judging.cancelled():
            return
        self.deadline = inf
        found = judging.result()
        if self not in self.relay.connections:  # the client left in the very moment
            if isinstance(found, Exchange):
                found.abandon()
            return
        self._admit(found, length, expects)
        if self._state < State.BUSY:
            self._read_on()
            self._advance()

    def _read_on(self) -> None:
        if self._reading_paused:
            self._reading_paused = False
            self.transport.resume_reading()

    def _admit(self, found: Exchange | Refused, length: int, expects: bytes) -> None:
        if isinstance(found, Refused):
            # A client that waits for `100 Continue` may or may not send its body now.
            self.keeps = self.keeps and not expects
            self._refuse_early(found, length)
        elif length > self.bounds.body:
            self._exchange = found
            self._give_up(self._too_large())
        else:
            self._expect_body(found, length, expects)

    def _expect_body(self, exchange: Exchange, length: int, expects: bytes) -> None:
        self._exchange = exchange
        if not length:
            self._state = State.BUSY
            exchange.proceed(b"")
            return
        self._read_body(State.BODY, length)
        if expects and not self._held:
            self.write((CONTINUE,))

    def _read_body(self, state: State, length: int) -> None:
        self._state = state
        self._body = body_of(length)
        self._size = 0
        self.deadline = self._began + self.bounds.body_pause

    # -- the body

    def _take_body(self) -> bool:
        body = self._body
        if body is None:
            raise RuntimeError("there is no body to read")
        payload = body.feed(self._held)
        if body.fault is not None:
            raise body.fault
        self._held = body.rest if body.ended else b""
        self._size += len(payload)
        if self._size > self.bounds.body:
            self._give_up(self._too_large())
            return False
        if self._state is State.BODY:
            self._parts.append(payload)
        if not body.ended:
            self.deadline = min(self.relay.clock() + self.bounds.body_pause, self._began + self.bounds.body_time)
            return False
        self._body = None
        if self._state is State.DISCARD:
            self._next()
            return True
        parts, self._parts = self._parts, []
        self._state, self.deadline = State.BUSY, inf
        if self._exchange is not None:
            self._exchange.proceed(parts[0] if len(parts) == 1 else b"".join(parts))
        return True

    def _too_large(self) -> Refused:
        return Refused(413, f"the request is larger than {self.bounds.body} bytes", "too-large")

    # -- answers of our own

    def refuse(self, refused: Refused) -> None:
        """Answer the present request, whose body was read, in the API's shape. Called by its exchange."""
        self._exchange = None
        self.keeps = self.keeps and not self.relay.ending
        self._say(refused)
        self._next()

    def _refuse_early(self, refused: Refused, length: int) -> None:
        """Answer a request whose body is still to come; it is read and dropped."""
        if length > self.bounds.body:
            self.keeps = False
        self._say(refused)
        self._after(length)

    def _after(self, length: int) -> None:
        if not self.keeps or not length:
            self._next()
        else:
            self._read_body(State.DISCARD, length)

    def _give_up(self, refused: Refused) -> None:
        """Answer what cannot be read on, and end the connection."""
        exchange, self._exchange = self._exchange, None
        discarding = self._state is State.DISCARD
        if exchange is not None:
            exchange.abandon(refused)
        elif not discarding:
            self.relay.turned_away(refused)
        self.keeps = False
        if not discarding:  # its answer has been sent
            self._say(refused)
        self._linger()

    def _say(self, refused: Refused) -> None:
        self.relay.metrics.refused.add(str(refused.status), refused.why)
        body = self.relay.formats[0].error(refused)
        # not behind its round: who does not read is to be noticed before its next request is answered
        self._rounds.flush()
        if not self.transport.is_closing():
            self.transport.write(answer(refused, body, bodyless=self._bodyless, closing=not self.keeps))

    def _linger(self) -> None:
        """Say that nothing follows and read on for a while: a reset would take the answer from the client."""
        self._state, self._size = State.LINGER, 0
        self._held, self._parts, self._body = b"", [], None
        self.deadline = self.relay.clock() + self.bounds.linger
        self._rounds.flush()
        if self.transport.is_closing():
            return
        self._read_on()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    # -- what the exchange says

    def write(self, pieces: Iterable[bytes]) -> None:
        """Send pieces of the response, at once."""
        self._rounds.write(self.transport, b"".join(pieces))

    def end(self, pieces: Iterable[bytes]) -> None:
        """Send the last pieces of the response; nothing of it is left."""
        self._exchange = None
        if self not in self.relay.connections:
            return
        self._rounds.write(self.transport, b"".join(pieces))
        self._next()

    def end_plainly(self, response: bytes, now: float) -> None:
        """Send a whole response, and wait for the next request."""
        self._exchange = None
        self._rounds.write(self.transport, response)
        if self._held or self._full or self._reading_paused or not self.keeps:
            self._next()
        else:
            self._state, self.deadline = _HEAD, now + self.bounds.keep_alive

    def cut(self) -> None:
        """End the connection in the middle of a response. Its framing tells the client that it is not whole."""
        self._let_go()
        self.transport.close()

    def reset(self) -> None:
        """The same where there is no framing: a proper end would look like the end of the response."""
        self._let_go()
        reset(self.transport)

    def _let_go(self) -> None:
        """What was read of it in this very moment is not looked at any more."""
        self._exchange, self.keeps, self._state = None, False, _LINGER
        self._rounds.flush()

    def retire(self) -> None:
        """Let the client go, after the present request if there is one."""
        self.keeps = False
        if self._state is State.HEAD and not self._held:
            self._state = _LINGER  # see _let_go
            self.transport.close()

    def _next(self) -> None:
        """Read the next request, or end the connection."""
        self._bodyless = False
        if not self.keeps or self.relay.draining:
            # one that was promised another request, before the relay began to end, is let go after that one
            self._linger()
            return
        self._state = State.HEAD
        self.deadline = self.relay.clock() + (self.bounds.head_time if self._held else self.bounds.keep_alive)
        self._read_on()
        if self._held:
            self._advance()

    # -- time and flow

    def expire(self) -> None:
        """The deadline has passed."""
        if self._state is State.BODY or (self._state is State.HEAD and self._held):
            self._give_up(Refused(408, "the request did not arrive in time", "slow"))
        elif self._state is State.HEAD:
            self._state, self.deadline = State.LINGER, inf
            self.transport.close()
        else:
            self.transport.abort()

    def pause_writing(self) -> None:
        self._full = True
        self.deadline = self.relay.clock() + self.bounds.silence
        if self._exchange is not None:
            self._exchange.pause()

    def resume_writing(self) -> None:
        self._full = False
        self.deadline = inf if self._state is State.BUSY else self.relay.clock() + self.bounds.body_pause
        if self._exchange is not None:
            self._exchange.resume()
        else:
            self._advance()

    def eof_received(self) -> None:
        """Answer what came before the end before what is written goes nowhere, as with TLS."""
        self._rounds.now()

    def broken(self) -> None:
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - whatever ended it
        self.relay.went(self)
        self.deadline = inf
        if self._judging is not None:
            self._judging.cancel()
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            if self._state is State.BODY:
                exchange.abandon()
            else:
                exchange.client_gone()
        self._state, self._held, self._parts = State.LINGER, b"", []
