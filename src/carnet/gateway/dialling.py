"""Connecting to an upstream: directly or through the proxy the settings name, TLS on top."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, Self

from carnet.documents.capture.outbound import Outbound, tls
from carnet.gateway.heads import END
from carnet.gateway.outgoing import Outgoing

if TYPE_CHECKING:
    from carnet.documents.capture.outbound import Proxy
    from carnet.gateway.bounds import Bounds
    from carnet.gateway.rounds import Rounds
    from carnet.gateway.upstreams import Upstream
    from carnet.settings import Settings


class UnreachableError(Exception):
    """Raised when there is no connection; `what` is a stable id for metrics and the client's message."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Dialler:
    """Opens connections. TLS is 1.2 or newer, with the system's certificates and those of net.ca-bundle."""

    def __init__(self, bounds: Bounds, outbound: Outbound | None = None, context: ssl.SSLContext | None = None) -> None:
        self._bounds = bounds
        self._outbound = outbound or Outbound()
        self._context = context or ssl.create_default_context()
        self._context.minimum_version = max(self._context.minimum_version, ssl.TLSVersion.TLSv1_2)
        self._context.set_alpn_protocols(["http/1.1"])

    @classmethod
    def read(cls, settings: Settings, bounds: Bounds) -> Self:
        """The way out that the settings net.* describe. Raises CarnetError naming the one at fault."""
        return cls(bounds, Outbound.read(settings), tls(settings))

    async def dial(self, upstream: Upstream, rounds: Rounds) -> Outgoing:
        """A new connection, read in the rounds of its loop. Raises UnreachableError."""
        try:
            async with asyncio.timeout(self._bounds.connect):
                return await self._dial(upstream, rounds)
        except TimeoutError:
            raise UnreachableError("connect-timeout") from None
        except ssl.SSLCertVerificationError:
            raise UnreachableError("certificate") from None
        except ssl.SSLError:
            raise UnreachableError("tls") from None
        except socket.gaierror:
            raise UnreachableError("name") from None
        except ConnectionRefusedError:
            raise UnreachableError("refused") from None
        except (OSError, EOFError):
            raise UnreachableError("network") from None

    async def _dial(self, upstream: Upstream, rounds: Rounds) -> Outgoing:
        loop = asyncio.get_running_loop()
        proxy = self._outbound.proxy_for(upstream.url)
        if proxy is not None:
            return await self._through(proxy, upstream, rounds)
        context = self._context if upstream.tls else None
        _, connection = await loop.create_connection(
            lambda: Outgoing(self._bounds, rounds), upstream.host, upstream.port, ssl=context
        )
        return connection

    async def _through(self, proxy: Proxy, upstream: Upstream, rounds: Rounds) -> Outgoing:
        """CONNECT for http upstreams too: a request must not read otherwise because of the way it took."""
        loop = asyncio.get_running_loop()
        context = self._context if proxy.url.scheme == "https" else None
        host, port = proxy.url.host or "", proxy.url.port or 0
        carrier, tunnel = await loop.create_connection(Tunnel, host, port, ssl=context)
        connection = Outgoing(self._bounds, rounds)
        try:
            await tunnel.open(upstream, proxy.authorization)
            transport: asyncio.BaseTransport | None = carrier
            if upstream.tls:
                transport = await loop.start_tls(carrier, connection, self._context, server_hostname=upstream.host)
        except BaseException:
            carrier.abort()
            raise
        if transport is carrier:
            carrier.set_protocol(connection)
        connection.connection_made(transport or carrier)
        return connection


class Tunnel(asyncio.Protocol):
    """Asks a proxy for a way to an upstream."""

    def __init__(self) -> None:
        self._answer = b""
        self._open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream is asked for

    async def open(self, upstream: Upstream, authorization: str) -> None:
        """Return once the way is open. Raises UnreachableError when the proxy does not open it."""
        host = f"[{upstream.host}]" if ":" in upstream.host else upstream.host
        where = f"{host}:{upstream.port}"
        shown = f"Proxy-Authorization: {authorization}\r\n" if authorization else ""
        self._transport.write(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n{shown}\r\n".encode())
        await self._open

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if self._open.done():
            return
        if END in self._answer:
            self._judge()
        elif len(self._answer) > 16_384:
            self._open.set_exception(UnreachableError("proxy"))

    def _judge(self) -> None:
        line = self._answer.partition(b"\r\n")[0].split(b" ")
        if len(line) < 2 or not line[0].startswith(b"HTTP/1.") or line[1][:1] != b"2":
            wants = line[1:2] == [b"407"]
            self._open.set_exception(UnreachableError("proxy-credentials" if wants else "proxy"))
        elif not self._answer.endswith(END):
            self._open.set_exception(UnreachableError("proxy"))  # it speaks before it was asked
        else:
            self._open.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - whatever ended it
        if not self._open.done():
            self._open.set_exception(UnreachableError("proxy"))
