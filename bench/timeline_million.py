"""Timelines of a store with a million captures: they must not feel them.

    .venv/bin/python bench/timeline_million.py [--captures 1000000] [--versions 8000] [--documents 15] [--data DIR]

The captures are written straight into the tables (as a watcher leaves them in a few years); what is measured is
the store's public calls and the timelines made of them. Prints one JSON line, times in milliseconds (best of 5).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from carnet.documents.timeline import collection_timeline, document_timeline
from carnet.model.document import Document, Observation, Outcome
from carnet.stores.embedded.store import EmbeddedStore
from carnet.stores.sql.tables import OUTCOMES, SEEN_TEXT, capture

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
BATCH = 20_000


def fill(store: EmbeddedStore, captures: int, versions: int, documents: int) -> list[Document]:
    """Documents whose history has that many versions in all, and unchanged captures all over it."""
    nouns = [store.documents.add_document(Document(0, "bench", f"page-{n}", f"b:{n}")) for n in range(documents)]
    step = timedelta(hours=6)
    texts = [f"Line {n % 7}.\nVersion {n} of the page.\n".encode() for n in range(versions // documents)]
    store.documents.record(
        [Observation(noun.id, EPOCH + n * step, text) for n, text in enumerate(texts) for noun in nouns]
    )
    fill_unchanged(store, nouns, (captures - versions) // documents, len(texts) * step)
    return nouns


def fill_unchanged(store: EmbeddedStore, nouns: list[Document], each: int, span: timedelta) -> None:
    step = span // (each + 1) // timedelta(microseconds=1)
    start = int(EPOCH.timestamp()) * 1_000_000
    unchanged = {"shift": 0, "seen": SEEN_TEXT, "outcome": OUTCOMES[Outcome.UNCHANGED], "status": 200}
    for noun in nouns:
        with store._database.writing() as connection:  # noqa: SLF001 (writing them one by one takes minutes)
            for first in range(1, each + 1, BATCH):
                places = range(first, min(each + 1, first + BATCH))
                rows = [{"document": noun.id, "at": start + n * step + 1, **unchanged} for n in places]
                connection.execute(sa.insert(capture), rows)


def best(call: Callable[[], object]) -> float:
    """Milliseconds of the fastest of five calls."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return round(min(times) * 1000, 2)


def measure(store: EmbeddedStore, noun: Document) -> dict[str, float]:
    documents, end = store.documents, EPOCH + timedelta(days=3650)
    started = time.perf_counter()
    document_timeline(documents, noun)
    derived = round((time.perf_counter() - started) * 1000, 2)
    return {
        "document timeline, first (derives)": derived,
        "document timeline": best(lambda: document_timeline(documents, noun)),
        "collection timeline": best(lambda: collection_timeline(documents, "bench")),
        "versions of a document": best(lambda: documents.versions(noun.id)),
        "changes of a collection": best(lambda: documents.changes("bench")),
        "version_at": best(lambda: documents.version_at(noun.id, end)),
        "marks(60)": best(lambda: documents.marks(60)),
        "captures(limit=400)": best(lambda: documents.captures(noun.id, limit=400)),
        "last_capture(all)": best(lambda: documents.last_capture(noun.id, list(Outcome))),
        "last_capture(held)": best(lambda: documents.last_capture(noun.id, [Outcome.HELD])),
        "counts": best(lambda: documents.counts(noun.id)),
        "record, at the end": best(lambda: documents.record([Observation(noun.id, datetime.now(UTC), b"x")])),
        "record, in the middle": best(lambda: documents.record([Observation(noun.id, _middle(), b"y")])),
    }


def _middle() -> datetime:
    return EPOCH + timedelta(days=20, microseconds=time.perf_counter_ns() % 10**9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--captures", type=int, default=1_000_000)
    parser.add_argument("--versions", type=int, default=8000)
    parser.add_argument("--documents", type=int, default=15)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, closing(EmbeddedStore(Path(scratch) / "data")) as store:
        nouns = fill(store, asked.captures, asked.versions, asked.documents)
        answer: dict[str, object] = {"captures": asked.captures, "versions": asked.versions}
        answer["file, MB"] = round((Path(scratch) / "data" / "carnet.db").stat().st_size / 1e6, 1)
        json.dump(answer | measure(store, nouns[0]), sys.stdout)
        print()


if __name__ == "__main__":
    main()
