"""A web server on loopback that says what a test wants, well-behaved or hostile."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    Speaker = Callable[["Request"], Iterator[bytes | float]]
    """Yields bytes to send as they are, and seconds to wait. Ending without a whole answer closes the connection."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked for."""

    path: str
    headers: dict[str, str]


class Site:
    """Runs in a thread of its own, so that commands may be tested against it too."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self._speakers: dict[str, Speaker] = {}
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *about: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)

    def url(self, path: str = "/page.md", host: str = "127.0.0.1") -> str:
        return f"{'https' if self._context else 'http'}://{host}:{self.port}{path}"

    def page(
        self, path: str, body: bytes = b"", kind: str = "text/markdown", *, status: int = 200, **headers: str
    ) -> None:
        """Answer with a page; one with an `etag` answers 304 to whoever has it."""
        lines = {name.replace("_", "-"): value for name, value in headers.items()}

        def speak(request: Request) -> Iterator[bytes]:
            if "etag" in lines and request.headers.get("if-none-match") == lines["etag"]:
                yield answer(304, b"", "", lines)
            else:
                yield answer(status, body, kind, lines)

        self._speakers[path] = speak

    def say(self, path: str, speaker: Speaker) -> None:
        """Answer with whatever a generator yields."""
        self._speakers[path] = speaker

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        self.page(path, b"", "", status=status, location=to)

    def asked(self, path: str) -> list[Request]:
        """The requests for a path."""
        return [request for request in self.requests if request.path == path]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._serve())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._clients: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._context, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._clients.add(task)
            task.add_done_callback(self._clients.discard)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            while await self._converse(reader, writer):
                pass
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = [line.partition(":") for line in head[1:] if line]
        request = Request(head[0].split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs})
        self.requests.append(request)
        speaker = self._speakers.get(request.path)
        if speaker is None:
            writer.write(answer(404, b"", "", {}))
            return True
        whole = b""
        for part in speaker(request):
            if isinstance(part, float):
                await asyncio.sleep(part)
            else:
                whole = whole or part
                writer.write(part)
                await writer.drain()
        return b"content-length" in whole and b"x-close" not in whole


def answer(status: int, body: bytes, kind: str, headers: dict[str, str]) -> bytes:
    """A whole answer, byte for byte."""
    lines = {"content-length": str(len(body)), **({"content-type": kind} if kind else {}), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body
