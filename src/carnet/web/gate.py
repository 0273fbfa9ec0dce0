"""Which addresses need a sign-in, and what is answered without one. Closed until said otherwise.

A page about people belongs below one of the addresses in ADMINISTRATION; being there is all it takes to be closed.
What is below one of MINE is for the holder of an account, by a key of their own, and for nobody else: neither lets in
whom the other does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse

from carnet.accounts.keys import MISSING, Refusal, told
from carnet.model.loopback import is_loopback
from carnet.web import domain_check
from carnet.web.faults import fault, wants_json
from carnet.web.holders import HERE, NO_SESSION
from carnet.web.metrics import METRICS

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from carnet.web.admission import Admission
    from carnet.web.holders import Holders

API = "/api/mine"
SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
LINKS = "/api/sign-in-links"
ADMINISTRATION = (
    *("/records", "/accounts", "/domains", "/intake", "/holds", "/receipts", "/log", "/api/admin"),
    *(METRICS, LINKS),
)
"""What begins like one of these needs a sign-in."""
DOOR = (SIGN_IN, SIGN_OUT)
MINE = (HERE, API)
"""What begins like one of these is one person's own; the page takes the cookie of a session alone, the API a key."""
MY_DOOR = (f"{HERE}/sign-in", f"{HERE}/sign-out")
OPEN = "/static/"
"""What a page needs to be looked at, the sign-in page too."""
FOR_CLIENTS = (domain_check.PATH,)
"""What agents ask, from wherever Carnet can be reached: each judges its callers itself."""
FOR_PROGRAMS = (".json", ".atom", ".mermaid")

AWAY = (
    "Records and accounts are shown on the machine where Carnet runs, and nowhere else for now: Carnet has to listen "
    "on loopback (the setting `web.host`) and to be asked from there."
)
CHECK_IN_THE_CLEAR = (
    "Hosts are checked on the machine where Carnet runs, or through TLS. This connection is neither: ask whoever runs "
    "this Carnet for its https address."
)
IN_THE_CLEAR = (
    "What is kept about a person is shown on the machine where Carnet runs, or through TLS. This connection is "
    "neither: ask whoever runs this Carnet for its https address."
)
INSTEAD = "Use a key of this Carnet (ck_…) with `own` instead."
NO_KEY = "This request shows no key: `Authorization: Bearer KEY` or `x-api-key: KEY`, with one for `own`."
UNKNOWN = (
    "This address needs a sign-in. For a script: the header `Authorization: Bearer TOKEN`, with the token in the file "
    "`admin.token` of the data folder. For a person: `carnet sign-in` prints a link."
)


class Gate:
    """ASGI middleware: lets through what is open, and to the rest whoever signed in on this machine."""

    def __init__(self, app: ASGIApp, admission: Admission, holders: Holders, host: str, *, open_pages: bool) -> None:
        self.app = app
        self.admission = admission
        self.holders = holders
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
        if path.startswith(MINE):
            app = await self._of_holder(request, path)
            await app(request.scope, receive, never_kept(send))
            return
        closed = self.closes(path)
        app = self.app
        if path in FOR_CLIENTS and not near and request.scope["scheme"] != "https":
            app = fault(request, 403, CHECK_IN_THE_CLEAR)
        elif (closed or path in DOOR) and not near:
            app = fault(request, 403, AWAY)
        elif closed and not request.state.credential:
            app = turned_away(request)
        await app(request.scope, receive, never_kept(send) if closed or path in DOOR else send)

    async def _of_holder(self, request: Request, path: str) -> ASGIApp:
        """What answers at an address of a person's own: the page, for whoever's it is."""
        if not request.state.near and request.scope["scheme"] != "https":
            return fault(request, 403, IN_THE_CLEAR)
        if path in MY_DOOR:
            return self.app
        by_key = path.startswith(API)
        found = await (self.holders.by_header(request) if by_key else self.holders.by_cookie(request))
        if isinstance(found, Refusal):
            return not_theirs(request, found)
        request.state.caller = found
        return self.app

    def closes(self, path: str) -> bool:
        """Whether this path needs a sign-in."""
        if path in FOR_CLIENTS:
            return False
        if self.open_pages:
            return path.startswith(ADMINISTRATION)
        return path not in DOOR and not path.startswith(OPEN)


def not_theirs(request: Request, refusal: Refusal) -> Response:
    """To a program, why its key is not taken; to a person, the way to the sign-in."""
    if refusal is NO_SESSION:
        back = request.method in {"GET", "HEAD"}
        return RedirectResponse(MY_DOOR[0] + (f"?{urlencode({'next': _goal(request)})}" if back else ""), 303)
    refused = fault(request, refusal.status, NO_KEY if refusal is MISSING else told(refusal, INSTEAD))
    if refusal.after:
        refused.headers["Retry-After"] = str(refusal.after)
    if refusal.status == 401:
        refused.headers["WWW-Authenticate"] = 'Bearer realm="carnet"'
    return refused


def _goal(request: Request) -> str:
    query = request.scope.get("query_string", b"").decode("latin-1")
    return quote(path_of(request)) + (f"?{query}" if query else "")


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
    back = f"?{urlencode({'next': _goal(request)})}" if request.method in {"GET", "HEAD"} else ""
    return RedirectResponse(SIGN_IN + back, 303)


def never_kept(send: Send) -> Send:
    """Send with the order to browsers to keep nothing."""

    async def without_a_copy(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cache-Control"] = "no-store"
        await send(message)

    return without_a_copy
