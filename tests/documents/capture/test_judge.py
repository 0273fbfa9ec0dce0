"""What a capture comes to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.documents.capture import judge
from carnet.documents.capture.answer import Answer
from carnet.documents.capture.derive import Derived
from carnet.documents.capture.hygiene import Doubt
from carnet.documents.capture.known import Known, known
from carnet.errors import FetchError
from carnet.model.document import Attempt, Observation, Outcome
from tests import make

if TYPE_CHECKING:
    from carnet.stores.contract import Store

ANSWER = Answer(200, "https://pages.test/agent/data-usage.md", (("content-type", "text/markdown"),), b"Text.\n")


def test_a_reason_is_one_bounded_line() -> None:
    entry = judge.failed(make.document(), FetchError("a\nb\t" + "c" * 9_000, "x"), make.at(1)).entry
    assert isinstance(entry, Attempt)
    assert entry.capture.why.startswith("a b ccc")
    assert len(entry.capture.why) <= judge.LONGEST_WHY + 1


def test_a_304_carries_the_validators_it_leaves_out(store: Store) -> None:
    document = store.documents.add_document(make.document())
    store.documents.record([replace(make.observation(document.id, 1), headers=(("etag", '"1"'), ("date", "x")))])
    before = known(store, [document])[document.id]
    entry = judge.unchanged(document, Answer(304, document.url, ()), make.at(2), before).entry
    assert isinstance(entry, Attempt)
    assert entry.capture.headers == (("etag", '"1"'),)


def test_a_small_collection_is_doubted_only_for_shrinking(store: Store) -> None:
    document = store.documents.add_document(make.document())
    store.documents.record([make.observation(document.id, 1, b"Old line.\n" * 9)])
    before = known(store, [document])[document.id]
    for text, run, doubt in (
        (b"New line.\n" * 9, 1, Doubt.NONE),
        (b"New line.\n" * 9, 9, Doubt.WILD),
        (b"x", 1, Doubt.SHRUNK),
    ):
        found = judge.changed(store, document, ANSWER, make.at(2), before, Derived(text, None, ""), run)
        assert found.doubt is doubt
        assert isinstance(found.entry, Observation)


def test_an_address_that_answered_itself_is_not_recorded_twice() -> None:
    document = make.document()
    entry = judge.unchanged(document, ANSWER, make.at(1), Known(None, None, None, None)).entry
    assert isinstance(entry, Attempt)
    assert entry.capture.final_url == ""


def test_a_held_entry_keeps_text_bytes_and_evidence() -> None:
    seen = replace(make.observation(1, 1, b"Text.\n", raw=b"<p>Text."), status=200, headers=(("etag", "1"),))
    attempt = judge.held(judge.Judged(seen), "shrank")
    assert (attempt.text, attempt.raw) == (b"Text.\n", b"<p>Text.")
    assert (attempt.capture.outcome, attempt.capture.why, attempt.capture.headers) == (
        Outcome.HELD,
        "shrank",
        seen.headers,
    )
