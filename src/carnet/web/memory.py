"""What pages remember between requests: histories already read, so that a long timeline is read once."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, TypeVar, cast

from carnet.documents.compare import version_text
from carnet.documents.timeline import collection_timeline
from carnet.documents.transitions import DERIVATION, transition, transitions_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence, Sized

    from carnet.model.difference import Transition
    from carnet.model.document import Document, Version
    from carnet.model.timeline import CollectionEntry, DocumentEntry
    from carnet.stores.contract import DocumentStore

    Pair = tuple[Version | None, Version]

Kept = TypeVar("Kept", bound="Sized")
MOST = 200_000
"""Entries remembered in all (some 100 bytes each); what was asked for longest ago is forgotten first."""


class Memory:
    """Answers derived from histories, valid while the documents stand where they stood.

    A new version, one recorded in the middle of a history and a changed derivation all change the number, the text
    or the capture of the newest version: then the answer is made anew.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[object, tuple[object, Sized]] = OrderedDict()
        self._steps: dict[tuple[int, str, str], Transition] = {}
        self._loaded: set[int] = set()
        self._lock = Lock()

    def recall(self, key: object, stamp: object, make: Callable[[], Kept]) -> Kept:
        """The answer under a key, made anew when its stamp is another than last time."""
        with self._lock:
            known = self._answers.get(key)
            if known and known[0] == stamp:
                self._answers.move_to_end(key)
                return cast("Kept", known[1])
        made = make()
        with self._lock:
            self._answers[key] = (stamp, made)
            self._answers.move_to_end(key)
            while len(self._answers) > 1 and sum(len(answer) + 1 for _, answer in self._answers.values()) > MOST:
                self._answers.popitem(last=False)
        return made

    def timeline(self, store: DocumentStore, document: Document) -> list[DocumentEntry]:
        """All entries of a document, oldest first."""
        return self.timelines(store, [document])[document.id]

    def timelines(self, store: DocumentStore, documents: Sequence[Document]) -> Mapping[int, list[DocumentEntry]]:
        """All entries of these documents, by id."""
        stamps = stand(store, documents)
        return {one.id: self._timeline(store, one, stamps[one.id]) for one in documents}

    def _timeline(self, store: DocumentStore, document: Document, newest: Version | None) -> list[DocumentEntry]:
        if newest is None:
            return []
        return self.recall(document.id, newest, lambda: transitions_of(store, document))

    def days(self, store: DocumentStore, collection: str) -> list[CollectionEntry]:
        """All entries of a collection, oldest first."""
        stamp = stand(store, store.documents(collection))
        return self.recall(("days", collection), stamp, lambda: collection_timeline(store, collection))

    def step(self, store: DocumentStore, document: Document, old: Version | None, new: Version) -> Transition:
        """The step between any two versions (from nothing, where there is no old one), without its `reverts`."""
        return self.steps(store, document, [(old, new)])[0]

    def steps(self, store: DocumentStore, document: Document, pairs: Sequence[Pair]) -> list[Transition]:
        """Many steps of one document; what no one derived yet is derived and kept in one go."""
        keys = [(document.id, _digest(old), _digest(new)) for old, new in pairs]
        if any(key not in self._steps for key in keys):
            self._load(store, document.id)
        missing = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in self._steps}
        derived = {key: _derived(store, *pair) for key, pair in missing.items()}
        if derived:
            store.keep_transitions(document.id, {key[1:]: s for key, s in derived.items()}, derivation=DERIVATION)
        with self._lock:
            self._steps |= derived
            return [self._steps[key] for key in keys]

    def _load(self, store: DocumentStore, document: int) -> None:
        """Read the kept steps of a document, once."""
        if document in self._loaded:
            return
        kept = store.transitions(document, derivation=DERIVATION)
        with self._lock:
            self._steps |= {(document, *pair): step for pair, step in kept.items()}
            self._loaded.add(document)


def stand(store: DocumentStore, documents: Sequence[Document]) -> dict[int, Version | None]:
    """The newest version of each document: what an answer about them depends on."""
    standing = store.standing([document.id for document in documents])
    return {document.id: standing.get(document.id, (None, None))[1] for document in documents}


def _derived(store: DocumentStore, old: Version | None, new: Version) -> Transition:
    return transition([], version_text(store, old) if old else b"", new, version_text(store, new))


def _digest(version: Version | None) -> str:
    return version.digest if version and not version.gone else ""
