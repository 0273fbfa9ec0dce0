"""The upstream that the gateway under test is pointed at: it notes what arrives, and answers as a check wants.

It reads leniently, unlike the relay: what a gateway lets through is to be seen here as it came.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.gateway.bodies import Chunked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Script = Callable[["Arrival", "Way"], Awaitable[None]]

MOST = 8 << 20
_END = re.compile(rb"\r?\n\r?\n")
_NONCE = re.compile(rb"carnet-check-[0-9a-f]{16}")
_LENGTH = re.compile(rb"(?im)^content-length[ \t]*:[ \t]*(\d{1,12})")
_EXPECTS = re.compile(rb"(?im)^expect[ \t]*:[ \t]*100-continue")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding[ \t]*:.*chunked")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it arrived."""

    head: bytes
    """Raw, without its empty line."""
    body: bytes
    """Without its framing."""
    sound: bool = True
    """Its body was framed as its head says."""

    @property
    def method(self) -> bytes:
        return self.head.split(b" ", 1)[0]

    @property
    def target(self) -> bytes:
        return (*self.head.split(b" ", 2), b"", b"")[1]

    def values(self, name: bytes) -> list[bytes]:
        """Values of a header, whichever its case."""
        pairs = [line.partition(b":") for line in self.head.split(b"\r\n")[1:]]
        return [value.strip(b" \t") for key, _, value in pairs if key.strip(b" \t").lower() == name.lower()]


@dataclass(slots=True)
class Scene:
    """One request of a check: how it is answered, and what arrived of it."""

    nonce: bytes
    """Stands in its body, so that what comes late is not taken for what comes next."""
    script: Script
    arrivals: list[Arrival] = field(default_factory=list)


@dataclass(slots=True)
class Way:
    """The way back, for a script."""

    writer: asyncio.StreamWriter
    open: bool = True

    async def send(self, *pieces: bytes) -> None:
        """Raises OSError once the gateway has ended the connection."""
        if self.writer.is_closing():
            raise ConnectionResetError
        self.writer.write(b"".join(pieces))
        await self.writer.drain()

    def close(self) -> None:
        self.open = False
        self.writer.close()

    def reset(self) -> None:
        self.open = False
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Upstream:
    """A listening upstream. Everything that ever arrived stays in `arrivals`."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self._scenes: dict[bytes, Scene] = {}
        self._present: Scene | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; the port that was taken. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=1 << 20)
        taken: int = self._server.sockets[0].getsockname()[1]
        return taken

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        while self._open:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)

    def show(self, scene: Scene) -> None:
        """From now on, play this."""
        self._scenes[scene.nonce] = self._present = scene

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        coming, way = Coming(reader), Way(writer)
        self._open.add(writer)
        try:
            with suppress(OSError, EOFError):
                while way.open:
                    await self._turn(coming, way)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _turn(self, coming: Coming, way: Way) -> None:
        head = await coming.head()
        if _EXPECTS.search(head):
            await way.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        arrival = Arrival(head, *await coming.body(head))
        self.arrivals.append(arrival)
        scene = self._scene_of(arrival)
        if scene is not None:
            scene.arrivals.append(arrival)
        if scene is None or not arrival.sound:
            way.close()
        else:
            await scene.script(arrival, way)

    def _scene_of(self, arrival: Arrival) -> Scene | None:
        found = _NONCE.search(arrival.body) or _NONCE.search(arrival.head)
        return self._scenes.get(found[0]) if found else self._present


class Coming:
    """What comes in on one connection."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._held = b""

    async def head(self) -> bytes:
        while (found := _END.search(self._held)) is None:
            await self._more()
        head, self._held = self._held[: found.start()], self._held[found.end() :]
        return head

    async def body(self, head: bytes) -> tuple[bytes, bool]:
        """(payload, whether it is framed as the head says)."""
        if _CHUNKED.search(head):
            return await self._chunks()
        length = _LENGTH.search(head)
        size = int(length[1]) if length else 0
        while len(self._held) < size:
            await self._more()
        body, self._held = self._held[:size], self._held[size:]
        return body, True

    async def _chunks(self) -> tuple[bytes, bool]:
        chunked, parts = Chunked(256), []
        while not chunked.ended and chunked.fault is None:
            if not self._held:
                await self._more()
            data, self._held = self._held, b""
            parts.append(chunked.feed(data))
        self._held = chunked.rest
        return b"".join(parts), chunked.fault is None

    async def _more(self) -> None:
        data = await self._reader.read(1 << 20)
        if not data or len(self._held) > MOST:
            raise EOFError
        self._held += data
