"""Restores an archive's documents and captures into a store, which may already hold some of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.documents.history.archive import AttemptLine, DocumentLine, ObservationLine
from carnet.documents.history.recording import BATCH_BYTES, Imported
from carnet.documents.history.step import Kind
from carnet.documents.history.unpacking import opened
from carnet.errors import CarnetError
from carnet.model.document import Attempt, Capture, Document, Observation, Outcome

if TYPE_CHECKING:
    from carnet.documents.history.importing import Request
    from carnet.documents.history.step import Progress
    from carnet.documents.history.unpacking import Entry
    from carnet.stores.contract import DocumentStore, Store

BATCH_CAPTURES = 2_000


def restore(store: Store, request: Request, progress: Progress) -> Imported:
    """Restore an archive, or of it one collection. Raises CarnetError before anything of a bad one is written."""
    if request.globs or request.pack:
        raise CarnetError(f"{request.source}: a Carnet archive says itself what it holds; leave out --path and --pack")
    with opened(request.source) as archive:
        archive.check()
        progress.total(archive.manifest.captures)
        restoring = _Restoring(store.documents, request.collection, progress)
        for entry in archive.entries():
            restoring.take(entry)
        restoring.flush()
    if not restoring.collections:
        raise CarnetError(f"{request.source}: the archive holds {_nothing(request.collection)}")
    return restoring.imported()


def _nothing(collection: str | None) -> str:
    return f"no collection {collection!r}" if collection else "no document"


@dataclass(slots=True)
class _Restoring:
    """Captures on their way from an archive into the store."""

    documents: DocumentStore
    collection: str | None
    progress: Progress
    collections: set[str] = field(default_factory=set)
    _document: Document | None = None
    """The document whose captures come now; None while those of another collection pass by."""
    _before: dict[int, tuple[int, int]] = field(default_factory=dict)
    _texts: set[str] = field(default_factory=set)
    _observations: list[Observation] = field(default_factory=list)
    _attempts: list[Attempt] = field(default_factory=list)
    _bytes: int = 0

    def take(self, entry: Entry) -> None:
        """One line of the archive."""
        line = entry.line
        if isinstance(line, DocumentLine):
            self._begin(line)
            return
        self.progress.step()
        if self._document is None:
            return
        if isinstance(line, ObservationLine):
            self._observations.append(_observation(self._document, line, entry))
        else:
            self._attempts.append(_attempt(self._document, line, entry))
        self._bytes += len(entry.text or b"") + len(entry.raw or b"")
        if self._bytes >= BATCH_BYTES or len(self._observations) + len(self._attempts) >= BATCH_CAPTURES:
            self.flush()

    def flush(self) -> None:
        """Record what waits."""
        if self._observations:
            for capture in self.documents.record(self._observations):
                if capture.outcome is Outcome.NEW and capture.digest:
                    self._texts.add(capture.digest)
        if self._attempts:
            self.documents.record_attempts(self._attempts)
        self._observations, self._attempts, self._bytes = [], [], 0

    def imported(self) -> Imported:
        """What was added."""
        grown = {number: self.documents.counts(number) for number in self._before}
        added = [number for number, counts in grown.items() if counts[0] > self._before[number][0]]
        captures = sum(grown[number][0] - self._before[number][0] for number in added)
        versions = sum(grown[number][1] - self._before[number][1] for number in added)
        names = ", ".join(sorted(self.collections))
        return Imported(Kind.ARCHIVE, names, len(added), captures, versions, len(self._texts), tuple(added))

    def _begin(self, line: DocumentLine) -> None:
        self.flush()
        if self.collection is not None and line.collection != self.collection:
            self._document = None
            return
        self.collections.add(line.collection)
        self._document = self._find(line)
        self._before.setdefault(self._document.id, self.documents.counts(self._document.id))

    def _find(self, line: DocumentLine) -> Document:
        """The store's document with that source URL, or the archive's, under a free name."""
        known = self.documents.documents(line.collection)
        same = next((document for document in known if document.url == line.url), None)
        taken = {document.name for document in known}
        name, number = line.name, 2
        while same is None and name in taken:
            name, number = f"{line.name}-{number}", number + 1
        if name != line.name:
            self.progress.note(f"{line.collection}/{line.name} ({line.url}) is restored as {name}: the name is taken")
        return same or self.documents.add_document(_document(line, name))


def _document(line: DocumentLine, name: str) -> Document:
    return Document(
        id=0,
        collection=line.collection,
        name=name,
        url=line.url,
        media=line.media,
        every=line.every,
        selector=line.selector,
        filters=line.filters,
        browser=line.browser,
        watched=line.watched,
        example=line.example,
    )


def _observation(document: Document, line: ObservationLine, entry: Entry) -> Observation:
    return Observation(
        document=document.id,
        at=line.at,
        text=entry.text,
        raw=entry.raw,
        order=line.order,
        status=line.status,
        final_url=line.final_url,
        headers=line.headers,
        source=line.source,
        normaliser=line.normaliser,
    )


def _attempt(document: Document, line: AttemptLine, entry: Entry) -> Attempt:
    capture = Capture(
        id=0,
        document=document.id,
        at=line.at,
        outcome=line.outcome,
        why=line.why,
        status=line.status,
        headers=line.headers,
        final_url=line.final_url,
        source=line.source,
    )
    return Attempt(capture, entry.text, entry.raw)
