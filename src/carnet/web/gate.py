"""Which addresses need a sign-in, and what is answered without one. Closed until said otherwise.

A page about people belongs below one of the addresses in ADMINISTRATION; being there is all it takes to be closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse

from carnet.web.faults import fault, wants_json
from carnet.web.shield import is_loopback

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from carnet.web.admission import Admission

SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
LINKS = "/api/sign-in-links"
ADMINISTRATION = ("/records", "/accounts", "/holds", "/receipts", "/log", "/api/admin", LINKS)
"""What begins like one of these needs a sign-in."""
DOOR = (SIGN_IN, SIGN_OUT)
OPEN = "/static/"
"""What a page needs to be looked at, the sign-in page too."""
FOR_PROGRAMS = (".json", ".atom", ".mermaid")

AWAY = (
    "Records and accounts are shown on the machine where Carnet runs, and nowhere else for now: Carnet has to listen "
    "on loopback (the setting `web.host`) and to be asked from there."
)
UNKNOWN = (
    "This address needs a sign-in. For a script: the header `Authorization: Bearer TOKEN`, with the token in the file "
    "`admin.token` of the data folder. For a person: `carnet sign-in` prints a link."
)


class Gate:
    """ASGI middleware: lets through what is open, and to the rest whoever signed in on this machine."""

    def __init__(self, app: ASGIApp, admission: Admission, host: str, *, open_pages: bool) -> None:
        self.app = app
        self.admission = admission
        self.on_loopback = is_loopback(host)
        self.open_pages = open_pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._judge(Request(scope), receive, send)
        else:  # no page speaks anything else
            await send({"type": "websocket.close", "code": 1008})

    async def _judge(self, request: Request, receive: Receive, send: Send) -> None:
        path = path_of(request)
        near = self.on_loopback and request.client is not None and is_loopback(request.client.host)
        request.state.near = near
        request.state.credential = self.admission.judge(request) if near else ""
        closed = self.closes(path)
        app: ASGIApp = self.app
        if (closed or path in DOOR) and not near:
            app = fault(request, 403, AWAY)
        elif closed and not request.state.credential:
            app = turned_away(request)
        await app(request.scope, receive, never_kept(send) if closed or path in DOOR else send)

    def closes(self, path: str) -> bool:
        """Whether this path needs a sign-in."""
        if self.open_pages:
            return path.startswith(ADMINISTRATION)
        return path not in DOOR and not path.startswith(OPEN)


def path_of(request: Request) -> str:
    """The path that routes are compared with."""
    return str(request.scope["path"].removeprefix(request.scope.get("root_path", "")))


def turned_away(request: Request) -> Response:
    """To a program, that it must show a token; to a person, the way to the sign-in and back."""
    path = path_of(request)
    if wants_json(request) or path.endswith(FOR_PROGRAMS) or "authorization" in request.headers:
        refused = fault(request, 401, UNKNOWN)
        refused.headers["WWW-Authenticate"] = 'Bearer realm="carnet"'
        return refused
    query = request.scope.get("query_string", b"").decode("latin-1")
    goal = quote(path) + (f"?{query}" if query else "")
    back = f"?{urlencode({'next': goal})}" if request.method in {"GET", "HEAD"} else ""
    return RedirectResponse(SIGN_IN + back, 303)


def never_kept(send: Send) -> Send:
    """Send with the order to browsers to keep nothing."""

    async def without_a_copy(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cache-Control"] = "no-store"
        await send(message)

    return without_a_copy
