"""What stands before every page: which hosts and methods are answered, and the headers of every answer."""

from __future__ import annotations

import ipaddress
import logging
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request

from carnet.errors import place_of
from carnet.web.faults import fault

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("carnet.web")

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # none to others; with `no-referrer` browsers send `Origin: null` with our own forms (Fetch, section 3.2)
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class Shield:
    """ASGI middleware: refuses foreign hosts and cross-site writes, adds the headers, hides tracebacks."""

    def __init__(self, app: ASGIApp, host: str, only_read: Collection[str] = ()) -> None:
        """Whatever is sent to paths that are `only_read` changes nothing: programs are told which methods they take."""
        self.app = app
        self.host = host.strip("[]").lower()
        self.only_read = only_read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answered = False

        async def with_headers(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        try:
            await self._judge(scope, receive, with_headers)
        except Exception as error:  # noqa: BLE001 - the last stop: a reader sees a page, the log where it broke
            log.error("%s %s: %s at %s", scope["method"], scope["path"], type(error).__name__, place_of(error))  # noqa: TRY400
            if not answered:
                await fault(Request(scope), 500)(scope, receive, with_headers)

    async def _judge(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self.knows(host):
            await fault(Request(scope), 421, _foreign_host(host))(scope, receive, send)
        elif not (scope["method"] in {"GET", "HEAD"} or scope["path"] in self.only_read or _ours(headers)):
            await fault(Request(scope), 403, "This form was sent from another site and is refused.")(
                scope, receive, send
            )
        else:
            await self.app(scope, receive, send)

    def knows(self, host: str) -> bool:
        """Loopback names and addresses, and the configured host. A wildcard address stands for any address,
        never for a name: a rebinding attack needs a name.
        """
        name = host_name(host)
        if name in {"localhost", self.host}:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or self.host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound


def host_name(host: str) -> str:
    """The name or address in a Host header, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _foreign_host(host: str) -> str:
    shown = host[:100] or "(none)"
    return (
        f"This Carnet does not answer for the host {shown}. Open it by its loopback address, or set `web.host` "
        "(CARNET_HOST) to the name you use."
    )


def _ours(headers: Headers) -> bool:
    return _same_origin(headers) or _of_a_script(headers)


def _of_a_script(headers: Headers) -> bool:
    """No browser puts these headers on a request that another site makes it send, and each of its own has an Origin."""
    scheme = headers.get("authorization", "").partition(" ")[0].lower()
    return "origin" not in headers and (scheme == "bearer" or "x-api-key" in headers)


def _same_origin(headers: Headers) -> bool:
    """A browser always sends Origin with a form; `null` and other sites are refused."""
    origin = headers.get("origin", "")
    return origin.partition("://")[2] == headers.get("host", "") != ""
