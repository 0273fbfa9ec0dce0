"""Writes a portable archive of documents with all their captures."""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING

import msgspec
import zstandard

from carnet.documents.history.archive import (
    FORMAT,
    HISTORY,
    MANIFEST,
    VERSION,
    WINDOW_LOG,
    AttemptLine,
    Body,
    DocumentLine,
    Line,
    Manifest,
    ObservationLine,
)
from carnet.errors import CarnetError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.documents.history.step import Progress
    from carnet.model.document import Attempt, Document, Observation
    from carnet.stores.contract import DocumentStore, Store

LEVEL = 6


def export_archive(store: Store, file: Path, collection: str | None, progress: Progress) -> Manifest:
    """Write all documents, or a collection's; the file is there whole or not at all.

    The same store gives the same bytes. Raises NotFoundError for a collection without documents.
    """
    documents = store.documents.documents(collection)
    if collection is not None and not documents:
        known = sorted({document.collection for document in store.documents.documents()})
        raise NotFoundError(f"no collection {collection!r}; there are: {', '.join(known) or 'none'}")
    with _replacing(file) as target, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        with archive.open(_member(HISTORY), "w", force_zip64=True) as member:
            manifest = _write_history(member, store.documents, documents, progress)
        archive.writestr(_member(MANIFEST), msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    return manifest


def _member(name: str) -> zipfile.ZipInfo:
    """A member without a time or an owner: the same content gives the same bytes."""
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = 0o644 << 16
    return member


@contextlib.contextmanager
def _replacing(file: Path) -> Iterator[IO[bytes]]:
    """A file beside `file` that takes its place once all is written and on the disk."""
    try:
        with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as target:
            temporary = Path(target.name)
            try:
                yield target
                target.flush()
                os.fsync(target.fileno())
                temporary.replace(file)
            finally:
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CarnetError(f"{file}: the archive cannot be written: {error.strerror or error}") from error


def _write_history(
    member: IO[bytes], store: DocumentStore, documents: Sequence[Document], progress: Progress
) -> Manifest:
    progress.total(len(documents))
    parameters = zstandard.ZstdCompressionParameters.from_level(LEVEL, window_log=WINDOW_LOG, enable_ldm=True)
    compressor = zstandard.ZstdCompressor(compression_params=parameters)
    captures = 0
    with compressor.stream_writer(member, closefd=False) as stream:
        writing = _Writing(stream)
        for document in documents:
            captures += _write_document(writing, store, document)
            progress.step()
    return Manifest(FORMAT, VERSION, len(documents), captures, writing.size, writing.digest.hexdigest())


def _write_document(writing: _Writing, store: DocumentStore, document: Document) -> int:
    writing.begin(document)
    captures = 0
    for observation in store.observations(document.id):
        writing.observation(observation)
        captures += 1
    for attempt in store.attempts(document.id):
        writing.attempt(attempt)
        captures += 1
    return captures


@dataclass(slots=True)
class _Writing:
    """The stream, and what a reader of it knows by now."""

    stream: zstandard.ZstdCompressionWriter
    size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    _last: dict[str, str] = field(default_factory=dict)
    """Kind of body -> digest of the document's last one."""

    def begin(self, document: Document) -> None:
        self._last.clear()
        names = DocumentLine.__struct_fields__
        self._line(DocumentLine(**{name: getattr(document, name) for name in names}), ())

    def observation(self, seen: Observation) -> None:
        text, raw = self._body("text", seen.text), self._body("raw", seen.raw)
        line = ObservationLine(
            seen.at, seen.order, text, raw, seen.status, seen.final_url, seen.headers, seen.source, seen.normaliser
        )
        self._line(line, ((text, seen.text), (raw, seen.raw)))

    def attempt(self, tried: Attempt) -> None:
        text, raw, capture = self._body("text", tried.text), self._body("raw", tried.raw), tried.capture
        line = AttemptLine(
            capture.at,
            capture.outcome,
            capture.why,
            text,
            raw,
            capture.status,
            capture.final_url,
            capture.headers,
            capture.source,
        )
        self._line(line, ((text, tried.text), (raw, tried.raw)))

    def _body(self, kind: str, data: bytes | None) -> Body | None:
        if data is None:
            return None
        digest = hashlib.sha256(data).hexdigest()
        known = self._last.get(kind) == digest
        self._last[kind] = digest
        return Body(digest, len(data), "before" if known else "here")

    def _line(self, line: Line, bodies: tuple[tuple[Body | None, bytes | None], ...]) -> None:
        self._write(msgspec.json.encode(line) + b"\n")
        for body, data in bodies:
            if body is not None and data is not None and body.given == "here":
                self._write(data + b"\n")

    def _write(self, data: bytes) -> None:
        self.stream.write(data)
        self.digest.update(data)
        self.size += len(data)
