"""A gateway that does one thing wrong, for tests that every check can fail."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.gateway.conformance.upstream import Coming
from carnet.gateway.conformance.wire import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from carnet.gateway.conformance.wire import Answer

    Message = tuple[list[bytes], bytes]

KEY = b"carnet-key"
_HOP = re.compile(rb"(?i)(x-carnet-hop|keep-alive|proxy-authorization|connection|expect)[ \t]*:")
_CREDENTIAL = re.compile(rb"(?i)(x-api-key|authorization)[ \t]*:")
_FRAMING = re.compile(rb"(?i)(content-length|transfer-encoding)[ \t]*:")


def same(lines: list[bytes], body: bytes) -> Message:
    return lines, body


@dataclass(frozen=True, slots=True)
class Vices:
    """What a gateway does to what goes through it; nothing wrong, if not said otherwise."""

    request: Callable[[list[bytes], bytes], Message] = same
    response: Callable[[list[bytes], bytes], Message] = same
    """Of a response that is no stream."""
    piece: Callable[[bytes], bytes] = bytes
    """Of a stream."""
    answer: Callable[[bytes], bytes | None] = lambda _: None
    """What it answers itself, given the head."""
    open: bool = False
    """It lets everybody in."""
    leaking: bool = False
    """It passes on the client's credentials, and what belongs to one connection."""
    buffered: int = 0
    """Pieces of a stream that it waits for before it sends the first; -1: all."""
    mending: bool = False
    """It ends what broke off as if it were whole."""
    blind: bool = False
    """It passes bytes on as they come, whatever they are."""
    dropping: bool = False
    """It forgets trailers."""
    impatient: bool = False
    """It answers a client that waits for 100 with an error."""


@asynccontextmanager
async def running(upstream: int, vices: Vices) -> AsyncIterator[int]:
    """The port of such a gateway, in front of the upstream at a port."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(OSError, EOFError, asyncio.CancelledError):
                await (_pass_on if vices.blind else _relay)(reader, writer, upstream, vices)
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        while tasks:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, _: Vices) -> None:
    there, back = await asyncio.open_connection("127.0.0.1", port)

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            sink.write(data)

    both = [asyncio.ensure_future(pump(reader, back)), asyncio.ensure_future(pump(there, writer))]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in both:
            one.cancel()
        await asyncio.gather(*both, return_exceptions=True)
        back.transport.abort()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, vices: Vices) -> None:
    coming = Coming(reader)
    while True:
        head = await coming.head()
        if re.search(rb"(?im)^expect:", head):
            writer.write(
                b"HTTP/1.1 417 No\r\ncontent-length: 0\r\n\r\n" if vices.impatient else b"HTTP/1.1 100 Go\r\n\r\n"
            )
            if vices.impatient:
                return
        body, _ = await coming.body(head)
        said = vices.answer(head) or _refused(head, vices)
        if said:
            writer.write(said)
        else:
            await _turn(head, body, writer, port, vices)


def _refused(head: bytes, vices: Vices) -> bytes | None:
    shown = re.findall(rb"(?im)^(?:x-api-key: |authorization: Bearer )(\S+)", head)
    if vices.open or (shown and set(shown) == {KEY}):
        return None
    return b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n"


async def _turn(head: bytes, body: bytes, writer: asyncio.StreamWriter, port: int, vices: Vices) -> None:
    lines = head.split(b"\r\n")
    kept = [line for line in lines if not _FRAMING.match(line)]
    if not vices.leaking:
        kept = [line for line in kept if not _CREDENTIAL.match(line) and not _HOP.match(line)]
    kept, body = vices.request(kept, body)
    reader, back = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    wire = Wire(reader, back, 5)
    try:
        await wire.send(b"\r\n".join((*kept, b"content-length: %d" % len(body), b"", body)))
        method = lines[0].partition(b" ")[0]
        answer = await wire.head(method)
        if (answer.value(b"content-type") or b"").startswith(b"text/event-stream"):
            await _stream(wire, answer, writer, vices)
        else:
            await _whole(await wire.rest(answer), writer, method, vices)
    finally:
        wire.close()


async def _stream(wire: Wire, answer: Answer, writer: asyncio.StreamWriter, vices: Vices) -> None:
    writer.write(b"\r\n".join((b"HTTP/1.1 200 OK", *answer.head.lines, b"", b"")))
    held: list[bytes] = []
    wanted = vices.buffered
    while piece := await wire.piece(answer):
        held.append(piece)
        if 0 <= wanted < len(held):
            _send(writer, held, vices)
            wanted = 0
    _send(writer, held, vices)
    if not answer.whole and not vices.mending:
        writer.close()
        await asyncio.sleep(0.01)
        raise EOFError
    writer.write(b"0\r\n\r\n")


def _send(writer: asyncio.StreamWriter, held: list[bytes], vices: Vices) -> None:
    data = vices.piece(b"".join(held))
    held.clear()
    if data:
        writer.write(b"%x\r\n%b\r\n" % (len(data), data))


async def _whole(answer: Answer, writer: asyncio.StreamWriter, method: bytes, vices: Vices) -> None:
    head = answer.head
    lines = [b"HTTP/1.1 %d %b" % (head.status, head.reason), *head.lines]
    lines, body = vices.response(lines, answer.body)
    chunked = any(line.lower().startswith(b"transfer-encoding") for line in lines)
    if body != answer.body or (not chunked and method != b"HEAD" and head.status not in {204, 304}):
        lines = [line for line in lines if not _FRAMING.match(line)] + [b"content-length: %d" % len(body)]
        chunked = False
    writer.write(b"\r\n".join((*lines, b"", b"")))
    if chunked:
        trailers = () if vices.dropping else answer.trailers
        ends = b"".join(b"%b: %b\r\n" % pair for pair in trailers)
        body = b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(body), body, ends)
    writer.write(body)
