"""The step from each version to the next, in figures; derived once, then kept by the store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.documents.layout import layout
from carnet.documents.lines import numstat
from carnet.documents.noise import gives_orders, say_the_same
from carnet.model.difference import Transition
from carnet.model.timeline import DocumentEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carnet.model.document import Document, Version
    from carnet.stores.contract import DocumentStore

Key = tuple[str, str]

DERIVATION = 1
"""Raised when a step comes out differently (counts, cosmetic, injected): what the store kept is derived again."""


def transition(earlier: Sequence[Version], old_text: bytes, new: Version, new_text: bytes) -> Transition:
    """The step to a version from the one before it (`earlier[-1]`; an empty text where there is none)."""
    return replace(_step(_Text(old_text), _Text(new_text)), reverts=reverts(earlier, new))


def reverts(earlier: Sequence[Version], new: Version) -> int | None:
    """Number of the latest earlier version, not the one just before, with the text this one has."""
    if new.gone:
        return None
    return next((one.number for one in reversed(earlier[:-1]) if not one.gone and one.digest == new.digest), None)


def transitions_of(store: DocumentStore, document: Document) -> list[DocumentEntry]:
    """Every version of a document with the step that led to it, oldest first; what was missing is derived and kept."""
    versions = store.versions(document.id)
    if not versions:
        return []
    keys = list(zip(["", *map(_digest, versions[:-1])], map(_digest, versions), strict=True))
    steps = dict(store.transitions(document.id, derivation=DERIVATION))
    missing = [key for key in dict.fromkeys(keys) if key not in steps]
    if missing:
        derived = _derive(store, missing)
        store.keep_transitions(document.id, derived, derivation=DERIVATION)
        steps |= derived
    latest: dict[str, int] = {}
    entries: list[DocumentEntry] = []
    for version, key in zip(versions, keys, strict=True):
        # what a text returns to depends on the whole history, so it is never taken from the kept step
        entries.append(DocumentEntry(version, replace(steps[key], reverts=latest.get(key[1]))))
        if key[1]:
            latest[key[1]] = version.number
    return entries


def _digest(version: Version) -> str:
    return "" if version.gone else version.digest


def _derive(store: DocumentStore, missing: Sequence[Key]) -> Mapping[Key, Transition]:
    """Derive steps while reading every text once; a text is let go when its last step is done."""
    waiting: dict[str, list[Key]] = {}
    for key in missing:
        for digest in set(key):
            waiting.setdefault(digest, []).append(key)
    texts = {"": _Text(b"")}
    derived: dict[Key, Transition] = {}
    for digest, text in store.texts(digest for digest in waiting if digest):
        texts[digest] = _Text(text)
        for key in [key for key in waiting[digest] if key[0] in texts and key[1] in texts]:
            derived[key] = _step(texts[key[0]], texts[key[1]])
            _release(key, waiting, texts)
    for key in missing:
        if key == ("", ""):  # an empty text that came back as nothing, or the other way round
            derived[key] = _step(texts[""], texts[""])
    return derived


def _release(key: Key, waiting: dict[str, list[Key]], texts: dict[str, _Text]) -> None:
    for digest in set(key):
        waiting[digest].remove(key)
        if digest and not waiting[digest]:
            del texts[digest]


class _Text:
    """A text and its blocks, laid out once for the step to it and the step from it."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.blocks = layout(text)
        self.orders = gives_orders(self.blocks)


def _step(old: _Text, new: _Text) -> Transition:
    added, removed = numstat(old.text, new.text)
    same = old.text == new.text or say_the_same(old.blocks, new.blocks)
    return Transition(added, removed, same, None, new.orders and not old.orders)
