"""Who may see the administration pages: one-time links, the sessions they open, and the token of scripts.

Only hashes are kept, in memory: a restart ends every session, and no file or page of memory gives one away.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.datastructures import Headers
    from starlette.requests import Request

LINK_LIFE = timedelta(minutes=10)
SESSION_LIFE = timedelta(hours=12)
WRONG_TOKENS = 10
"""So many wrong tokens are looked at in a minute, for the whole process."""
COOKIE = "carnet_session"

Credential = Literal["session", "token", ""]
"""What a request has shown: the cookie of a session, the token of scripts, or nothing that counts."""


class Admission:
    """The links and sessions of one running server, and the token that scripts show."""

    def __init__(self, token: str = "", clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._token = _digest(token) if token else None
        self._clock = clock
        self._links: dict[bytes, datetime | None] = {}
        self._sessions: dict[bytes, datetime] = {}
        self._wrong: deque[datetime] = deque(maxlen=WRONG_TOKENS)

    def issue(self, life: timedelta | None = LINK_LIFE) -> str:
        """A new sign-in token that works once; without a life it waits until it is used."""
        now = self._clock()
        self._links = {link: end for link, end in self._links.items() if end is None or now < end}
        token = secrets.token_urlsafe(32)
        self._links[_digest(token)] = None if life is None else now + life
        return token

    def pause(self) -> int:
        """Seconds until a sign-in token is looked at again: 0, unless there were too many wrong ones."""
        if len(self._wrong) < WRONG_TOKENS:
            return 0
        left = self._wrong[0] + timedelta(minutes=1) - self._clock()
        return max(0, -(-left // timedelta(seconds=1)))

    def redeem(self, token: str) -> str | None:
        """Use a sign-in token up: the secret of a new session, or None for a wrong, used or expired token."""
        now = self._clock()
        link = _among(self._links, token)
        end = now if link is None else self._links.pop(link)
        if end is not None and now >= end:
            self._wrong.append(now)
            return None
        self._sessions = {session: since for session, since in self._sessions.items() if now - since < SESSION_LIFE}
        secret = secrets.token_urlsafe(32)
        self._sessions[_digest(secret)] = now
        return secret

    def end(self, secret: str) -> None:
        """End a session, if there is one."""
        session = _among(self._sessions, secret)
        if session is not None:
            del self._sessions[session]

    def judge(self, request: Request) -> Credential:
        """What this request has shown."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if self._token and scheme.lower() == "bearer" and hmac.compare_digest(self._token, _digest(token.strip())):
            return "token"
        if shows_key(request.headers):
            return ""
        session = _among(self._sessions, request.cookies.get(COOKIE, ""))
        if session is not None and self._clock() - self._sessions[session] < SESSION_LIFE:
            return "session"
        return ""


def shows_key(headers: Headers) -> bool:
    """Whether the request names a credential itself. Then it is judged by that alone, and never by a cookie."""
    return "authorization" in headers or "x-api-key" in headers


def admission_of(request: Request) -> Admission:
    return cast("Admission", request.app.state.admission)


def credential_of(request: Request) -> Credential:
    """What the gate found the request to have shown."""
    return cast("Credential", request.scope.get("state", {}).get("credential", ""))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _among(held: Iterable[bytes], secret: str) -> bytes | None:
    """The hash of this secret among those held; every one is compared, each in constant time."""
    wanted = _digest(secret)
    found = None
    for one in held:
        if hmac.compare_digest(one, wanted):
            found = one
    return found
