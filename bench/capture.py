"""Captures per second on one core, over loopback, every capture durable before it counts.

    python bench/capture.py [--pages 500] [--size 22000]

The server is a process of its own on another core (where there is one) and answers conditional requests. What is
timed is `capture_documents` as `carnet capture --all` calls it: reading the store, fetching, deriving the text,
hygiene, recording with synchronous=FULL. Ratios to changedetection.io 0.60.10 (10 workers, no browser, the same number
and size of pages, loopback): 41 unchanged and 24 changed a second.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import multiprocessing
import os
import random
import resource
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.documents.capture.tasks import capture_documents
from carnet.model.document import Document, Media, Outcome
from carnet.settings import load
from carnet.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from carnet.settings import Settings
    from carnet.stores.contract import Store

PEER = {"first": 37, "304": 41, "equal body": 41, "changed": 24}
WORDS = (
    *("the", "agent", "sends", "a", "record", "of", "every", "prompt", "to", "a", "service", "that", "keeps", "it"),
    *("for", "days", "under", "terms", "of", "use"),
)


def page(number: int, edition: int, size: int, media: str) -> bytes:
    """An invented page: headings, paragraphs, lists, links; one paragraph differs from edition to edition."""
    chance = random.Random(number)
    parts: list[str] = []
    while sum(map(len, parts)) < size:
        parts.append(section(chance, media))
    parts[len(parts) // 2] += paragraph(random.Random(f"{number} {edition}"), media)
    text = "".join(parts)
    return (
        f"<!doctype html><title>Page</title><nav>Menu</nav><main>{text}</main>" if media == "html" else text
    ).encode()


def section(chance: random.Random, media: str) -> str:
    title = " ".join(chance.choices(WORDS, k=4))
    items = [" ".join(chance.choices(WORDS, k=8)) for _ in range(4)]
    if media == "html":
        listed = "".join(f"<li>{item}</li>" for item in items)
        return f"<h2>{title}</h2>{''.join(paragraph(chance, media) for _ in range(3))}<ul>{listed}</ul>"
    return (
        f"## {title}\n\n{''.join(paragraph(chance, media) for _ in range(3))}"
        + "".join(f"- {i}\n" for i in items)
        + "\n"
    )


def paragraph(chance: random.Random, media: str) -> str:
    text = " ".join(chance.choices(WORDS, k=60))
    target = f"/pages/{chance.randrange(999)}"
    if media == "html":
        return f'<p>{text} <b>bold</b> and <a href="{target}">a link</a>.</p>\n'
    return f"{text} **bold** and [a link]({target}).\n\n"


class Pages:
    """What the server holds: pages of an edition, with or without ETags."""

    def __init__(self, pages: int, size: int, media: str) -> None:
        self.kind = "text/html; charset=utf-8" if media == "html" else "text/markdown"
        self._shape = pages, size, media
        self.turn(1, etags=True)

    def turn(self, edition: int, *, etags: bool) -> None:
        pages, size, media = self._shape
        self.etags = etags
        self.bodies = {f"/{number}": page(number, edition, size, media) for number in range(pages)}

    def answer(self, head: bytes) -> bytes:
        body = self.bodies.get(head.split(b" ", 2)[1].decode())
        if body is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        etag = hashlib.sha256(body).hexdigest()[:16]
        line = f'ETag: "{etag}"\r\n' if self.etags else ""
        if self.etags and etag.encode() in head:
            return f"HTTP/1.1 304 Not Modified\r\n{line}\r\n".encode()
        length = f"Content-Type: {self.kind}\r\nContent-Length: {len(body)}\r\n"
        return f"HTTP/1.1 200 OK\r\n{length}{line}\r\n".encode() + body


async def converse(pages: Pages, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while head := await reader.readuntil(b"\r\n\r\n"):
            writer.write(pages.answer(head))
            await writer.drain()
    writer.close()


async def answer_all(pipe: Connection, pages: Pages) -> None:
    server = await asyncio.start_server(partial(converse, pages), "127.0.0.1", 0)
    pipe.send(server.sockets[0].getsockname()[1])
    while (order := await asyncio.to_thread(pipe.recv)) is not None:
        pages.turn(order[0], etags=order[1])
        pipe.send("turned")


def serve(pipe: Connection, pages: int, size: int, media: str) -> None:
    """Answer every request from memory, on another core than the captures where there is one."""
    if len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    asyncio.run(answer_all(pipe, Pages(pages, size, media)))


@contextmanager
def server(pages: int, size: int, media: str) -> Iterator[tuple[int, Connection]]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there, pages, size, media))
    process.start()
    try:
        yield here.recv(), here
    finally:
        here.send(None)
        process.join()


def cpu() -> float:
    """Processor seconds of this process and of those it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def measure(name: str, store: Store, documents: list[Document], settings: Settings, wanted: Outcome) -> None:
    before, began = cpu(), time.perf_counter()
    captures = asyncio.run(capture_documents(store, documents, settings, lambda: datetime.now(UTC)))
    took, spent = time.perf_counter() - began, cpu() - before
    wrong = [capture for capture in captures if capture.outcome is not wanted]
    assert not wrong, f"{len(wrong)} not {wanted}: {wrong[0]}"
    rate = len(captures) / took
    print(
        f"  {name:<11}{rate:7.0f}/s {took:7.2f} s {1000 * spent / len(captures):6.2f} ms CPU a page"
        f"  {rate / PEER[name]:5.1f} x changedetection.io"
    )


def run(media: str, pages: int, size: int) -> None:
    print(f"{media}, {pages} pages of about {size / 1000:.0f} KB, one core for captures and their extraction")
    with server(pages, size, media) as (port, pipe), tempfile.TemporaryDirectory() as folder:
        settings = load({}, Path(folder) / "none.toml").with_option("data", f"{folder}/data")
        for setting, value in (
            ("watch.allow-private", "127.0.0.0/8"),
            ("watch.per-host", "10"),
            ("watch.host-pause", "0ms"),
        ):
            settings = settings.with_option(setting, value)
        with closing(open_store(settings)) as store:
            kind = Media.HTML if media == "html" else Media.MARKDOWN
            address = f"http://127.0.0.1:{port}"
            documents = [
                store.documents.add_document(Document(0, "bench", f"p{n}", f"{address}/{n}", media=kind, watched=True))
                for n in range(pages)
            ]
            measure("first", store, documents, settings, Outcome.NEW)
            measure("304", store, documents, settings, Outcome.UNCHANGED)
            for edition in (2, 3):
                pipe.send((edition, True))
                pipe.recv()
                measure("changed", store, documents, settings, Outcome.NEW)
            pipe.send((3, False))
            pipe.recv()
            measure("equal body", store, documents, settings, Outcome.UNCHANGED)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory {peak:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--size", type=int, default=22_000)
    given = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for media in ("markdown", "html"):
        run(media, given.pages, given.size)


if __name__ == "__main__":
    main()
