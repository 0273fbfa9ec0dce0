"""Finding a document by name, and one of its versions by date, instant or digest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rapidfuzz import process

from carnet.documents.instants import FORMS, is_instant, parse_instant
from carnet.errors import AmbiguousError, CarnetError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.document import Document, Version
    from carnet.stores.contract import DocumentStore

__all__ = ["find_document", "members_of", "pair_for", "parse_instant", "version_for"]

_DIGEST = re.compile(r"[0-9a-f]{8,64}", re.IGNORECASE)


def find_document(store: DocumentStore, name: str) -> Document:
    """The document of that full name, or the only one whose name ends in these parts.

    A short name looks among documents that have versions first: watching a page that was never captured
    does not make the name of an imported one ambiguous. Nor does the example make a real one's.
    """
    documents = store.documents()
    wanted = name.strip().strip("/")
    exact = [document for document in documents if wanted in {document.full_name, document.url}]
    found = exact or [document for document in documents if f"/{document.full_name}".endswith(f"/{wanted}") and wanted]
    if len(found) > 1 and not exact:
        found = [document for document in found if store.counts(document.id)[1]] or found
        found = [document for document in found if not document.example] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise _ambiguous(name, sorted(document.full_name for document in found))
    raise NotFoundError(_unknown(name, documents))


def members_of(store: DocumentStore, collection: str) -> list[Document]:
    """The documents of a collection. Raises NotFoundError where there is none of that name."""
    documents = store.documents(collection)
    if not documents:
        known = ", ".join(sorted({document.collection for document in store.documents()}))
        raise NotFoundError(f"there is no collection {collection!r}; there is {known or 'none yet'}")
    return documents


def version_for(store: DocumentStore, document: Document, text: str) -> Version:
    """The version a user means by a date, an instant or the beginning of a digest.

    A date means that day's timeline entry, or else the version in force at the end of that day (UTC);
    both are the version in force at the day's last moment.
    """
    wanted = text.strip()
    if not is_instant(wanted) and _DIGEST.fullmatch(wanted):
        return _by_digest(store, document, wanted.lower())
    instant = parse_instant(wanted)
    version = store.version_at(document.id, instant)
    if version is None:
        raise NotFoundError(_before_first(store, document, wanted))
    return version


def pair_for(store: DocumentStore, document: Document, span: str | None) -> tuple[Version, Version]:
    """Two versions to compare: `OLD..NEW`; `T` alone means T and the version before it, None the last two."""
    versions = store.versions(document.id)
    if not span:
        return _with_predecessor(document, versions, versions[-1] if versions else None)
    old, dots, new = span.partition("..")
    if not dots:
        return _with_predecessor(document, versions, version_for(store, document, old))
    if not old:
        return _with_predecessor(document, versions, version_for(store, document, new))
    return version_for(store, document, old), version_for(store, document, new) if new else versions[-1]


def _with_predecessor(document: Document, versions: Sequence[Version], new: Version | None) -> tuple[Version, Version]:
    if new is None:
        raise NotFoundError(f"{document.full_name} has no version yet: carnet capture {document.full_name}")
    before = [version for version in versions if version.number < new.number]
    if not before:
        raise NotFoundError(
            f"{document.full_name} has nothing before its first version of {new.at:%Y-%m-%d %H:%M} UTC to compare with"
        )
    return before[-1], new


def _by_digest(store: DocumentStore, document: Document, prefix: str) -> Version:
    found = [version for version in store.versions(document.id) if version.digest.startswith(prefix)]
    if not found:
        raise NotFoundError(
            f"{document.full_name} has no version {prefix}; carnet timeline {document.full_name} lists them"
        )
    digests = sorted({version.digest for version in found})
    if len(digests) > 1:
        raise AmbiguousError(f"{prefix} stands for more than one version: {', '.join(digests)}", tuple(digests))
    return found[-1]


def _before_first(store: DocumentStore, document: Document, wanted: str) -> str:
    versions = store.versions(document.id)
    if not versions:
        return f"{document.full_name} has no version yet: carnet capture {document.full_name}"
    return (
        f"{document.full_name} has no version as of {wanted}; "
        f"the first was captured {min(version.at for version in versions):%Y-%m-%d %H:%M} UTC (write {FORMS})"
    )


def _ambiguous(name: str, candidates: list[str]) -> CarnetError:
    return AmbiguousError(f"{name!r} stands for more than one document: {', '.join(candidates)}", tuple(candidates))


def _unknown(name: str, documents: Sequence[Document]) -> str:
    if not documents:
        return f"no document {name!r}: nothing is watched or imported yet (carnet watch URL, carnet import SOURCE)"
    names = {spelling: document.full_name for document in documents for spelling in (document.name, document.full_name)}
    near = process.extract(name, list(names), limit=6, score_cutoff=60)
    likely = list(dict.fromkeys(names[spelling] for spelling, _, _ in near))[:3]
    hint = f"did you mean {' or '.join(likely)}?" if likely else "carnet documents lists them"
    return f"no document {name!r}; {hint}"
