"""Many streams at once through a gateway: each connection asks, reads to the end, asks again. Prints one line of JSON.

    python load.py PORT PATH KEY --connections 200 --each 3 --spread 1.0

Connections are there before the first request; the first requests are spread evenly over `--spread` seconds. What is
told of the first stream of a connection is left out where there are others.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time

import uvloop

BODY = b'{"model":"claude-opus-4-8","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hello"}]}'


class Streaming(asyncio.Protocol):
    """One connection: `each` streams, one after the other."""

    def __init__(self, request: bytes, each: int) -> None:
        self.request = request
        self.each = each
        self.transport: asyncio.Transport
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.rows: list[tuple[float, float, int]] = []
        """(time to first byte, total, reads) of each stream."""
        self.errors = 0
        self.began = self.first = 0.0
        self.reads = 0
        self.tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def ask(self) -> None:
        self.began, self.first, self.reads, self.tail = time.perf_counter(), 0.0, 0, b""
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        if not self.first:
            self.first = now
            if not data.startswith(b"HTTP/1.1 200"):
                self.errors += 1
        self.reads += 1
        self.tail = (self.tail + data)[-7:]
        if self.tail.endswith(b"\r\n0\r\n\r\n"):
            self.rows.append((self.first - self.began, now - self.began, self.reads))
            if len(self.rows) < self.each:
                self.ask()
            else:
                self.transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        self.errors += len(self.rows) < self.each
        if not self.done.done():
            self.done.set_result(None)


async def run(port: int, path: str, key: str, connections: int, each: int, spread: float) -> None:
    loop = asyncio.get_running_loop()
    lines = (f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"x-api-key: {key}", "content-type: application/json")
    all_of_them = []
    for number in range(connections):
        more = (f"x-claude-code-session-id: session-{number % 64}", f"content-length: {len(BODY)}")
        request = "\r\n".join((*lines, *more, "", "")).encode() + BODY
        _, one = await loop.create_connection(lambda request=request: Streaming(request, each), "127.0.0.1", port)
        all_of_them.append(one)
    for number, one in enumerate(all_of_them):
        loop.call_later(0.05 + spread * number / connections, one.ask)
    await asyncio.gather(*(one.done for one in all_of_them))
    show([row for one in all_of_them for row in one.rows[each > 1 :]], sum(one.errors for one in all_of_them))


def show(rows: list[tuple[float, float, int]], errors: int) -> None:
    first, total, reads = (sorted(row[at] for row in rows) for at in range(3))
    told = {
        "streams": len(rows),
        "errors": errors,
        "ttfb_p50": statistics.median(first) * 1000,
        "ttfb_p99": first[int(len(first) * 0.99)] * 1000,
        "total_p50": statistics.median(total) * 1000,
        "reads": statistics.median(reads),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("key")
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--each", type=int, default=1)
    parser.add_argument("--spread", type=float, default=1.0)
    given = parser.parse_args()
    uvloop.run(run(given.port, given.path, given.key or "none", given.connections, given.each, given.spread))
