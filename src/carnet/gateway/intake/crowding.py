"""The web port's bounds: so many connections at once, and so long until each says what it wants.

A connection has one alarm all its life. It looks for whether what the client owes is due: the head of a request, the
rest of a body, the reading of an answer. While it is we who are asked, nothing is due.

Who comes beyond them takes the place of one that rests, where there is one. Else it is told to come again, as its
protocol says that, and let go; a few more are cut off without a word. It is uvicorn's protocol, which has a bound of
its own that answers those who were there before, too.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from carnet.gateway.intake.app import asked_of, endpoint_at, headers_of
from carnet.gateway.intake.contract import Reply
from carnet.gateway.intake.staying import Staying
from carnet.gateway.intake.yielding import Rest, peer_of, who_yields
from carnet.model.loopback import is_loopback

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from carnet.gateway.intake.app import Front

MOST = 1000
"""Connections at once, where no setting says otherwise."""
CROWD = 64
"""Beyond those, how many are told at once."""
OURS = 16
"""Of those, kept for this machine itself: its administration, its own agents."""
HEAD_TIME, BRIEF = 30.0, 2.0
"""Seconds until the head of a request is there; of one that is only told to come again."""
SILENCE = 30.0
"""Seconds without a byte of a body that is owed."""
STALLED = 5.0
"""The same, of one that takes a place somebody else waits for."""
BODY_TIME, BODY_RATE = 60.0, 1024
"""A body may take these seconds, and one more for so many bytes as have come."""
IN_LINE = 1000
"""Requests that may wait for the answer of one before them. More are read with every answer, read or not."""
UNREAD = 60.0
"""Seconds without anything read of an answer that waits."""
MOST_PASSED_OVER = 1 << 20
"""Bytes of a body that are read so that its client reads the answer."""
FULL = b"Carnet has as many connections as it may have (web.connections). Nothing was done; come again.\n"
AFTER = 2


class Bounded(Staying):
    """One connection."""

    front: ClassVar[Front]
    most: ClassVar[int] = MOST
    peer = ""
    _beyond = False
    """It is one too many."""
    _alarm: asyncio.TimerHandle | None = None
    _alarm_at = 0.0
    _due: float | None = None
    """When what the client owes must be there; None: it owes nothing."""
    _asked = _in_head = False
    """It had the head of a request; it is in one."""
    _grace: float | None = None
    """Until when a body that is owed may take, as far as it has come; None: none is owed."""
    _unread = 0, 0.0
    """What was left to be read at an alarm, and since when."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        self.peer = peer_of(host)
        beyond = len(self.connections) - self.most + (0 if is_loopback(host) else min(OURS, self.most // 8))
        if beyond > 0 and not self._has_a_place(beyond):
            return
        self._await_head()

    def _has_a_place(self, beyond: int) -> bool:
        """Whether it stays, be it only to be told.

        One that makes room for it may take a moment to leave: beyond the bound there are no more than two crowds.
        """
        there: Any = self.connections
        told = sum(one._beyond for one in there)  # noqa: SLF001 - they are of this class
        if told >= beyond:
            return True
        other = who_yields(self, there) if beyond <= 2 * CROWD else None
        if other is not None:
            other.transport.close()
        elif told >= CROWD or beyond > 2 * CROWD:
            self.transport.abort()
            return False
        else:
            self._beyond = True
        return True

    def rest(self) -> Rest | None:
        if self._due is None or self._beyond or self.transport.is_closing():
            return None
        if self._grace is not None:
            silent = self.loop.time() - self._due + SILENCE
            stalled = silent > STALLED and not self._holds_it_up()
            return Rest(self._due, kept=False) if stalled else None
        return Rest(self._due, kept=self._asked and not self._in_head)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        if self._due is None:  # it comes while the request before is answered
            self._await_head()
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._asked, self._in_head = True, False
        self._grace = self.loop.time() + BODY_TIME
        self._expect(SILENCE)
        super().on_headers_complete()
        if len(self.pipeline) > IN_LINE:
            self.transport.abort()

    def on_body(self, body: bytes) -> None:
        if self._grace is not None and not self.cycle.response_complete:
            self._grace += len(body) / BODY_RATE
            self._due = min(self.loop.time() + SILENCE, self._grace)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._grace = self._due = None
        super().on_message_complete()
        if not self._offering and self.cycle.response_complete:  # it was answered before it was there
            self._await_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and self._grace is None:
            self._await_head()  # an empty line is none: it ends uvicorn's alarm all the same

    def resume_writing(self) -> None:
        self._unread = 0, 0.0
        super().resume_writing()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        super()._start_asgi_task(cycle, self._turned_away if self._beyond else app)

    def _await_head(self) -> None:
        self._expect(BRIEF if self._beyond else HEAD_TIME)

    def _expect(self, seconds: float) -> None:
        """Something of the client, within that time."""
        self._due = self.loop.time() + seconds
        if self._alarm is None or self._due < self._alarm_at:
            self._look_at(self._due)

    def _look_at(self, moment: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._alarm_at = self.loop.call_at(moment, self._look), moment

    def _look(self) -> None:
        now = self.loop.time()
        if self._leaves_unread(now):
            self.transport.abort()
            return
        if self._grace is not None and self._holds_it_up():
            self._grace += SILENCE
            self._due = now + SILENCE
        due, then = self._due, now + HEAD_TIME
        if due is not None and not self.transport.is_closing():
            if due <= now:
                self.transport.abort()
                return
            then = min(then, due)
        self._look_at(then)

    def _holds_it_up(self) -> bool:
        """Whether it is we who do not let more of a body come."""
        return self.flow.read_paused or self.cycle.waiting_for_100_continue

    def _leaves_unread(self, now: float) -> bool:
        """Whether an answer waits, and nothing was read of it for too long. It may be the last one."""
        if not (self.flow.write_paused or self.transport.is_closing()):
            return False
        left, (before, since) = self.transport.get_write_buffer_size(), self._unread
        if not since or left < before:
            self._unread = left, now
            return False
        return now - since >= UNREAD

    async def _turned_away(self, scope: Any, receive: Any, send: Any) -> None:
        endpoint = endpoint_at(scope["path"])
        if endpoint is None:
            reply = Reply(503, FULL, "text/plain; charset=utf-8", (("Retry-After", str(AFTER)),))
        else:
            reply = self.front.crowded(endpoint, asked_of(scope))
        await _passed_over(receive)
        with suppress(OSError):  # the client has left
            headers = [*headers_of(reply), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": reply.status, "headers": headers})
            await send({"type": "http.response.body", "body": reply.body})


async def _passed_over(receive: Any) -> None:
    """Read what belongs to a request, for a moment."""
    size, more = 0, True
    with suppress(TimeoutError):
        async with asyncio.timeout(BRIEF):
            while more and size < MOST_PASSED_OVER:
                message = await receive()
                size += len(message.get("body", b""))
                more = message.get("more_body", False)
