"""A store with every kind of capture, and archives that no Carnet wrote."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import zstandard

from carnet.model.document import Attempt, Capture, Document, Media, Observation, Outcome
from tests.documents.history.histories import BEGIN

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.stores.contract import Store

HEADERS = (("ETag", '"x"'), ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"))


def fill(store: Store) -> None:
    """Documents of two collections with new, unchanged, gone, failed, held and 304 captures, raw bytes and headers."""
    page = store.documents.add_document(
        Document(
            0,
            "c",
            "page",
            "https://c.example/page",
            Media.HTML,
            timedelta(hours=1),
            "main",
            (".ad",),
            browser=True,
            watched=True,
        )
    )
    file = store.documents.add_document(Document(0, "c", "file", "import:c/file.md", Media.MARKDOWN, example=True))
    other = store.documents.add_document(Document(0, "d", "page", "https://d.example/page"))
    at = [BEGIN + timedelta(hours=hour, microseconds=hour) for hour in range(20)]
    seen = [
        Observation(page.id, at[0], b"one\n", b"<p>one", None, 200, "https://c.example/p", HEADERS, "", "html/1"),
        Observation(page.id, at[1], b"one\n", b"<p>one", None, 200, "", HEADERS, "", "html/1"),
        Observation(page.id, at[2], b"one\n", b"<p> one", None, 200, "", (), "", "html/1"),
        Observation(page.id, at[3], None, status=404),
        Observation(page.id, at[4], b"one\n", b"<p>one", None, 200, "", (), "", "html/2"),
        Observation(file.id, at[5], b"", source="git 1"),
        Observation(file.id, at[4], b"\xff\x00\r\n", order=at[5], source="git 2"),
        Observation(file.id, at[4], b"x" * 100_000 + b"\n\n{}", order=at[5], source="git 3"),
        Observation(other.id, at[0], b"other"),
    ]
    store.documents.record(seen)
    store.documents.record_attempts(
        [
            Attempt(Capture(0, page.id, at[6], Outcome.UNCHANGED, status=304, headers=HEADERS)),
            Attempt(Capture(0, page.id, at[7], Outcome.FAILED, "timeout after 30 s", source="")),
            Attempt(Capture(0, page.id, at[8], Outcome.HELD, "shrank by 90 %", 200), b"o\n", b"<p>o"),
        ]
    )


def forge(file: Path, lines: bytes, manifest: dict[str, Any] | None = None, **members: bytes) -> Path:
    """An archive of any content with a manifest that fits it, but for what is given."""
    told = {
        "format": "carnet-archive",
        "version": 1,
        "documents": lines.count(b'"type":"document"'),
        "captures": lines.count(b'"type":"observation"') + lines.count(b'"type":"attempt"'),
        "size": len(lines),
        "sha256": hashlib.sha256(lines).hexdigest(),
    } | (manifest or {})
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("history.zst", zstandard.compress(lines))
        archive.writestr("manifest.json", json.dumps(told))
        for name, data in members.items():
            archive.writestr(name, data)
    return file


DOCUMENT = b'{"type":"document","collection":"c","name":"a","url":"import:c/a.md"}\n'


def observation(text: bytes, **changes: object) -> bytes:
    """A line that announces a text, and the text."""
    body = {"sha256": hashlib.sha256(text).hexdigest(), "size": len(text), "given": "here"} | changes
    line = {"type": "observation", "at": "2026-01-01T00:00:00Z", "text": body}
    return json.dumps(line, separators=(",", ":")).encode() + b"\n" + text + b"\n"
