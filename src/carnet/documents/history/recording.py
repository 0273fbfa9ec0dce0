"""Steps of a history on their way into the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.documents.history import bookmark
from carnet.errors import FetchError
from carnet.model.document import Attempt, Capture, Observation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carnet.documents.history.derive import Derivation
    from carnet.documents.history.naming import Naming
    from carnet.documents.history.step import Kind, Progress, Step
    from carnet.model.document import Document
    from carnet.stores.contract import Store

BATCH_BYTES = 8 * 1024 * 1024
BATCH_STEPS = 256
"""What is recorded in one transaction: a killed import repeats at most this much."""


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


@dataclass(slots=True)
class Recording:
    """Steps on their way into the store, written in batches with a bookmark after each."""

    store: Store
    naming: Naming
    derivation: Derivation
    progress: Progress
    key: str | None = None
    """Name of the bookmark; None keeps none (a folder is read again instead)."""
    captures: dict[int, int] = field(default_factory=dict)
    """Document id -> captures this source gave it."""
    _before: dict[int, tuple[int, int]] = field(default_factory=dict)
    _now: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Document id -> (captures, versions) before the import and after its last batch."""
    _texts: set[str] = field(default_factory=set)
    _sources: set[str] = field(default_factory=set)
    """Steps of which something was added, by their source."""
    _observations: list[Observation] = field(default_factory=list)
    _attempts: list[Attempt] = field(default_factory=list)
    _steps: list[Step] = field(default_factory=list)
    _bytes: int = 0
    _full: bool = False

    def take(self, steps: Iterable[Step]) -> None:
        """Record all steps."""
        for step in steps:
            self._add(step)
            if self._full or len(self._steps) >= BATCH_STEPS:
                self._flush()
        self._flush()

    def _add(self, step: Step) -> None:
        for seen, document in self.naming.assign(step.seen, self.progress):
            data = seen.read() if seen.read else None
            self._observe(document, step, data)
            self._bytes += len(data or b"")
            if self._bytes >= BATCH_BYTES:
                # Within a large step, such as a repository's first commit: the bookmark waits for its end.
                self._record()
                self._full = True
        self._steps.append(step)

    def _observe(self, document: Document, step: Step, data: bytes | None) -> None:
        try:
            text, raw, normaliser = self.derivation.derive(document, data)
        except FetchError as error:
            self.progress.note(f"{document.full_name} of {step.source}: {error}")
            tried = Capture(0, document.id, step.at, Outcome.FAILED, str(error), source=step.source)
            self._attempts.append(Attempt(tried, None, data))
            return
        order = None if step.order == step.at else step.order
        self._observations.append(
            Observation(document.id, step.at, text, raw, order, source=step.source, normaliser=normaliser)
        )

    def _flush(self) -> None:
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
        """Record what waits; what it added shows in the numbers before and after."""
        documents = self.store.documents
        ids = {each.document for each in self._observations} | {each.capture.document for each in self._attempts}
        for number in ids - self._before.keys():
            self._before[number] = self._now[number] = documents.counts(number)
        before = {number: self._now[number] for number in ids}
        captures = documents.record(self._observations) if self._observations else []
        captures += documents.record_attempts(self._attempts) if self._attempts else []
        for capture in captures:
            self.captures[capture.document] = self.captures.get(capture.document, 0) + 1
            if capture.outcome is Outcome.NEW and capture.digest:
                self._texts.add(capture.digest)
        self._now |= {number: documents.counts(number) for number in ids}
        if any(self._now[number][0] > before[number][0] for number in ids):
            self._sources |= {capture.source for capture in captures}
        self._observations, self._attempts, self._bytes = [], [], 0

    def imported(self, kind: Kind, collection: str) -> Imported:
        """What was added."""
        added = [number for number, counts in self._now.items() if counts[0] > self._before[number][0]]
        versions = sum(self._now[number][1] - self._before[number][1] for number in added)
        texts = len(self._texts) if versions else 0
        return Imported(kind, collection, len(added), len(self._sources), versions, texts, tuple(added))
