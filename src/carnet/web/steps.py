"""The step between any two versions, derived at most once: the overview and the days of a collection need one each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.documents.compare import version_text
from carnet.documents.transitions import DERIVATION, reverts, transition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.difference import Transition
    from carnet.model.document import Document, Version
    from carnet.stores.contract import DocumentStore


def step_between(store: DocumentStore, document: Document, earlier: Sequence[Version], new: Version) -> Transition:
    """The step from the last of the earlier versions (from nothing, where there is none) to a later one."""
    old = earlier[-1] if earlier else None
    pair = (_key(old), _key(new))
    kept = store.transitions(document.id, derivation=DERIVATION).get(pair)
    if kept is None:
        kept = transition(earlier, version_text(store, old) if old else b"", new, version_text(store, new))
        store.keep_transitions(document.id, {pair: kept}, derivation=DERIVATION)
    # What a text returns to depends on the whole history, so it is never taken from the kept step.
    return replace(kept, reverts=reverts(earlier, new))


def _key(version: Version | None) -> str:
    return version.digest if version and not version.gone else ""
