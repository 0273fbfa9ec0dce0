"""Capturing documents: everything that happens between "it is due" and "it is recorded"."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from carnet.documents.capture import judge
from carnet.documents.capture.answer import StatusError, header
from carnet.documents.capture.apart import Extractor
from carnet.documents.capture.derive import derive, normaliser
from carnet.documents.capture.fetch import Fetcher
from carnet.documents.capture.hygiene import Doubt, count, held_because
from carnet.documents.capture.known import known
from carnet.documents.capture.ledger import Ledger
from carnet.documents.capture.media import ACCEPT, expected, media_of
from carnet.documents.capture.rederive import rederive
from carnet.documents.capture.schedule import due
from carnet.errors import CarnetError, FetchError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from carnet.documents.capture.answer import Answer
    from carnet.documents.capture.judge import Judged
    from carnet.documents.capture.known import Known
    from carnet.model.document import Capture, Document
    from carnet.settings import Settings
    from carnet.stores.contract import Store

    Clock = Callable[[], datetime]

__all__ = ["accept", "capture_documents", "due", "fetchable"]


async def capture_documents(
    store: Store, documents: Sequence[Document], settings: Settings, clock: Clock, fetcher: Fetcher | None = None
) -> list[Capture]:
    """Capture documents now and return what was recorded of each, in their order; all of it is on the disk.

    A document that was removed meanwhile, or that has no address, is left out. Raises CarnetError for settings that
    cannot be understood and for a store that cannot write; everything else is the failure of one capture.
    """
    chosen = [document for document in documents if fetchable(document)]
    async with AsyncExitStack() as stack:
        if fetcher is None:
            way_out = await stack.enter_async_context(Fetcher(settings, notes=store, clock=clock))
        else:
            way_out = fetcher
        extractor = Extractor()
        stack.push_async_callback(extractor.close)
        run = _Run(store, settings, clock, way_out, extractor, chosen)
        outcomes = await asyncio.gather(*(run.capture(document) for document in chosen), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, NotFoundError):
            raise outcome
    return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]


def fetchable(document: Document) -> bool:
    """Whether a document has an address; one that was only imported has none."""
    return document.url.startswith(("http://", "https://"))


def accept(store: Store, document: Document) -> Capture:
    """Let a held capture count without a second one. Raises NotFoundError where nothing is held."""
    held = known(store, [document])[document.id].held
    if held is None:
        raise NotFoundError(f"{document.full_name}: no capture of it is held")
    body = store.documents.raw(held.id) if held.digest else b""
    made_by = normaliser(document, media_of(document, header(held.headers, "content-type"), body)) if body else ""
    return store.documents.record([judge.released(store, held, made_by)])[0]


class _Collection:
    """A collection's part of a run: its doubts are told once all of its documents have been seen."""

    def __init__(self, documents: int) -> None:
        self.documents = documents
        self._doubts: list[Doubt] = []
        self._complete = asyncio.Event()

    def report(self, found: Doubt) -> None:
        self._doubts.append(found)
        if len(self._doubts) == self.documents:
            self._complete.set()

    async def doubted(self) -> str:
        await self._complete.wait()
        return count(self._doubts, self.documents).doubted()


class _Run:
    """One run over some documents."""

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, fetcher: Fetcher, extractor: Extractor,
        documents: Sequence[Document],
    ) -> None:  # fmt: skip
        self._store = store
        self._settings = settings
        self._clock = clock
        self._fetcher = fetcher
        self._extractor = extractor
        self._ledger = Ledger(store)
        self._known = known(store, documents)
        counted = Counter(document.collection for document in documents)
        self._collections = {name: _Collection(documents) for name, documents in counted.items()}

    async def capture(self, document: Document) -> Capture:
        collection, found = self._collections[document.collection], Doubt.NONE
        try:
            judged = await self._judged(document, collection.documents)
            found = judged.doubt
        finally:
            collection.report(found)
        if found is not Doubt.NONE:
            return await self._doubted(judged, await collection.doubted())
        if judged.confirmed is not None:
            first = await self._ledger.write(judged.confirmed)
            await self._ledger.write(judged.entry)
            return first
        return await self._ledger.write(judged.entry)

    async def _doubted(self, judged: Judged, run: str) -> Capture:
        size = len(getattr(judged.entry, "text", None) or b"")
        why = held_because(judged.doubt, judged.old_size, size, run)
        return await self._ledger.write(judge.held(judged, why) if why else judged.entry)

    async def _judged(self, document: Document, run: int) -> Judged:
        """What one capture comes to; a fault of fetching or reading is a failed capture."""
        try:
            return await self._looked_at(document, run)
        except FetchError as error:
            return judge.failed(document, error, self._clock())
        except CarnetError:
            raise
        except Exception as error:  # noqa: BLE001 - one document's fault is never the run's
            text = f"a fault of Carnet's own: {type(error).__name__}: {error}"
            return judge.failed(document, FetchError(text, "fault"), self._clock())

    async def _looked_at(self, document: Document, run: int) -> Judged:
        before = self._known[document.id]
        answer = await self._answer(document, before)
        now = self._clock()
        if answer.status == 304:
            return judge.unchanged(document, answer, now, before)
        if answer.status in {404, 410}:
            return self._missing(document, answer, now, before)
        content_type = answer.header("content-type")
        answer = judge.with_digest(answer)
        if judge.same_bytes(document, answer, before):
            return judge.unchanged(document, answer, now, before)
        derived = await derive(document, content_type, answer.body, self._extractor)
        if await self._derived_anew(document, before, derived.normaliser):
            before = known(self._store, [document])[document.id]
        if before.text is not None and before.text.digest == hashlib.sha256(derived.text).hexdigest():
            return judge.unchanged(document, answer, now, before)
        return judge.changed(self._store, document, answer, now, before, derived, run)

    async def _answer(self, document: Document, before: Known) -> Answer:
        accept_header = ACCEPT[expected(document)]
        if not document.browser:
            return await self._fetcher.fetch(document.url, accept_header, before.validators(document))
        from carnet.documents.capture.browser import rendered  # noqa: PLC0415 - few documents want it

        # Validators speak of the page as it is sent, not of what a browser makes of it.
        answer = await self._fetcher.fetch(document.url, accept_header)
        return await rendered(answer, self._settings, self._fetcher.limits) if answer.status == 200 else answer

    def _missing(self, document: Document, answer: Answer, now: datetime, before: Known) -> Judged:
        if before.version is None:
            text = f"there is no such page (status {answer.status})"
            raise StatusError(text, "not-found", answer.status, answer.headers)
        if before.version.gone:
            return judge.unchanged(document, answer, now, before)
        return judge.gone(document, answer, now, before)

    async def _derived_anew(self, document: Document, before: Known, made_by: str) -> bool:
        """Bring earlier texts to today's derivation before the new one is compared with them."""
        version, good = before.text, before.good
        if version is None or good is None or not version.normaliser or not made_by:
            return False
        return version.normaliser != made_by and await rederive(self._store, document, self._extractor) > 0
