"""Pages over a store with a million captures, from request to last byte.

    .venv/bin/python bench/pages.py [--captures 1000000] [--versions 8000] [--documents 15] [--runs 7]

The store is filled as in timeline_million.py; the pages are asked of the web application, in process and without a
socket. `first` is the first request ever (steps between versions are derived and kept then), `again` the median of
the runs after it. Milliseconds and kilobytes; one JSON line a page.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.settings import load
from carnet.stores.embedded.store import EmbeddedStore
from carnet.web.app import make_app
from timeline_million import fill

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Message

PAGES = (
    ("overview", "/"),
    ("timeline of the collection, a year", "/timeline/bench"),
    ("timeline of the collection, JSON, all years", "/timeline/bench.json"),
    ("timeline of a document, a year", "/documents/bench/page-0"),
    ("comparison, whole", "/documents/bench/page-0/2020-03-01..2020-03-02"),
    ("one version", "/documents/bench/page-0/at/2020-03-01"),
    ("feed of everything", "/feed.atom"),
)


async def ask(app: Starlette, path: str) -> tuple[int, int]:
    """Status and bytes of one answer."""
    got = {"status": 0, "bytes": 0}

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        got["status"] = message.get("status", got["status"])
        got["bytes"] += len(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:8417")],
        "server": ("127.0.0.1", 8417),
    }
    await app(scope, receive, send)
    return got["status"], got["bytes"]


async def measure(app: Starlette, path: str, runs: int) -> dict[str, object]:
    times = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        status, size = await ask(app, path)
        times.append((time.perf_counter() - started) * 1000)
        assert status == 200, (path, status)
    return {"first": round(times[0], 1), "again": round(statistics.median(times[1:]), 1), "kB": round(size / 1000, 1)}


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--captures", type=int, default=1_000_000)
    parser.add_argument("--versions", type=int, default=8000)
    parser.add_argument("--documents", type=int, default=15)
    parser.add_argument("--runs", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, closing(EmbeddedStore(Path(scratch) / "data")) as store:
        fill(store, asked.captures, asked.versions, asked.documents)
        app = make_app(store, load({}, Path(scratch) / "none.toml"))
        for name, path in PAGES:
            figures = await measure(app, path, asked.runs)
            json.dump({"page": name, "captures": asked.captures, "versions": asked.versions} | figures, sys.stdout)
            print(flush=True)


if __name__ == "__main__":
    asyncio.run(main())
