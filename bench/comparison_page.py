"""The comparison page of the largest pairs of a history, from request to last byte.

    .venv/bin/python bench/comparison_page.py [--bundle FILE] [--runs 9]

The bundle is imported into an empty store; then the page of each pair is asked of the web application, in process
and without a socket: `first` with nothing remembered of any paragraph or block of text (the median of three such
requests), `again` as the median of the runs after it; `_cpu` is processor time, which other work on the machine
disturbs less. `compare` and `whole` are the two parts that grow with the text. Milliseconds; one JSON line per pair.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.documents import blocks
from carnet.documents.compare import compare
from carnet.documents.lookup import find_document
from carnet.documents.render import inline
from carnet.documents.render.whole import whole_html
from carnet.settings import load
from carnet.stores import open_store
from carnet.web.app import make_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.applications import Starlette
    from starlette.types import Message

    from carnet.model.document import Document, Version
    from carnet.stores.contract import Store

BUNDLE = Path(__file__).parents[2] / "shared" / "corpus" / "claude-code-docs.bundle"
CARNET = [sys.executable, "-c", "from carnet.cli.main import main; main()"]


def ask(app: Starlette, path: str) -> bytes:
    """The body of a page."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http"}
    place = {"path": path, "raw_path": path.encode(), "query_string": b"", "root_path": ""}
    ends = {"headers": [(b"host", b"127.0.0.1:8417")], "server": ("127.0.0.1", 8417), "client": ("127.0.0.1", 1)}
    asyncio.run(app({**scope, **place, **ends}, receive, send))
    assert sent[0]["status"] == 200, sent
    return b"".join(message.get("body", b"") for message in sent[1:])


def timed(call: Callable[[], object], runs: int) -> tuple[float, float]:
    """Median milliseconds of some calls, by the clock and of the processor (all threads)."""
    taken: list[tuple[float, float]] = []
    for _ in range(runs):
        began, spent = time.perf_counter(), time.process_time()
        call()
        taken.append((time.perf_counter() - began, time.process_time() - spent))
    return statistics.median(wall for wall, _ in taken) * 1e3, statistics.median(cpu for _, cpu in taken) * 1e3


def forget() -> None:
    """As before any page was asked for."""
    blocks.forget()
    for remembered in (inline._remembered, inline._remembered_html):  # noqa: SLF001 -- no page needs this
        remembered.cache_clear()


def pairs(store: Store) -> list[tuple[str, Document, Version, Version]]:
    """The pair with most text, the one with most text and few changed lines, and the founding page's."""
    nouns = store.documents.documents()
    steps = [(noun, old, new) for noun in nouns for old, new in pairwise(store.documents.versions(noun.id))]
    steps.sort(key=lambda step: step[1].size + step[2].size, reverse=True)
    settings = [step for step in steps if step[0].name == "settings"]
    founding = find_document(store.documents, "data-usage")
    day = [step for step in steps if step[0].id == founding.id and f"{step[2].at:%Y-%m-%d}" == "2026-04-24"]
    largest_cut = max(settings, key=lambda step: abs(step[1].size - step[2].size))
    return [("largest", *steps[0]), ("settings", *settings[0]), ("settings, cut", *largest_cut), ("founding", *day[0])]


def measured(
    app: Starlette, store: Store, document: Document, old: Version, new: Version, runs: int
) -> dict[str, float]:
    """Milliseconds of the page and of its parts."""
    path = f"/documents/{document.full_name}/{old.digest[:12]}..{new.digest[:12]}"
    texts = store.documents.text(old.digest), store.documents.text(new.digest)
    found = compare(document.full_name, old, new, *texts)

    def cold() -> None:
        forget()
        ask(app, path)

    first, again = timed(cold, 3), timed(lambda: ask(app, path), runs)
    return {
        "first": first[0],
        "first_cpu": first[1],
        "again": again[0],
        "again_cpu": again[1],
        "compare": timed(lambda: compare(document.full_name, old, new, *texts), runs)[0],
        "whole": timed(lambda: whole_html(found, *texts), runs)[0],
    }


def main() -> None:
    """Import, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    parser.add_argument("--runs", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*CARNET, "import", str(given.bundle), "--data", folder], check=True, capture_output=True)
        settings = load({"CARNET_DATA": folder, "CARNET_CONFIG": ""})
        with closing(open_store(settings)) as store:
            app = make_app(store, settings)
            chosen = pairs(store)
            measured(app, store, *chosen[-1][1:], 1)  # imports are paid before
            for name, document, old, new in chosen:
                figures = measured(app, store, document, old, new, given.runs)
                said = {"bench": "comparison_page", "pair": name, "document": document.name, "aim": 100}
                sizes = {"old": old.size, "new": new.size}
                print(json.dumps({**said, **sizes, **{key: round(value, 1) for key, value in figures.items()}}))


if __name__ == "__main__":
    main()
