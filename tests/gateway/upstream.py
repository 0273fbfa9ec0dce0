"""A scripted upstream on loopback: it answers, drips, resets, hangs, sends garbage, or never stops."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import threading
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from ssl import SSLContext

    Script = Callable[["Turn"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Got:
    """A request as it arrived: raw head without its empty line, and body."""

    head: bytes
    body: bytes
    connection: int
    """Number of the connection it came on, from 0."""

    @property
    def lines(self) -> list[bytes]:
        return self.head.split(b"\r\n")

    def values(self, name: bytes) -> list[bytes]:
        """Values of a header, whichever its case."""
        found = [line.partition(b": ") for line in self.lines[1:]]
        return [value for key, _, value in found if key.lower() == name.lower()]


@dataclass(slots=True)
class Turn:
    """One request on one connection, and the way to answer it."""

    got: Got
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    open: bool = True
    go: threading.Event = field(default_factory=threading.Event)
    """Of the upstream: a script may wait for it, and any thread set it."""

    async def send(self, *pieces: bytes) -> None:
        self.writer.writelines(pieces)
        await self.writer.drain()

    async def gone(self) -> None:
        """Return once the relay has ended the connection."""
        with suppress(OSError):
            while await self.reader.read(65_536):
                pass

    def close(self) -> None:
        self.open = False
        self.writer.close()

    def reset(self) -> None:
        self.open = False
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@dataclass(slots=True)
class Fake:
    """What the upstream got so far, and what it does next."""

    script: Script
    port: int = 0
    requests: list[Got] = field(default_factory=list)
    connections: int = 0
    open: set[asyncio.StreamWriter] = field(default_factory=set)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever a script has run to its end."""
    go: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, self.connections = self.connections, self.connections + 1
        self.open.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                while await self.turn(reader, writer, number):
                    pass
        finally:
            self.open.discard(writer)
            writer.close()

    async def turn(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n"))[:-4]
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        turn = Turn(Got(head, body, number), reader, writer, go=self.go)
        self.requests.append(turn.got)
        try:
            await self.script(turn)
        finally:
            self.ended.set()
        return turn.open


@asynccontextmanager
async def running(script: Script, context: SSLContext | None = None) -> AsyncIterator[Fake]:
    """An upstream that answers every request by its script."""
    fake = Fake(script)
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0, limit=1 << 20, ssl=context)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()
        for writer in list(fake.open):
            writer.transport.abort()
        # the tasks of its connections see that, and end
        await until(lambda: not fake.open)
        await settled()


async def until(true: Callable[[], object]) -> None:
    """Wait for something that is not told, only seen."""
    while not true():  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0)


async def settled() -> None:
    """Let the loop do what it does with connections that were ended."""
    for _ in range(5):
        await asyncio.sleep(0)


def saying(raw: bytes) -> Script:
    """Answers every request with these bytes."""

    async def script(turn: Turn) -> None:
        await turn.send(raw)

    return script


def plain(body: bytes, status: bytes = b"200 OK", *lines: bytes) -> bytes:
    """A response of known length."""
    kind = (
        () if any(line.lower().startswith(b"content-type") for line in lines) else (b"content-type: application/json",)
    )
    return b"\r\n".join((b"HTTP/1.1 " + status, *kind, *lines, b"content-length: %d" % len(body), b"", body))


STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


START = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","model":"claude-test-1",'
    b'"usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":1}}}\n\n'
)
DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta"}}\n\n'
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
COMMENT = b": keep alive\n\n"
STOP = (
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},'
    b'"usage":{"output_tokens":57}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n'
)
