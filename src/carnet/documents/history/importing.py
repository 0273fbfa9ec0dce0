"""Imports a history into the store: streaming, resumable, idempotent."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.documents.history import bookmark
from carnet.documents.history.derive import derived
from carnet.documents.history.folder import read_folder
from carnet.documents.history.kinds import kind_of
from carnet.documents.history.naming import Naming
from carnet.documents.history.repository import Position, Reading, read_steps
from carnet.documents.history.step import Kind, Quiet
from carnet.errors import CarnetError
from carnet.model.document import Observation, Outcome

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from carnet.documents.history.step import Progress, Step
    from carnet.model.document import Document
    from carnet.packs import Pack
    from carnet.settings import Settings
    from carnet.stores.contract import Store

BATCH_BYTES = 8 * 1024 * 1024
BATCH_STEPS = 256
"""What is recorded in one transaction: a killed import repeats at most this much."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be imported, and as what."""

    source: str
    """Path or address, as the user wrote it."""
    collection: str | None = None
    """Collection to import into; None derives it from pack or source."""
    globs: tuple[str, ...] = ()
    """Files to take; empty takes what looks like a document."""
    pack: Pack | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import added."""

    kind: Kind
    collection: str
    documents: int
    """Documents of which something was added."""
    captures: int
    """Steps (commits, dated files, captures of an archive) of which something was added."""
    versions: int
    texts: int
    """Distinct texts among these versions."""
    ids: tuple[int, ...] = ()
    """The documents, by id."""


def import_history(store: Store, settings: Settings, request: Request, progress: Progress | None = None) -> Imported:
    """Import any kind of source. Raises CarnetError saying what was tried; a repeated import completes."""
    progress = progress or Quiet()
    request = with_known_paths(request)
    kind = kind_of(request.source)
    if kind is Kind.ARCHIVE:
        from carnet.documents.history.restoring import restore  # noqa: PLC0415 - only an archive needs it

        return restore(store, request, progress)
    collection = request.collection or (request.pack.id if request.pack else default_collection(request.source))
    if kind is Kind.FOLDER:
        return import_folder(store, Path(request.source), collection, request, progress)
    return _import_git(store, settings, kind, collection, request, progress)


def with_known_paths(request: Request) -> Request:
    """A public history that the pack names is read where the pack says its documents lie, unless paths are given."""
    if request.globs or request.pack is None:
        return request
    known = next((one for one in request.pack.histories if one.address == request.source), None)
    return replace(request, globs=known.paths) if known else request


def default_collection(source: str) -> str:
    """Last part of a path or address without suffix: `https://host/a/claude-docs.git` -> `claude-docs`."""
    local = Path(source)
    text = str(local.resolve()) if local.exists() else source.split("?", 1)[0]
    last = text.rstrip("/").removesuffix("/.git").replace(":", "/").rpartition("/")[2]
    return Path(last).stem or last or "imported"


def import_folder(store: Store, folder: Path, collection: str, request: Request, progress: Progress) -> Imported:
    """Import a folder of dated files."""
    recording = Recording(store, Naming(store.documents, collection, request.pack, {}), progress)
    for step in read_folder(folder, request.globs, progress):
        recording.add(step)
    recording.flush()
    return recording.finish(Kind.FOLDER, collection, request)


def _import_git(
    store: Store, settings: Settings, kind: Kind, collection: str, request: Request, progress: Progress
) -> Imported:
    key = bookmark.key_of(
        _identity(kind, request), collection, *request.globs, f"pack {request.pack and request.pack.id}"
    )
    known = bookmark.read(store, key)
    with _repository(kind, request, settings) as path:
        naming = Naming(store.documents, collection, request.pack, known.claims if known else {})
        recording = Recording(store, naming, progress, key, dict(known.documents) if known else {})
        after = Position(known.commit, known.order) if known else None
        for step in read_steps(Reading(path, request.source, request.globs), after, progress):
            recording.add(step)
        recording.flush()
    return recording.finish(kind, collection, request)


def _identity(kind: Kind, request: Request) -> str:
    return request.source if kind is Kind.REMOTE else str(Path(request.source).resolve())


def _repository(kind: Kind, request: Request, settings: Settings) -> AbstractContextManager[Path]:
    if kind is Kind.REPOSITORY:
        return nullcontext(Path(request.source))
    from carnet.documents.history.clone import cloned  # noqa: PLC0415 - only bundles and addresses need it

    return cloned(request.source if kind is Kind.REMOTE else str(Path(request.source).resolve()), settings)


@dataclass(slots=True)
class Recording:
    """Steps on their way into the store, written in batches with a bookmark after each."""

    store: Store
    naming: Naming
    progress: Progress
    key: str | None = None
    """Name of the bookmark; None keeps none (a folder is read again instead)."""
    captures: dict[int, int] = field(default_factory=dict)
    """Document id -> captures this source gave it."""
    _before: dict[int, tuple[int, int]] = field(default_factory=dict)
    _now: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Document id -> (captures, versions) before the import and after its last batch."""
    _texts: set[str] = field(default_factory=set)
    _batch: list[Observation] = field(default_factory=list)
    _steps: list[Step] = field(default_factory=list)
    _bytes: int = 0
    _full: bool = False
    _sources: set[str] = field(default_factory=set)
    """Steps of which something was added, by their source."""
    _taken: int = 0

    def add(self, step: Step) -> None:
        """Take one step; a full batch is recorded."""
        for seen, document in self.naming.assign(step.seen, self.progress):
            data = seen.read() if seen.read else None
            self._batch.append(_observation(document, step, data))
            self._bytes += len(data or b"")
            self._taken += 1
            if self._bytes >= BATCH_BYTES:
                # Within a large step, such as a repository's first commit: the bookmark waits for its end.
                self._record()
                self._full = True
        self._steps.append(step)
        if self._full or len(self._steps) >= BATCH_STEPS:
            self.flush()

    def flush(self) -> None:
        """Record the batch in one transaction, then note how far it went."""
        if not self._steps:
            return
        self._record()
        last = self._steps[-1]
        if self.key is not None:
            mark = bookmark.Bookmark(last.mark, last.order, self.captures, self.naming.claims)
            bookmark.write(self.store, self.key, mark)
        for _ in self._steps:
            self.progress.step()
        self._steps, self._full = [], False

    def _record(self) -> None:
        """Record the batch; what it added shows in the numbers before and after."""
        documents = self.store.documents
        ids = {observation.document for observation in self._batch}
        for number in ids - self._before.keys():
            self._before[number] = self._now[number] = documents.counts(number)
        before = {number: self._now[number] for number in ids}
        captures = documents.record(self._batch) if self._batch else []
        for capture in captures:
            self.captures[capture.document] = self.captures.get(capture.document, 0) + 1
            if capture.outcome is Outcome.NEW and capture.digest:
                self._texts.add(capture.digest)
        self._now |= {number: documents.counts(number) for number in ids}
        if any(self._now[number][0] > before[number][0] for number in ids):
            self._sources |= {capture.source for capture in captures}
        self._batch, self._bytes = [], 0

    def finish(self, kind: Kind, collection: str, request: Request) -> Imported:
        """What was added. Raises CarnetError where the source held no document at all."""
        if not self._taken and not self.captures:
            globs = ", ".join(request.globs) or "Markdown, text, HTML or PDF"
            raise CarnetError(f"{request.source}: read as a {kind}; it holds no file to import ({globs})")
        added = [number for number, counts in self._now.items() if counts[0] > self._before[number][0]]
        versions = sum(self._now[number][1] - self._before[number][1] for number in added)
        texts = len(self._texts) if versions else 0
        return Imported(kind, collection, len(added), len(self._sources), versions, texts, tuple(added))


def _observation(document: Document, step: Step, data: bytes | None) -> Observation:
    text, raw, normaliser = derived(document, data)
    return Observation(
        document=document.id,
        at=step.at,
        text=text,
        raw=raw,
        order=None if step.order == step.at else step.order,
        source=step.source,
        normaliser=normaliser,
    )
