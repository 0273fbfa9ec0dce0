"""Plain answers: what `--json` prints and the `.json` twin of a page serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.instants import written
from carnet.model.timeline import CollectionEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.difference import Comparison, Hunk, Line
    from carnet.model.document import Capture, Document, Sentence, Version
    from carnet.model.found import Found
    from carnet.model.timeline import DocumentEntry
    from carnet.stores.contract import DocumentStore

Answer = dict[str, object]


def timeline_answer(entries: Sequence[DocumentEntry] | Sequence[CollectionEntry]) -> Answer:
    """A timeline, oldest entry first."""
    return {
        "entries": [
            _collection_entry(entry) if isinstance(entry, CollectionEntry) else _document_entry(entry)
            for entry in entries
        ]
    }


def comparison_answer(comparison: Comparison) -> Answer:
    """A comparison with all its hunks; line numbers count from 0."""
    return {
        "document": comparison.document,
        "old": _end(comparison.old),
        "new": _end(comparison.new),
        "added": comparison.added,
        "removed": comparison.removed,
        "cosmetic": comparison.cosmetic,
        "hunks": [_hunk(hunk) for hunk in comparison.hunks],
    }


def documents_answer(store: DocumentStore, documents: Sequence[Document]) -> Answer:
    """The documents with their numbers of captures and versions, and how the newest capture ended."""
    return {"documents": [_document(store, document) for document in documents]}


def version_answer(document: Document, version: Version, text: bytes, sentences: Sequence[Sentence]) -> Answer:
    """One version with its text and its sentences."""
    return {
        "document": document.full_name,
        "url": document.url,
        "example": document.example,
        "at": written(version.at),
        "version": version.digest,
        "number": version.number,
        "gone": version.gone,
        "size": version.size,
        "text": text.decode("utf-8", "replace"),
        "sentences": [
            {"section": list(one.section), "line": one.line + 1, "text": one.text, "fingerprint": one.fingerprint}
            for one in sentences
        ],
    }


def search_answer(words: str, found: Sequence[Found]) -> Answer:
    """Where a phrase stands or stood."""
    return {
        "words": words,
        "found": [
            {
                "document": one.document,
                "first": written(one.first_at),
                "vanished": written(one.vanished_at) if one.vanished_at else None,
                "in_force": one.in_force,
                "spells": [
                    {
                        "from": written(spell.first_at),
                        "until": written(spell.vanished_at) if spell.vanished_at else None,
                    }
                    for spell in one.spells
                ],
                "section": list(one.section),
                "line": one.line + 1,
                "before": one.before,
                "match": one.match,
                "after": one.after,
            }
            for one in found
        ],
    }


def _document(store: DocumentStore, document: Document) -> Answer:
    captures, versions = store.counts(document.id)
    last = next(iter(store.captures(document.id, limit=1)), None)
    return {
        "name": document.full_name,
        "collection": document.collection,
        "url": document.url,
        "media": document.media.value if document.media else None,
        "every": int(document.every.total_seconds()) if document.every else None,
        "watched": document.watched,
        "example": document.example,
        "captures": captures,
        "versions": versions,
        "last": _capture(last) if last else None,
    }


def _collection_entry(entry: CollectionEntry) -> Answer:
    return {"at": written(entry.at), "documents": list(entry.documents)}


def _document_entry(entry: DocumentEntry) -> Answer:
    version, step = entry.version, entry.transition
    return {
        "at": written(version.at),
        "added": step.added,
        "removed": step.removed,
        "cosmetic": step.cosmetic,
        "reverts": step.reverts is not None,
        "version": version.digest,
        "number": version.number,
        "reverts_to": step.reverts,
        "injected": step.injected,
        "gone": version.gone,
    }


def _end(version: Version) -> Answer:
    return {"at": written(version.at), "version": version.digest}


def _capture(capture: Capture) -> Answer:
    return {"at": written(capture.at), "outcome": capture.outcome.value, "status": capture.status, "why": capture.why}


def _hunk(hunk: Hunk) -> Answer:
    return {
        "section": list(hunk.section),
        "old_start": hunk.old_start + 1,
        "new_start": hunk.new_start + 1,
        "cosmetic": hunk.cosmetic,
        "lines": [_line(line) for line in hunk.lines],
        "sentences": [
            {"mark": change.mark.value, "text": change.text, "fingerprint": change.fingerprint}
            for change in hunk.sentences
        ],
    }


def _number(line: int | None) -> int | None:
    """A line as people and other programs count them: from 1."""
    return None if line is None else line + 1


def _line(line: Line) -> Answer:
    answer: Answer = {
        "mark": line.mark.value,
        "old": _number(line.old),
        "new": _number(line.new),
        "text": line.text,
        "spans": [{"mark": span.mark.value, "text": span.text} for span in line.spans],
        "pair": _number(line.pair),
    }
    return {**answer, "unended": True} if line.unended else answer
