"""The documents of a pack as this store has them: which they are, and what two days of them differ in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING

from carnet.policy.rulebook import rulebook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from carnet.model.document import Document, Version
    from carnet.packs import Pack
    from carnet.stores.contract import DocumentStore


@dataclass(frozen=True, slots=True)
class Changed:
    """A document that reads otherwise at the end of another day."""

    document: Document
    old: Version
    new: Version


def covering(store: DocumentStore, document: Document, packs: Sequence[Pack]) -> Pack | None:
    """The pack whose rules speak of a document, if any.

    It is the pack of the document's collection, or of its address; a history that was imported under another
    collection is known by a version that a rule cites.
    """
    if document.example:
        return None
    for pack in packs:
        known = [one for one in pack.documents if one.name == document.name]
        if known and (document.collection == pack.id or any(one.url == document.url for one in known)):
            return pack
    cited = [(pack, prefixes) for pack in packs if (prefixes := _cited(pack, document.name))]
    digests = [version.digest for version in store.versions(document.id)] if cited else []
    return next((pack for pack, prefixes in cited if any(d.startswith(prefixes) for d in digests)), None)


@cache
def _cited(pack: Pack, name: str) -> tuple[str, ...]:
    """Versions of a document that the rules of a pack cite."""
    cites = (cite for rule in rulebook(pack).rules for cite in rule.cites)
    return tuple({cite.version for cite in cites if cite.document == name})


def covered_documents(store: DocumentStore, pack: Pack) -> list[Document]:
    """The pack's documents that have versions here, one for each name; its own collection's go first."""
    found: dict[str, Document] = {}
    for document in sorted(store.documents(), key=lambda one: one.collection != pack.id):
        known = document.name not in found and any(one.name == document.name for one in pack.documents)
        if known and store.counts(document.id)[1] and covering(store, document, [pack]):
            found[document.name] = document
    return [found[name] for name in sorted(found)]


def changed_documents(store: DocumentStore, pack: Pack, old: date, new: date) -> list[Changed]:
    """Documents of a pack whose text at the end of one day is not that of the other, by name."""
    found = []
    for document in covered_documents(store, pack):
        before, after = (store.version_at(document.id, end_of(day)) for day in (old, new))
        if before and after and (before.digest, before.gone) != (after.digest, after.gone):
            found.append(Changed(document, before, after))
    return found


def end_of(day: date) -> datetime:
    """The last moment of a day (UTC)."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1, microseconds=-1)
