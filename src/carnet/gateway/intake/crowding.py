"""The web port's bounds: so many connections at once, and so long until each says what it wants.

Who comes beyond them is told to come again, as its protocol says that, and let go; a few more are cut off without a
word. It is uvicorn's protocol, which has a bound of its own that answers those who were there before, too.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from carnet.gateway.intake.app import asked_of, endpoint_at, headers_of
from carnet.gateway.intake.contract import Reply
from carnet.gateway.intake.staying import Staying

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from carnet.gateway.intake.app import Front

MOST = 1000
"""Connections at once, where no setting says otherwise."""
CROWD = 64
"""Beyond those, how many are told at once."""
HEAD_TIME, BRIEF = 30.0, 2.0
"""Seconds until the head of a request is there; of one that is only told to come again."""
MOST_PASSED_OVER = 1 << 20
"""Bytes of a body that are read so that its client reads the answer."""
FULL = b"Carnet has as many connections as it may have (web.connections). Nothing was done; come again.\n"
AFTER = 2


class Bounded(Staying):
    """One connection."""

    front: ClassVar[Front]
    most: ClassVar[int] = MOST
    _beyond = False
    """It is one too many."""
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        beyond = len(self.connections) - self.most
        if beyond > CROWD:
            transport.abort()
        else:
            self._beyond = beyond > 0
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_head()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        if self._late is None:
            self._await_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._has_head()
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        super()._start_asgi_task(cycle, self._turned_away if self._beyond else app)

    def _await_head(self) -> None:
        self._late = self.loop.call_later(BRIEF if self._beyond else HEAD_TIME, self._is_late)

    def _has_head(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            late.cancel()

    def _is_late(self) -> None:
        self._late = None
        self.transport.abort()

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
