"""Who a person is to their own page: by a key of theirs, or by the session that a key opened.

Every request is judged by the key as it is at that moment, from the key book: a session outlives neither a revoked key
nor an expired one. Only hashes are kept, in memory.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from carnet.accounts.keybook import KeyBook
from carnet.accounts.keys import UNKNOWN, Refusal, Shown, presented

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from carnet.model.account import Caller
    from carnet.web.records import Records

SCOPE = "own"
COOKIE = "carnet_mine"
HERE = "/mine"
"""The page; its cookie is sent nowhere else."""
SESSION_LIFE = timedelta(hours=12)
MOST = 10_000
"""Sessions; beyond them the oldest end."""
NO_SESSION = Refusal("session", "This page needs a sign-in with a key of your own.")


class Holders:
    """The sessions of one running server, and the keys behind them."""

    def __init__(self, records: Records, clock: Callable[[], float] = time.monotonic) -> None:
        self._records = records
        self.clock = clock
        self._book: KeyBook | None = None
        self._sessions: OrderedDict[bytes, tuple[Shown, datetime]] = OrderedDict()

    async def by_header(self, request: Request) -> Caller | Refusal:
        """Who stands behind the key in `Authorization` or `x-api-key`."""
        texts = [*request.headers.getlist("authorization"), *request.headers.getlist("x-api-key")]
        shown = presented(texts)
        return shown if isinstance(shown, Refusal) else await self._judged(shown, peer_of(request))

    async def by_cookie(self, request: Request) -> Caller | Refusal:
        """Who stands behind the session in the cookie, by its key as it is now."""
        secret = request.cookies.get(COOKIE, "")
        found = self._sessions.get(_digest(secret)) if secret else None
        if found is None or self._records.now() - found[1] >= SESSION_LIFE:
            return NO_SESSION
        judged = await self._judged(found[0], peer_of(request))
        if isinstance(judged, Refusal) and judged.status in {401, 403}:
            self.end(secret)
        return judged

    async def enter(self, key: str, peer: str) -> str | Refusal:
        """The secret of a new session, for a key that may see what is its holder's."""
        shown = presented([key])
        if isinstance(shown, Refusal):
            return shown
        judged = await self._judged(shown, peer)
        if isinstance(judged, Refusal):
            return judged
        secret = secrets.token_urlsafe(32)
        self._sessions[_digest(secret)] = shown, self._records.now()
        while len(self._sessions) > MOST:
            self._sessions.popitem(last=False)
        return secret

    def end(self, secret: str) -> None:
        """End a session, if there is one."""
        self._sessions.pop(_digest(secret), None)

    def close(self) -> None:
        """Let go of the thread that asks the store."""
        if self._book is not None:
            self._book.close()

    async def _judged(self, shown: Shown, peer: str) -> Caller | Refusal:
        if self._book is None:
            if not self._records.stand:  # nobody has a key, and a stranger's request makes no store
                return UNKNOWN
            self._book = KeyBook(self._records.store, self.clock, self._records.now)
        return await self._book.shown(shown, SCOPE, peer)


def peer_of(request: Request) -> str:
    return request.client.host if request.client else ""


def caller_of(request: Request) -> Caller:
    """Whom the gate found behind the request."""
    return cast("Caller", request.state.caller)


def holders_of(request: Request) -> Holders:
    return cast("Holders", request.app.state.holders)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
