"""Plain answers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.documents.answers import (
    comparison_answer,
    documents_answer,
    search_answer,
    timeline_answer,
    version_answer,
)
from carnet.documents.compare import compare
from carnet.documents.search import search
from carnet.documents.sentences import sentences
from carnet.documents.timeline import collection_timeline, document_timeline
from carnet.model.document import Media, Outcome
from tests import make

if TYPE_CHECKING:
    from carnet.model.document import Document
    from carnet.stores.contract import Store


def recorded(store: Store, *texts: bytes | None) -> Document:
    """A document with these texts, an hour apart."""
    page = store.documents.add_document(make.document(media=Media.MARKDOWN, every=timedelta(minutes=30), watched=True))
    store.documents.record([make.observation(page.id, hour, text) for hour, text in enumerate(texts)])
    return page


def test_a_document_timeline_is_written_oldest_first(store: Store) -> None:
    page = recorded(store, b"a\n", b"b\nc\n", b"a\n", None)

    answer = json.loads(json.dumps(timeline_answer(document_timeline(store.documents, page))))

    assert [entry["at"] for entry in answer["entries"]] == [f"2026-04-01T0{hour}:00:00Z" for hour in range(4)]
    assert [(entry["added"], entry["removed"]) for entry in answer["entries"]] == [(1, 0), (2, 1), (1, 2), (0, 1)]
    assert [entry["reverts"] for entry in answer["entries"]] == [False, False, True, False]
    assert [entry["reverts_to"] for entry in answer["entries"]] == [None, None, 1, None]
    assert [entry["gone"] for entry in answer["entries"]] == [False, False, False, True]
    assert answer["entries"][0]["version"] == make.version(1, b"a\n").digest
    assert answer["entries"][0]["cosmetic"] is False


def test_a_collection_timeline_names_its_documents(store: Store) -> None:
    recorded(store, b"a\n", b"b\n")

    assert timeline_answer(collection_timeline(store.documents, "agent")) == {
        "entries": [{"at": "2026-04-01T01:00:00Z", "documents": ["data-usage"]}]
    }


def test_a_comparison_is_written_with_lines_words_and_sentences() -> None:
    old, new = b"## A\n\nKept 30 days.\n", b"## A\n\nKept 60 days."

    answer = comparison_answer(compare("agent/page", make.version(1, old), make.version(2, new), old, new))

    assert json.loads(json.dumps(answer)) == {
        "document": "agent/page",
        "old": {"at": "2026-04-01T00:00:00Z", "version": make.version(1, old).digest},
        "new": {"at": "2026-04-01T01:00:00Z", "version": make.version(1, new).digest},
        "added": 1,
        "removed": 1,
        "cosmetic": False,
        "hunks": [
            {
                "section": ["A"],
                "old_start": 3,
                "new_start": 3,
                "cosmetic": False,
                "lines": [
                    {
                        "mark": "removed",
                        "old": 3,
                        "new": None,
                        "text": "Kept 30 days.",
                        "spans": [
                            {"mark": "same", "text": "Kept "},
                            {"mark": "removed", "text": "30"},
                            {"mark": "same", "text": " days."},
                        ],
                        "pair": 3,
                    },
                    {
                        "mark": "added",
                        "old": None,
                        "new": 3,
                        "text": "Kept 60 days.",
                        "spans": [
                            {"mark": "same", "text": "Kept "},
                            {"mark": "added", "text": "60"},
                            {"mark": "same", "text": " days."},
                        ],
                        "pair": 3,
                        "unended": True,
                    },
                ],
                "sentences": [
                    {"mark": "removed", "text": "Kept 30 days.", "fingerprint": "s1:54bb537b7364fe78"},
                    {"mark": "added", "text": "Kept 60 days.", "fingerprint": "s1:f266fc419b372319"},
                ],
            }
        ],
    }


def test_documents_are_written_with_counts_and_the_last_capture(store: Store) -> None:
    page = recorded(store, b"a\n", b"b\n")
    store.documents.record_attempt(replace(make.attempt(page.id, 5, Outcome.FAILED, "timeout"), status=504))
    store.documents.add_document(make.document("other"))

    answer = json.loads(json.dumps(documents_answer(store.documents, store.documents.documents())))

    assert answer["documents"][0] == {
        "name": "agent/data-usage",
        "collection": "agent",
        "url": page.url,
        "media": "markdown",
        "every": 1800,
        "watched": True,
        "example": False,
        "captures": 3,
        "versions": 2,
        "last": {"at": "2026-04-01T05:00:00Z", "outcome": "failed", "status": 504, "why": "timeout"},
    }
    assert (answer["documents"][1]["media"], answer["documents"][1]["last"]) == (None, None)


def test_a_version_is_written_with_its_sentences(store: Store) -> None:
    page = recorded(store, b"# T\n\n## A\n\nIt is on.\xff\n")
    version = store.documents.versions(page.id)[0]
    text = store.documents.text(version.digest)

    answer = json.loads(json.dumps(version_answer(page, version, text, sentences(text))))

    assert (answer["document"], answer["at"], answer["version"]) == (
        "agent/data-usage",
        "2026-04-01T00:00:00Z",
        version.digest,
    )
    assert answer["text"].endswith("It is on.\ufffd\n")
    assert [(one["section"], one["line"]) for one in answer["sentences"]] == [(["A"], 5)]


def test_what_was_found_is_written_with_its_spells(store: Store) -> None:
    recorded(store, b"kept\n", b"x\n", b"kept on\n")

    answer = json.loads(json.dumps(search_answer("kept", search(store.documents, "kept"))))

    assert answer["words"] == "kept"
    assert answer["found"][0]["spells"] == [
        {"from": "2026-04-01T00:00:00Z", "until": "2026-04-01T01:00:00Z"},
        {"from": "2026-04-01T02:00:00Z", "until": None},
    ]
    assert (answer["found"][0]["match"], answer["found"][0]["after"]) == ("kept", " on")
    assert (answer["found"][0]["vanished"], answer["found"][0]["in_force"]) == (None, True)
