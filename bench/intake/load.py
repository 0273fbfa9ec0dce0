"""Sends each of some bodies once over kept-alive connections, as fast as they are answered; prints one line of JSON.

    python load.py PORT BODIES HEAD CONNECTIONS

BODIES: each body behind its length in ten digits. HEAD: a file with the request's head but for its Content-Length.
(wrk sends for a time, not each of a number of bodies once.)
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httptools
import uvloop

if TYPE_CHECKING:
    from collections.abc import Iterator


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, load: Load, over: asyncio.Future[None]) -> None:
        self.load, self.over, self.since = load, over, 0.0
        self.parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]
        self.transport = transport
        self.go_on()

    def go_on(self) -> None:
        body = next(self.load.bodies, None)
        if body is None:
            self.load.spent = True
            self.transport.close()
            return
        self.since = time.perf_counter()
        self.transport.write(self.load.head + b"content-length: %d\r\n\r\n" % len(body) + body)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.load.took.append(time.perf_counter() - self.since)
        self.load.errors += self.parser.get_status_code() != 200
        if self.parser.should_keep_alive():
            self.parser = httptools.HttpResponseParser(self)
            self.go_on()
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.over.set_result(None)


class Load:
    """What is sent and what came of it."""

    def __init__(self, head: bytes, bodies: Iterator[bytes]) -> None:
        self.head, self.bodies = head, bodies
        self.took: list[float] = []
        self.errors = 0
        self.spent = False

    async def connected(self, port: int) -> None:
        """Connections one after another, as long as there is something to send."""
        loop = asyncio.get_running_loop()
        while not self.spent:
            over: asyncio.Future[None] = loop.create_future()
            await loop.create_connection(lambda over=over: Client(self, over), "127.0.0.1", port)  # type: ignore[misc]
            await over

    async def run(self, port: int, connections: int) -> dict[str, float]:
        began = time.perf_counter()
        await asyncio.gather(*(self.connected(port) for _ in range(connections)))
        centiles = statistics.quantiles(self.took, n=100)
        seconds = time.perf_counter() - began
        return {"requests": len(self.took), "errors": self.errors, "seconds": seconds,
                "p50": centiles[49] * 1000, "p99": centiles[98] * 1000}  # fmt: skip


def unpacked(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = int(data[at : at + 10])
        yield data[at + 10 : at + 10 + size]
        at += 10 + size


def main() -> None:
    port, bodies, head, connections = sys.argv[1:]
    load = Load(Path(head).read_bytes(), unpacked(Path(bodies).read_bytes()))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(load.run(int(port), int(connections)))))


if __name__ == "__main__":
    main()
