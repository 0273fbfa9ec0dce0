"""The guard on every connection: what is judged is the very address that is connected to."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from aiohttp.abc import AbstractResolver, ResolveResult

from carnet.documents.capture.addresses import Allowed, bare, literal, objection
from carnet.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from aiohappyeyeballs.types import AddrInfoType
    from yarl import URL

    Lookup = Callable[[str, int, socket.AddressFamily], Awaitable[list[tuple[socket.AddressFamily, str]]]]


class RefusedError(FetchError, OSError):
    """Raised when an address may not be captured from; an OSError so that the HTTP client passes it on."""

    def __init__(self, host: str, address: str, what: str) -> None:
        at = host if host == address else f"{host} resolves to {address}, which"
        text = f"{at} is {what}; such addresses are captured from only where watch.allow-private names them"
        FetchError.__init__(self, text, "refused")
        self.errno = None
        self.strerror = text

    def __str__(self) -> str:
        return str(self.strerror)


class Guard(AbstractResolver):
    """Resolves names for the HTTP client, judges every address found, and again the one that is connected to.

    A name that resolves to any refused address is refused as a whole. The client connects to the addresses it was
    given, without a second look-up, so an answer that changes in between (DNS rebinding) changes nothing.
    """

    def __init__(self, allowed: Allowed, lookup: Lookup | None = None) -> None:
        self._allowed = allowed
        self._lookup = lookup or system_lookup
        self._by_name: set[tuple[str, int]] = set()
        """(address, port) that a name in the settings resolved to."""

    def judge(self, url: URL) -> None:
        """Refuse an address written out in a URL; names are judged when they are resolved."""
        host = bare(url.host or "")
        address = literal(host)
        if address is None or self._allowed.names(host, url.port):
            return
        if what := objection(address):
            raise RefusedError(host, host, what)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [_result(host, port, *found) for found in await self.addresses(host, port, family)]

    async def addresses(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> Sequence[tuple[socket.AddressFamily, str]]:
        """All addresses of a name. Raises RefusedError when one of them is refused, OSError when there is none."""
        found = await self._lookup(host, port, family)
        named = self._allowed.names(host, port)
        for _, address in found:
            self._judge_found(host, port, address, named=named)
        return found

    def _judge_found(self, host: str, port: int, address: str, *, named: bool) -> None:
        known = literal(address)
        if named:
            self._by_name.add((address, port))
        elif known is None:
            raise RefusedError(host, address, "no address that can be judged")
        elif not self._allowed.contains(known) and (what := objection(known)):
            raise RefusedError(host, address, what)

    def connect(self, where: AddrInfoType) -> socket.socket:
        """Make the socket of a connection: the last judgement, on the address itself."""
        family, kind, protocol, _, target = where
        address, port = str(target[0]), int(target[1])
        known = literal(address)
        passed = (address, port) in self._by_name or self._allowed.names(address, port)
        what = "no address that can be judged" if known is None else objection(known)
        if not passed and what:
            raise RefusedError(address, address, what)
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Nothing is held."""


async def system_lookup(host: str, port: int, family: socket.AddressFamily) -> list[tuple[socket.AddressFamily, str]]:
    """Ask the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG)
    return [(each, str(target[0])) for each, _, _, _, target in found]


def _result(host: str, port: int, family: socket.AddressFamily, address: str) -> ResolveResult:
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
