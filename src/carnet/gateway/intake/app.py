"""The addresses of intake, in front of the pages: ASGI, and nothing of a request is ever logged."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from carnet.accounts.keys import UNKNOWN
from carnet.gateway.intake import feedback, issues, otlp, sentry, statsig, survey, traces
from carnet.gateway.intake.contract import Asked, RefusedError, Reply, joined
from carnet.gateway.intake.taking import Intake, busy
from carnet.model.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, MutableMapping
    from typing import Any

    from carnet.accounts.keys import Shown
    from carnet.gateway.intake.contract import Endpoint
    from carnet.settings import Settings
    from carnet.stores.contract import Store

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Any]
    Send = Callable[[Message], Any]
    App = Callable[[Message, Receive, Send], Any]

ENDPOINTS: dict[str, Endpoint] = {
    "/api/survey": survey.SURVEY,
    "/api/feedback": feedback.FEEDBACK,
    "/api/feedback/issue": issues.ISSUE,
    "/api/transcript-share": feedback.SHARE,
    "/v1/logs": otlp.LOGS,
    "/v1/metrics": otlp.METRICS,
    "/v1/traces": traces.TRACES,
    "/v1/log_event": statsig.EVENTS,
    "/v1/rgstr": statsig.BROWSER_EVENTS,
    "/v1/initialize": statsig.INITIALIZE,
    "/v1/get_id_lists": statsig.ID_LISTS,
}
PATTERNS: tuple[tuple[re.Pattern[str], Endpoint], ...] = (
    (re.compile(r"/api/\d{1,20}/envelope/?"), sentry.ENVELOPE),
    (re.compile(r"/api/\d{1,20}/store/?"), sentry.STORE),
    (statsig.SPECS, statsig.CONFIG),
)
PATIENCE = 30.0
"""Seconds a body may take to arrive."""
CLEAR = (
    "Reports are taken over TLS only, except on loopback: this Carnet has no certificate (`carnet tls init` makes one)."
)
SLOW = "The body did not arrive in time."
ENDING = "This Carnet is about to end. Nothing of this report was kept; send it again."
BROKEN = "Carnet met a fault of its own. Nothing of this report was kept."
log = logging.getLogger("carnet.intake")


def endpoint_at(path: str) -> Endpoint | None:
    """What answers an address; None for one that is not intake's."""
    found = ENDPOINTS.get(path)
    if found is None and path.startswith(("/api/", "/v1/", "/v2/")):
        short = len(path) < _SHORT and path.startswith("/api/")
        return _remembered(path) if short else _by_pattern(path)
    return found


_SHORT = 50


def _by_pattern(path: str) -> Endpoint | None:
    return next((endpoint for pattern, endpoint in PATTERNS if pattern.fullmatch(path)), None)


_remembered = lru_cache(maxsize=256)(_by_pattern)
"""Only of addresses that have no key in them."""


class Doorway:
    """ASGI middleware: answers intake's addresses and passes everything else on."""

    def __init__(self, app: App, front: Front) -> None:
        self.app, self.front = app, front

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        endpoint = endpoint_at(scope["path"]) if scope["type"] == "http" else None
        if endpoint is None:
            await self.app(scope, receive, send)
        else:
            await _send(send, await self.front.answer(endpoint, scope, receive))


class Front:
    """Intake over one opened store. It begins with the first report that comes once there are records at all."""

    def __init__(
        self, store: Store, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._store, self._settings, self._clock = store, settings, clock
        self._near = is_loopback(settings["web.host"])
        self._intake: Intake | None = None
        self._beginning = asyncio.Lock()
        self._closed = False

    async def answer(self, endpoint: Endpoint, scope: Message, receive: Receive) -> Reply:
        secure = scope.get("scheme") == "https"
        return await self.replied(endpoint, asked_of(scope), _chunks(receive), secure=secure)

    async def replied(self, endpoint: Endpoint, asked: Asked, chunks: AsyncIterator[bytes], *, secure: bool) -> Reply:
        """What a request is told, whichever listener it came to."""
        try:
            if not self.takes(secure=secure):
                raise RefusedError(403, CLEAR)  # noqa: TRY301 - the same answer as any other refusal
            intake = await self.intake()
            if intake is None:
                raise RefusedError(UNKNOWN.status, UNKNOWN.sentence)  # noqa: TRY301
            return await intake.answer(endpoint, asked, chunks)
        except RefusedError as error:
            return endpoint.refuse(asked, error)
        except Exception as error:  # noqa: BLE001 - the last stop; what came is in no log
            return _broken(endpoint, asked, error)

    def takes(self, *, secure: bool) -> bool:
        """Whether reports are taken over such a connection."""
        return self._near or secure

    def at_once(
        self, endpoint: Endpoint, asked: Asked, shown: Shown, body: bytes, tell: Callable[[Reply], None]
    ) -> bool:
        """Answer a report that is all here, waiting for the disk alone. False: nothing was done, ask `answer`."""
        intake = self._intake
        if intake is None or self._closed:
            return False
        try:
            return intake.at_once(endpoint, asked, shown, body, tell)
        except Exception as error:  # noqa: BLE001 - the last stop; what came is in no log
            tell(_broken(endpoint, asked, error))
            return True

    def crowded(self, endpoint: Endpoint, asked: Asked) -> Reply:
        """What a client is told for whom there is no room at all."""
        intake = self._intake
        return endpoint.refuse(asked, busy()) if intake is None else intake.crowded(endpoint, asked)

    @property
    def begun(self) -> Intake | None:
        """What takes reports, once one came."""
        return self._intake

    async def intake(self) -> Intake | None:
        """None while there are no records: then nobody has a key."""
        async with self._beginning:
            if self._closed:
                raise RefusedError(503, ENDING, 2)
            if self._intake is None and await asyncio.to_thread(lambda: self._store.has_records):
                made = await asyncio.to_thread(lambda: Intake(self._store.records, self._settings, self._clock))
                await made.start()
                self._intake = made
        return self._intake

    async def close(self) -> None:
        """Write what waits, and take nothing any more."""
        self._closed = True
        async with self._beginning:
            intake, self._intake = self._intake, None
        if intake is not None:
            await intake.close()


def _broken(endpoint: Endpoint, asked: Asked, error: Exception) -> Reply:
    log.error("intake, %s: %s", endpoint.name, type(error).__name__)
    return endpoint.refuse(asked, RefusedError(500, BROKEN))


def asked_of(scope: Message) -> Asked:
    headers = joined([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]])
    query: dict[str, str] = {}
    if text := scope.get("query_string"):
        with suppress(ValueError):  # more fields than any client sends
            query = dict(parse_qsl(text.decode("latin-1"), max_num_fields=50))
    client = scope.get("client")
    return Asked(scope["method"], scope["path"], query, headers, client[0] if client else "")


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    until = asyncio.get_running_loop().time() + PATIENCE
    more = True
    while more:
        message = await _arrived(receive, until)
        if message["type"] == "http.disconnect":
            raise RefusedError(408, SLOW)
        if chunk := message.get("body", b""):
            yield chunk
        more = message.get("more_body", False)


async def _arrived(receive: Receive, until: float) -> Message:
    try:
        async with asyncio.timeout_at(until):
            found: Message = await receive()
    except TimeoutError:
        raise RefusedError(408, SLOW) from None
    return found


def headers_of(reply: Reply) -> list[tuple[bytes, bytes]]:
    headers = [(b"content-type", reply.media.encode()), (b"content-length", b"%d" % len(reply.body))]
    headers += [(name.lower().encode(), value.encode()) for name, value in reply.headers]
    headers += [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
    return headers


async def _send(send: Send, reply: Reply) -> None:
    headers = headers_of(reply)
    with suppress(OSError):  # the client has left
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})
