"""Deriving a document's texts anew after a change of the derivation: a technical event, never a vendor's change."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from carnet.documents.capture.answer import header
from carnet.documents.capture.derive import derive
from carnet.errors import FetchError, NotFoundError
from carnet.model.document import Outcome

if TYPE_CHECKING:
    from carnet.documents.capture.apart import Extractor
    from carnet.model.document import Capture, Document
    from carnet.stores.contract import Store


async def rederive(store: Store, document: Document, extractor: Extractor) -> int:
    """Derive every live capture of a document anew from its raw bytes; how many texts that made.

    Texts are replaced where they stand, with their instants: the timeline shows the vendor's changes in the new text.
    A capture that yields no text any more (a selector that did not exist then) keeps the one it has.
    """
    made: dict[str, dict[int, bytes]] = defaultdict(dict)
    for capture in store.documents.captures(document.id):
        if capture.source or capture.outcome not in {Outcome.NEW, Outcome.UNCHANGED} or not capture.digest:
            continue
        found = await _again(store, document, capture, extractor)
        if found is not None:
            made[found[0]][capture.id] = found[1]
    for name, texts in made.items():
        store.documents.rederive(document.id, texts, name)
    return sum(len(texts) for texts in made.values())


async def _again(store: Store, document: Document, capture: Capture, extractor: Extractor) -> tuple[str, bytes] | None:
    try:
        raw = store.documents.raw(capture.id)
        derived = await derive(document, header(capture.headers, "content-type"), raw, extractor)
    except (NotFoundError, FetchError):
        return None
    return (derived.normaliser, derived.text) if derived.raw is not None else None
