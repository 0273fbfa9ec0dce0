"""One run against one gateway: making requests, and having beside each other what was sent, arrived and came back."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.gateway.conformance.saying import JSON, always, answered, asked, response
from carnet.gateway.conformance.upstream import Scene, Upstream
from carnet.gateway.conformance.wire import Wire

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

    from carnet.gateway.conformance.target import Target
    from carnet.gateway.conformance.upstream import Arrival, Script
    from carnet.gateway.conformance.wire import Answer

MESSAGES = b"/v1/messages"
VERSION = b"anthropic-version: 2023-06-01"


class NothingArrivedError(Exception):
    """Raised when a request never reached the upstream; the text says what the gateway answered."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One request: what was sent, what came back, what arrived upstream."""

    sent: bytes
    answer: Answer
    scene: Scene

    def arrived(self) -> Arrival:
        """What arrived first. Raises NothingArrivedError."""
        if not self.scene.arrivals:
            raise NothingArrivedError(f"the gateway answered {self.answer.status} itself")
        return self.scene.arrivals[0]


@dataclass(slots=True)
class Trial:
    """What a check works with."""

    target: Target
    upstream: Upstream
    key: bytes = field(default=b"", repr=False)
    model: str = "claude-opus-4-8"
    patience: float = 10.0
    """Seconds that anything is waited for; no check judges how long something took."""
    tls: ssl.SSLContext | None = None

    def scene(self, script: Script | None = None) -> Scene:
        """A scene that is on from now; without a script it is answered as any message is."""
        nonce = b"carnet-check-" + secrets.token_hex(8).encode()
        made = Scene(nonce, script or always(response(answered(self.model, nonce))))
        self.upstream.show(made)
        return made

    @asynccontextmanager
    async def wire(self) -> AsyncIterator[Wire]:
        """A connection to the gateway. Raises OSError."""
        target = self.target
        async with asyncio.timeout(self.patience):
            reader, writer = await asyncio.open_connection(target.host, target.port, ssl=self.tls, limit=1 << 20)
        wire = Wire(reader, writer, self.patience)
        try:
            yield wire
        finally:
            wire.close()
            await asyncio.sleep(0)

    def credential(self) -> tuple[bytes, ...]:
        return (b"x-api-key: " + self.key,) if self.key else ()

    def head(
        self, first: bytes, *lines: bytes, size: int | None = None, credential: tuple[bytes, ...] | None = None
    ) -> bytes:
        """A request's head, its empty line included; `first` is `METHOD /path?query`."""
        method, _, target = first.partition(b" ")
        shown = self.credential() if credential is None else credential
        framing = () if size is None else (b"Content-Length: %d" % size,)
        own = [line for line in (VERSION, JSON) if line.partition(b":")[0] not in {_name(one) for one in lines}]
        host = b"Host: " + self.target.authority
        request = method + b" " + self.target.prefix + target + b" HTTP/1.1"
        return b"\r\n".join((request, host, *shown, *own, *lines, *framing, b"", b""))

    def body(self, scene: Scene, size: int = 0, more: bytes = b"") -> bytes:
        return asked(self.model, scene.nonce, size, more)

    async def post(
        self,
        scene: Scene,
        *lines: bytes,
        body: bytes | None = None,
        target: bytes = MESSAGES,
        credential: tuple[bytes, ...] | None = None,
    ) -> Trip:
        """Send a message with these further headers, on a connection of its own."""
        sent = self.body(scene) if body is None else body
        async with self.wire() as wire:
            await wire.send(self.head(b"POST " + target, *lines, size=len(sent), credential=credential) + sent)
            return Trip(sent, await wire.answer(), scene)

    async def ask(self, scene: Scene, first: bytes, *lines: bytes) -> Trip:
        """Send a request without a body, on a connection of its own."""
        async with self.wire() as wire:
            await wire.send(self.head(first, *lines))
            return Trip(b"", await wire.answer(first.partition(b" ")[0]), scene)


def _name(line: bytes) -> bytes:
    return line.partition(b":")[0].lower()
