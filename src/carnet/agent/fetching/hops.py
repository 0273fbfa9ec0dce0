"""One request of a fetch: an address that is clear, a connection that was judged, an answer that is bounded."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from carnet.agent.fetching.dialling import dial, secured
from carnet.agent.fetching.nouns import Fetched, NotFetchedError
from carnet.documents.capture.decoding import ACCEPTED, Body
from carnet.errors import FetchError
from carnet.model.host import read_host

if TYPE_CHECKING:
    from carnet.agent.fetching.deadline import Deadline
    from carnet.agent.fetching.dialling import Network
    from carnet.model.host import Host

PORTS = {"http": 80, "https": 443}
_SAFE = "/%:@!$&'()*+,;=-._~?"
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::[0-9]*)?")
_PIECE = 65536


@dataclass(frozen=True, slots=True)
class Aim:
    """What a URL leads to."""

    scheme: str
    host: Host
    port: int
    target: str
    """Path and query, as a request line holds them."""

    @property
    def authority(self) -> str:
        name = f"[{self.host.name}]" if ":" in self.host.name else self.host.name
        return name if self.port == PORTS[self.scheme] else f"{name}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def aimed(url: str) -> Aim:
    """Read a URL. What two programs could read in two ways is refused. Raises NotFetchedError."""
    if any(one <= " " or one in '\\"<>^`{|}\x7f' for one in url):
        raise NotFetchedError("a URL has no blanks, backslashes or control characters", "url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotFetchedError("this is no URL", "url") from None
    if parts.scheme not in PORTS:
        raise NotFetchedError("only http and https are fetched", "url")
    if "@" in parts.netloc:
        raise NotFetchedError("a URL with a user name is not fetched: it is easily taken for another host", "url")
    named = _AUTHORITY.fullmatch(parts.netloc)
    try:
        host = read_host(named[1] if named else parts.netloc)
    except ValueError as error:
        raise NotFetchedError(str(error), "no-host") from None
    if port == 0:
        raise NotFetchedError("0 is no port", "url")
    target = quote(parts.path or "/", _SAFE) + (f"?{quote(parts.query, _SAFE)}" if parts.query else "")
    return Aim(parts.scheme, host, port or PORTS[parts.scheme], target)


class _Connected(HTTPConnection):
    """A connection that never dials by itself: by name it could come out at another address."""

    auto_open = 0

    def connect(self) -> None:
        raise NotFetchedError("the connection was lost", "unreachable")


def hop(aim: Aim, agent: str, most: int, network: Network, deadline: Deadline) -> Fetched:
    """Ask once, following nothing. Raises NotFetchedError, TimeoutError."""
    connected = dial(aim.host, aim.port, network, deadline)
    connection = _Connected(aim.host.name, aim.port)
    try:
        plain = aim.scheme == "http"
        connection.sock = connected if plain else secured(connected, aim.host.name, network.tls, deadline)
        headers = {"Accept-Encoding": ACCEPTED, "Accept": "*/*", "User-Agent": agent, "Connection": "close"}
        connection.putrequest("GET", aim.target, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": aim.authority, **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        with connection.getresponse() as response:
            body = _body(response, most)
            page = Fetched(aim.url, response.status, tuple(response.getheaders()), body)
        deadline.left()  # what was cut off by us may look whole
    except ssl.SSLError as error:
        deadline.left()
        raise NotFetchedError(f"{aim.host.shown}: the certificate or TLS is at fault: {_words(error)}", "tls") from None
    except (OSError, HTTPException) as error:
        deadline.left()
        raise NotFetchedError(f"{aim.host.shown} broke off: {type(error).__name__}", "unreachable") from None
    except FetchError as error:
        deadline.left()
        reason = {"too-large": "too-large", "truncated": "truncated"}.get(error.reason, "encoding")
        raise NotFetchedError(f"{aim.host.shown}: {_TOLD[reason]}", reason) from None
    else:
        return page
    finally:
        connection.close()
        connected.close()


_TOLD = {
    "too-large": "the page is larger than allowed",
    "truncated": "the page ended too early",
    "encoding": "the page is compressed in a way that cannot be undone",
}


def _body(response: HTTPResponse, most: int) -> bytes:
    announced = response.length
    if announced is not None and announced > most:
        raise FetchError("", "too-large")
    body, size = Body(response.getheader("Content-Encoding", ""), most), 0
    while piece := response.read1(_PIECE):
        size += len(piece)
        if size > most:
            raise FetchError("", "too-large")
        body.add(piece)
    if announced is not None and size < announced:
        raise FetchError("", "truncated")
    return body.whole()


def _words(error: ssl.SSLError) -> str:
    return getattr(error, "verify_message", "") or (error.reason or "it is none").replace("_", " ").lower()
