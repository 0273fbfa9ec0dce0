"""A relay on loopback for tests, with an admission and a recorder that remember, and a client of raw bytes."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from carnet.gateway.bounds import Bounds
from carnet.gateway.contract import Admitted, Recording
from carnet.gateway.dialling import Dialler
from carnet.gateway.errors import Refused
from carnet.gateway.relay import Relay
from carnet.gateway.server import Ending, listen, serve
from carnet.gateway.upstreams import Upstreams, upstream_at
from tests.gateway.upstream import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from ssl import SSLContext

    from carnet.gateway.board import State
    from carnet.gateway.contract import Asked, Ended
    from carnet.gateway.heads import ResponseHead
    from carnet.gateway.upstreams import Upstream

KEY = b"carnet-key"
SECRET = b"upstream-secret"
BOUNDS = Bounds(linger=0.2, grace=5.0)
NOBODY = Refused(401, "the key is not known", "key")


@dataclass
class Door:
    """Admits who shows the key."""

    admitted: Admitted
    refuses: bytes = b"no such bytes"
    """A body that holds this is refused."""
    asked: list[Asked] = field(default_factory=list)

    def admit(self, asked: Asked) -> Admitted | Refused:
        self.asked.append(asked)
        return self.admitted if asked.format.shown(asked.head) == (KEY,) else NOBODY

    def judge(self, admitted: Admitted, asked: Asked, body: bytes) -> Refused | None:
        assert (admitted, asked) == (self.admitted, self.asked[-1])
        return Refused(403, "not under your terms") if self.refuses in body else None

    def standing(self, asked: Asked, admitted: Admitted) -> None:
        """It knows nothing of what comes again."""


@dataclass
class Memory:
    """A tap that remembers."""

    body: bytes
    room: int = 1 << 40
    upstream: str = ""
    head: ResponseHead | None = None
    chunks: list[bytes] = field(default_factory=list)
    ends: list[Ended] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def response_head(self, upstream: str, head: ResponseHead) -> None:
        assert self.head is None
        self.upstream, self.head = upstream, head

    def response_bytes(self, chunk: bytes) -> bool:
        if sum(map(len, self.chunks)) + len(chunk) > self.room:
            return False
        self.chunks.append(chunk)
        return True

    def end(self, ended: Ended) -> None:
        self.ends.append(ended)
        self.ended.set()


@dataclass
class Desk:
    """A recorder that remembers."""

    taps: list[Memory] = field(default_factory=list)
    room: int = 1 << 40
    """Bytes of a response that can be kept."""

    def begin(self, admitted: Admitted, asked: Asked, body: bytes) -> Memory | Refused | None:
        assert asked.head.path
        assert admitted.recording is not Recording.NONE
        self.taps.append(Memory(body, self.room))
        return self.taps[-1]

    async def end(self, index: int = 0) -> Ended:
        """The one end of an exchange."""
        await until(lambda: len(self.taps) > index)
        await self.taps[index].ended.wait()
        (ended,) = self.taps[index].ends
        return ended


@dataclass
class Ground:
    """A relay that runs."""

    relay: Relay
    port: int
    ending: Ending
    running: asyncio.Task[None]
    door: Door
    desk: Desk

    async def client(self, buffer: int = 0) -> Client:
        """A client that is connected; `buffer` makes its socket's receive buffer small."""
        sock = socket.socket()
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        except OSError:
            sock.close()
            raise
        reader, writer = await asyncio.open_connection(sock=sock, limit=1 << 16)
        return Client(reader, writer)

    async def ask(self, raw: bytes) -> bytes:
        """Everything that comes back for these bytes until the connection ends."""
        client = await self.client()
        await client.send(raw)
        return await client.rest()


@dataclass
class Client:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    async def until(self, end: bytes) -> bytes:
        return await self.reader.readuntil(end)

    async def rest(self) -> bytes:
        found = await self.reader.read(-1)
        self.writer.close()
        return found

    async def response(self) -> tuple[bytes, bytes]:
        """Raw head without its empty line, and the body of a response with Content-Length."""
        head = (await self.until(b"\r\n\r\n"))[:-4]
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return head, await self.reader.readexactly(int(length.partition(b":")[2]))

    def close(self) -> None:
        self.writer.transport.abort()


def upstream(url: str, name: str = "one") -> Upstream:
    return upstream_at(name, url, ((b"x-api-key", SECRET),))


def admitted(*upstreams: str, recording: Recording = Recording.REQUIRED) -> Admitted:
    return Admitted("key-1", "ann@acme.test", "acme", upstreams, recording)


@asynccontextmanager
async def relaying(
    *urls: str,
    bounds: Bounds = BOUNDS,
    admits: Admitted | None = None,
    dialler: Dialler | None = None,
    tls: SSLContext | None = None,
    tick: float = 0.02,
    ending: Ending | None = None,
    tell: Callable[[State], object] = lambda _: None,
    **more: object,
) -> AsyncIterator[Ground]:
    """A relay in front of upstreams at these addresses, named `one`, `two`, ... in order of preference."""
    names = ("one", "two", "three")[: len(urls)]
    known = Upstreams([upstream(url, name) for name, url in zip(names, urls, strict=True)], bounds.down)
    door = Door(admits if admits is not None else admitted(*names))
    if admits is not None and not admits.upstreams:
        door = Door(replace(admits, upstreams=names))
    desk = Desk()
    given = {"admission": door, "recorder": desk, **more}
    relay = Relay(known, dialler or Dialler(bounds), bounds=bounds, **given)  # type: ignore[arg-type]
    bound = listen("127.0.0.1", 0)
    ending = ending or Ending()
    running = asyncio.create_task(serve(relay, [bound], ending, tls, tick, tell))
    await asyncio.sleep(0)
    ground = Ground(relay, bound.getsockname()[1], ending, running, door, desk)
    try:
        yield ground
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await until(lambda: not relay.connections)


def request(
    body: bytes = b"",
    target: bytes = b"/v1/messages?beta=true",
    method: bytes = b"POST",
    *lines: bytes,
    close: bool = True,
) -> bytes:
    """A request that is admitted; the last on its connection, if not said otherwise."""
    framing = (b"content-length: %d" % len(body),) if method == b"POST" else ()
    ending = (b"Connection: close",) if close else ()
    first = method + b" " + target + b" HTTP/1.1"
    shown = (b"Host: carnet.test", b"x-api-key: " + KEY)
    return b"\r\n".join((first, *shown, *lines, *framing, *ending, b"", body))


def parted(raw: bytes) -> tuple[list[bytes], bytes]:
    """Lines of a response's head, and what follows."""
    head, _, body = raw.partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body


def unchunked(raw: bytes) -> tuple[bytes, list[bytes]]:
    """Payload of a whole body in chunks, and its chunks. Fails where its end is missing."""
    parts: list[bytes] = []
    while True:
        size, _, raw = raw.partition(b"\r\n")
        if int(size, 16) == 0:
            assert raw == b"\r\n"
            return b"".join(parts), parts
        part, raw = raw[: int(size, 16)], raw[int(size, 16) :]
        parts.append(part)
        assert raw[:2] == b"\r\n"
        raw = raw[2:]
