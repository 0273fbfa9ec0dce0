"""What every store does, whatever it is made of. A new implementation joins in conftest.py."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.errors import BusyError, NotFoundError
from carnet.model.difference import Transition
from carnet.model.document import Attempt, Media, Observation, Outcome
from tests import make

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from random import Random

    from carnet.model.document import Version
    from carnet.stores.contract import Store

A, B, C = b"Line one.\n", b"Line one.\nLine two.\n", b"Something else.\n"


def sha(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def added(store: Store, name: str = "data-usage") -> int:
    return store.documents.add_document(make.document(name)).id


def told(versions: Sequence[Version]) -> list[tuple[str, bool]]:
    return [(version.digest, version.gone) for version in versions]


# --- documents


def test_a_document_comes_back_with_all_its_attributes(store: Store) -> None:
    noun = make.document(
        media=Media.HTML,
        every=timedelta(minutes=30),
        selector="main",
        browser=True,
        filters=(".nav", "footer"),
        watched=True,
        example=True,
    )
    kept = store.documents.add_document(noun)
    assert kept.id > 0
    assert replace(kept, id=0) == noun
    assert store.documents.documents() == [kept]


def test_a_document_added_again_is_the_one_that_is_there(store: Store) -> None:
    first = store.documents.add_document(make.document())
    assert store.documents.add_document(make.document()) == first
    assert store.documents.add_document(make.document(name="renamed", url=first.url)) == first
    assert store.documents.add_document(make.document(url="https://elsewhere.test/")) == first
    assert store.documents.add_document(make.document(collection="other")).id != first.id


def test_documents_are_listed_by_collection_and_name(store: Store) -> None:
    for collection, name in (("b", "x"), ("a", "z"), ("a", "y")):
        store.documents.add_document(make.document(name, collection))
    assert [each.full_name for each in store.documents.documents()] == ["a/y", "a/z", "b/x"]
    assert [each.full_name for each in store.documents.documents("a")] == ["a/y", "a/z"]


def test_a_document_is_changed_in_place(store: Store) -> None:
    kept = store.documents.add_document(make.document())
    store.documents.change_document(replace(kept, watched=True, name="renamed"))
    assert store.documents.documents() == [replace(kept, watched=True, name="renamed")]


def test_changing_an_unknown_document_says_so(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no document with id 77"):
        store.documents.change_document(replace(make.document(), id=77))


def test_removing_a_document_takes_its_captures_and_texts_and_leaves_the_others(store: Store) -> None:
    kept, doomed = (store.documents.add_document(make.document(name)) for name in ("kept", "doomed"))
    for each in (kept, doomed):
        store.documents.record([make.observation(each.id, 1, A, source="one"), make.observation(each.id, 2, B)])
    store.documents.record([make.observation(doomed.id, 3, C)])
    store.documents.keep_transitions(doomed.id, {(sha(A), sha(B)): Transition(1, 0, False, None, False)})
    store.documents.remove_documents([doomed])
    assert store.documents.documents() == [kept]
    assert store.documents.captures(doomed.id) == []
    assert store.documents.text(sha(B)) == B
    assert [capture.source for capture in store.documents.captures(kept.id)] == ["", "one"]
    with pytest.raises(NotFoundError):
        store.documents.text(sha(C))


# --- recording


def test_the_first_text_is_new_and_the_same_again_is_unchanged(store: Store) -> None:
    owner = added(store)
    seen = store.documents.record([make.observation(owner, n, text) for n, text in enumerate([A, A, B, A])])
    assert [capture.outcome for capture in seen] == [Outcome.NEW, Outcome.UNCHANGED, Outcome.NEW, Outcome.NEW]
    assert [(version.number, version.digest) for version in store.documents.versions(owner)] == [
        (1, sha(A)),
        (2, sha(B)),
        (3, sha(A)),
    ]
    assert store.documents.counts(owner) == (4, 3)


def test_a_version_points_at_the_capture_that_first_showed_it(store: Store) -> None:
    owner = added(store)
    first, _ = store.documents.record([make.observation(owner, 1, A), make.observation(owner, 2, A)])
    [version] = store.documents.versions(owner)
    assert (version.capture, version.at, version.size) == (first.id, make.at(1), len(A))


def test_what_a_capture_carries_is_kept(store: Store) -> None:
    owner = added(store)
    observed = Observation(
        owner,
        make.at(1.000001),
        A,
        raw=b"<p>Line one.",
        status=200,
        final_url="https://pages.test/moved",
        headers=(("ETag", '"ü"'), ("Last-Modified", "x")),
        source="git 1",
        normaliser="html-1",
    )
    [capture] = store.documents.record([observed])
    assert store.documents.captures(owner) == [capture]
    assert (capture.at, capture.status, capture.final_url) == (observed.at, 200, observed.final_url)
    assert (capture.headers, capture.source, capture.size) == (observed.headers, "git 1", len(A))
    assert store.documents.versions(owner)[0].normaliser == "html-1"
    assert store.documents.raw(capture.id) == b"<p>Line one."


def test_raw_bytes_are_the_text_where_nothing_else_came(store: Store) -> None:
    owner = added(store)
    first, gone = store.documents.record([make.observation(owner, 1, A, raw=A), make.observation(owner, 2, None)])
    assert store.documents.raw(first.id) == A
    with pytest.raises(NotFoundError, match=f"capture {gone.id}"):
        store.documents.raw(gone.id)


def test_recording_again_adds_nothing_and_returns_what_is_there(store: Store) -> None:
    owner = added(store)
    seen = [make.observation(owner, n, text) for n, text in enumerate([A, B, None, B])]
    first = store.documents.record(seen)
    assert store.documents.record(seen) == first
    assert store.documents.record([seen[2], seen[2], seen[0]]) == [first[2], first[2], first[0]]
    assert store.documents.counts(owner) == (4, 4)


def test_one_observation_twice_in_a_batch_is_one_capture(store: Store) -> None:
    owner = added(store)
    one, other = store.documents.record([make.observation(owner, 1, A), make.observation(owner, 1, A)])
    assert one == other
    assert store.documents.counts(owner) == (1, 1)


def test_the_order_decides_where_the_clock_went_backwards(store: Store) -> None:
    owner = added(store)
    store.documents.record(
        [
            make.observation(owner, 5, A),
            make.observation(owner, 3, B, order=6),
            make.observation(owner, 4, C, order=7),
        ]
    )
    assert [version.digest for version in store.documents.versions(owner)] == [sha(A), sha(B), sha(C)]
    assert [version.at for version in store.documents.versions(owner)] == [make.at(5), make.at(3), make.at(4)]


def test_a_disappearance_is_a_version_without_text_and_so_is_the_return(store: Store) -> None:
    owner = added(store)
    seen = store.documents.record([make.observation(owner, n, text) for n, text in enumerate([A, None, None, A])])
    assert [capture.outcome for capture in seen] == [Outcome.NEW, Outcome.NEW, Outcome.UNCHANGED, Outcome.NEW]
    versions = store.documents.versions(owner)
    assert told(versions) == [(sha(A), False), (sha(b""), True), (sha(A), False)]
    assert versions[1].size == 0
    assert store.documents.text(versions[1].digest) == b""


def test_an_empty_text_is_a_text(store: Store) -> None:
    owner = added(store)
    store.documents.record([make.observation(owner, n, text) for n, text in enumerate([b"", None, b""])])
    assert told(store.documents.versions(owner)) == [(sha(b""), False), (sha(b""), True), (sha(b""), False)]


def test_not_there_before_anything_was_seen_is_a_failure_that_names_its_reason(store: Store) -> None:
    owner = added(store)
    [capture] = store.documents.record([make.observation(owner, 1, None)])
    assert capture.outcome is Outcome.FAILED
    assert "never seen" in capture.why
    assert store.documents.versions(owner) == []


def test_an_earlier_text_turns_failures_into_a_disappearance(store: Store) -> None:
    owner = added(store)
    store.documents.record([make.observation(owner, n, None) for n in (2, 3)])
    store.documents.record([make.observation(owner, 1, A)])
    assert told(store.documents.versions(owner)) == [(sha(A), False), (sha(b""), True)]
    assert [each.outcome for each in store.documents.captures(owner)] == [
        Outcome.UNCHANGED,
        Outcome.NEW,
        Outcome.NEW,
    ]
    assert {each.why for each in store.documents.captures(owner)} == {""}


def test_an_observation_between_two_others_is_decided_and_decides_its_successor(store: Store) -> None:
    owner = added(store)
    store.documents.record([make.observation(owner, 1, A), make.observation(owner, 5, B)])
    store.documents.record([make.observation(owner, 3, B)])
    assert [version.at for version in store.documents.versions(owner)] == [make.at(1), make.at(3)]
    store.documents.record([make.observation(owner, 4, C)])
    assert [version.digest for version in store.documents.versions(owner)] == [sha(A), sha(B), sha(C), sha(B)]


def test_recording_for_an_unknown_document_writes_nothing_at_all(store: Store) -> None:
    owner = added(store)
    with pytest.raises(NotFoundError, match="no document with id 99"):
        store.documents.record([make.observation(owner, 1, A), make.observation(99, 1, A)])
    assert store.documents.counts(owner) == (0, 0)


def test_a_time_without_zone_is_refused_and_nothing_is_written(store: Store) -> None:
    owner = added(store)
    naive = replace(make.observation(owner, 2, A), at=make.at(2).replace(tzinfo=None))
    with pytest.raises(ValueError, match="no time zone"):
        store.documents.record([make.observation(owner, 1, A), naive])
    assert store.documents.counts(owner) == (0, 0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from([A, B, C, None]), st.one_of(st.none(), st.integers(0, 12))),
        max_size=14,
        unique_by=lambda each: each[0] if each[2] is None else each[2],
    ),
    chance=st.randoms(use_true_random=False),
)
def test_versions_never_depend_on_the_order_of_recording(
    store: Store, history: list[tuple[int, bytes | None, int | None]], chance: Random
) -> None:
    """Any batches in any order give what the sorted history gives (places are distinct: ties keep their order)."""
    in_order, shuffled = added(store, uuid4().hex), added(store, uuid4().hex)
    placed = sorted(history, key=lambda each: each[0] if each[2] is None else each[2])
    store.documents.record([make.observation(in_order, hours, text, order=order) for hours, text, order in placed])
    chance.shuffle(history)
    while history:
        batch = [history.pop() for _ in range(min(len(history), chance.randint(1, 5)))]
        store.documents.record([make.observation(shuffled, hours, text, order=order) for hours, text, order in batch])
    assert told(store.documents.versions(shuffled)) == told(store.documents.versions(in_order))
    assert told(store.documents.versions(in_order)) == by_the_law([text for _, text, _ in placed])
    assert outcomes(store, shuffled) == outcomes(store, in_order)


def outcomes(store: Store, owner: int) -> list[tuple[object, ...]]:
    return sorted((each.at, each.outcome, each.digest, each.why) for each in store.documents.captures(owner))


def by_the_law(texts: Sequence[bytes | None]) -> list[tuple[str, bool]]:
    """The law, said as plainly as it can be."""
    versions: list[tuple[str, bool]] = []
    before: bytes | None = None
    for text in texts:
        if text != before:
            versions.append((sha(text or b""), text is None))
        before = text
    return versions


# --- attempts


def test_an_attempt_is_a_capture_and_never_a_version(store: Store) -> None:
    owner = added(store)
    store.documents.record([make.observation(owner, 1, A)])
    held = replace(make.attempt(owner, 2, Outcome.HELD, "shrank by 80 %"), status=200, headers=(("ETag", "x"),))
    kept = store.documents.record_attempt(held, text=B, raw=C)
    assert replace(kept, id=0) == replace(held, digest=sha(B), size=len(B))
    assert store.documents.text(kept.digest) == B
    assert store.documents.raw(kept.id) == C
    assert len(store.documents.versions(owner)) == 1
    assert store.documents.captures(owner, limit=1) == [kept]


def test_an_attempt_without_bytes_keeps_the_text_it_names(store: Store) -> None:
    owner, other = added(store), added(store, "other")
    store.documents.record([make.observation(owner, 1, A), make.observation(other, 1, B)])
    named = [replace(make.attempt(owner, n), status=304, digest=sha(text)) for n, text in ((2, A), (3, B), (4, C))]
    kept = store.documents.record_attempts([Attempt(each) for each in named])
    assert [(each.digest, each.size) for each in kept] == [(sha(A), len(A)), ("", 0), ("", 0)]


def test_attempts_recorded_again_add_nothing(store: Store) -> None:
    owner = added(store)
    many = [Attempt(make.attempt(owner, n, Outcome.FAILED, "timed out")) for n in range(5)]
    first = store.documents.record_attempts(many)
    assert store.documents.record_attempts(many) == first
    assert store.documents.counts(owner) == (5, 0)


def test_an_attempt_without_bytes_keeps_the_text_it_names_where_the_document_has_it(store: Store) -> None:
    owner, other = added(store), added(store, "other")
    store.documents.record([make.observation(owner, 1, A)])
    repeated = [replace(make.attempt(each, 2), digest=sha(A), size=len(A)) for each in (owner, other)]
    mine, theirs = store.documents.record_attempts([Attempt(each) for each in repeated])
    assert (mine.digest, mine.size) == (sha(A), len(A))
    assert theirs.digest == ""


def test_an_attempt_does_not_part_two_observations(store: Store) -> None:
    owner = added(store)
    store.documents.record([make.observation(owner, 1, A)])
    store.documents.record_attempt(make.attempt(owner, 2, Outcome.HELD), text=B)
    store.documents.record([make.observation(owner, 3, A)])
    assert len(store.documents.versions(owner)) == 1


# --- reading


def test_standing_is_the_newest_capture_and_the_newest_version_of_each(store: Store) -> None:
    owner, other, absent = added(store), added(store, "other"), 10_000
    store.documents.record([make.observation(owner, 1, A), make.observation(owner, 2, B)])
    store.documents.record_attempt(make.attempt(owner, 3, Outcome.FAILED, "timed out"))
    found = store.documents.standing([owner, other, absent])
    assert found[owner] == (store.documents.captures(owner, limit=1)[0], store.documents.versions(owner)[-1])
    assert found[other] == (None, None)
    assert absent not in found


def test_captures_are_newest_first_between_two_instants_both_included(store: Store) -> None:
    owner = added(store)
    store.documents.record([make.observation(owner, n, A) for n in range(6)])
    read = store.documents.captures(owner, since=make.at(1), until=make.at(4))
    assert [capture.at for capture in read] == [make.at(n) for n in (4, 3, 2, 1)]
    assert store.documents.captures(owner, since=make.at(1), until=make.at(4), limit=2) == read[:2]


def test_the_last_capture_is_found_by_outcome(store: Store) -> None:
    owner = added(store)
    store.documents.record([make.observation(owner, n, text) for n, text in enumerate([A, A, B])])
    failed = store.documents.record_attempt(make.attempt(owner, 9, Outcome.FAILED, "timed out"))
    newest = store.documents.captures(owner)
    assert store.documents.last_capture(owner, [Outcome.NEW]) == newest[1]
    assert store.documents.last_capture(owner, [Outcome.UNCHANGED]) == newest[2]
    assert store.documents.last_capture(owner, [Outcome.NEW, Outcome.UNCHANGED]) == newest[1]
    assert store.documents.last_capture(owner, list(Outcome)) == failed
    assert store.documents.last_capture(owner, [Outcome.HELD]) is None
    assert store.documents.last_capture(owner, []) is None


def test_the_version_in_force_at_an_instant_is_found(store: Store) -> None:
    owner = added(store)
    store.documents.record([make.observation(owner, n, text) for n, text in ((1, A), (2, A), (3, B))])
    one, two = store.documents.versions(owner)
    found = [store.documents.version_at(owner, make.at(hours)) for hours in (0.5, 1, 2.5, 3, 99)]
    assert found == [None, one, one, two, two]


def test_changes_of_a_collection_are_in_order_and_between_instants(store: Store) -> None:
    one, two = added(store, "one"), added(store, "two")
    elsewhere = store.documents.add_document(make.document("three", "other")).id
    store.documents.record([make.observation(elsewhere, 1, A)])
    store.documents.record([make.observation(one, n, text) for n, text in ((1, A), (4, B), (5, B))])
    store.documents.record([make.observation(two, n, text) for n, text in ((2, A), (3, C))])
    changes = [(make.at(1), "one"), (make.at(2), "two"), (make.at(3), "two"), (make.at(4), "one")]
    assert store.documents.changes("agent") == changes
    assert store.documents.changes("agent", since=make.at(2), until=make.at(3)) == changes[1:3]


def test_marks_are_the_newest_captures_of_every_document_oldest_first(store: Store) -> None:
    one, two = added(store, "one"), added(store, "two")
    store.documents.record([make.observation(one, n, text) for n, text in enumerate([A, A, B])])
    assert store.documents.marks(2) == {
        one: [(make.at(1), Outcome.UNCHANGED), (make.at(2), Outcome.NEW)],
        two: [],
    }


def test_every_text_of_a_long_history_reads_back(store: Store) -> None:
    owner = added(store)
    texts = [b"".join(b"line %d of %d\n" % (n, n * n % (7 + k)) for n in range(60)) for k in range(300)]
    store.documents.record([make.observation(owner, n, text) for n, text in enumerate(texts)])
    digests = [version.digest for version in store.documents.versions(owner)]
    assert digests == [sha(text) for text in texts]
    assert dict(store.documents.texts(reversed(digests))) == dict(zip(digests, texts, strict=True))
    assert [store.documents.text(digest) for digest in digests[::17]] == texts[::17]


def test_texts_may_hold_anything(store: Store) -> None:
    owner = added(store)
    texts = [b"\x00\xff" * 9, b"", b"\r\n", b"x" * 3_000_000, b"no final newline", "ß\u2028".encode()]
    store.documents.record([make.observation(owner, n, text) for n, text in enumerate(texts)])
    assert dict(store.documents.texts(map(sha, texts))) == {sha(text): text for text in texts}


def test_texts_can_be_read_while_others_write(store: Store) -> None:
    owner = added(store)
    store.documents.record([make.observation(owner, 1, A), make.observation(owner, 2, B)])
    reading = store.documents.texts([sha(A), sha(B)])
    next(reading)
    store.documents.record([make.observation(owner, 3, C)])
    assert [text for _, text in reading] == [B]


@pytest.mark.parametrize("digest", ["0" * 64, "data-usage", "abc"])
def test_an_unknown_digest_is_named(store: Store, digest: str) -> None:
    with pytest.raises(NotFoundError, match=digest):
        store.documents.text(digest)
    with pytest.raises(NotFoundError, match=digest):
        list(store.documents.texts([digest]))


def test_every_document_keeps_a_text_it_shares_with_another(store: Store) -> None:
    one, two = (store.documents.add_document(make.document(name)) for name in ("one", "two"))
    store.documents.record([make.observation(each.id, 1, A) for each in (one, two)])
    store.documents.remove_documents([one])
    assert store.documents.text(sha(A)) == A


# --- deriving again, transitions, notes


def test_a_changed_derivation_makes_no_version(store: Store) -> None:
    owner = added(store)
    noisy = [b"Text. ad 1", b"Text. ad 2", b"Other. ad 3"]
    seen = store.documents.record([make.observation(owner, n, text, raw=b"raw") for n, text in enumerate(noisy)])
    texts = {capture.id: text for capture, text in zip(seen, [b"Text.", b"Text.", b"Other."], strict=True)}
    store.documents.rederive(owner, texts, "html-2")
    versions = store.documents.versions(owner)
    assert [(version.digest, version.at, version.normaliser) for version in versions] == [
        (sha(b"Text."), make.at(0), "html-2"),
        (sha(b"Other."), make.at(2), "html-2"),
    ]
    assert store.documents.raw(seen[0].id) == b"raw"


def test_transitions_are_kept_and_dropped_with_their_derivation(store: Store) -> None:
    owner = added(store)
    one = {(sha(A), sha(B)): Transition(1, 0, cosmetic=True, reverts=3, injected=False)}
    two = {(sha(B), sha(A)): Transition(0, 1, cosmetic=False, reverts=None, injected=True)}
    store.documents.keep_transitions(owner, one)
    store.documents.keep_transitions(owner, two)
    store.documents.keep_transitions(owner, two)
    assert store.documents.transitions(owner) == one | two
    assert store.documents.transitions(owner, derivation=2) == {}
    store.documents.keep_transitions(owner, one, derivation=2)
    assert store.documents.transitions(owner, derivation=2) == one
    assert store.documents.transitions(owner) == {}


def test_a_note_is_kept_and_written_over(store: Store) -> None:
    assert store.note("first-start") is None
    store.set_note("first-start", "begun")
    store.set_note("first-start", "done")
    assert store.note("first-start") == "done"


# --- copying, opening again, threads, roles


def test_a_store_recorded_from_another_is_equal(store: Store, opening: Callable[[Path], Store], tmp_path: Path) -> None:
    filled = store.documents.add_document(make.document())
    observed = [make.observation(filled.id, n, text) for n, text in enumerate([None, A, B, B, None, A, C])]
    observed += [make.observation(filled.id, 2, C, order=9, raw=b"raw", source="git 1")]
    store.documents.record([replace(each, status=200, headers=(("ETag", "x"),)) for each in observed])
    store.documents.record_attempt(make.attempt(filled.id, 11, Outcome.HELD, "shrank"), text=B, raw=b"other")
    with closing(opening(tmp_path / "copy")) as copy:
        owner = copy.documents.add_document(filled).id
        copy.documents.record([replace(each, document=owner) for each in store.documents.observations(filled.id)])
        attempts = list(store.documents.attempts(filled.id))
        copy.documents.record_attempts(attempts)
        assert content(copy, owner) == content(store, filled.id)
        assert list(copy.documents.observations(owner)) == list(store.documents.observations(filled.id))
        assert [replace(each, capture=replace(each.capture, id=0)) for each in copy.documents.attempts(owner)] == [
            replace(each, capture=replace(each.capture, id=0)) for each in attempts
        ]


def content(store: Store, owner: int) -> object:
    """All there is of a document, without row identities."""
    versions = [replace(version, capture=0) for version in store.documents.versions(owner)]
    captures = [replace(capture, id=0) for capture in store.documents.captures(owner)]
    texts = dict(store.documents.texts(version.digest for version in versions))
    return versions, captures, texts


def test_a_long_document_is_walked_whole_and_in_order(store: Store) -> None:
    owner = added(store)
    observed = [make.observation(owner, n, b"%d" % (n // 3)) for n in range(200)]
    store.documents.record(observed)
    assert list(store.documents.observations(owner)) == observed


def test_what_was_written_is_there_after_opening_again(opening: Callable[[Path], Store], data: Path) -> None:
    with closing(opening(data)) as store:
        owner = added(store)
        written = store.documents.record([make.observation(owner, 1, A)])
    with closing(opening(data)) as store:
        assert store.documents.captures(owner) == written
        assert store.documents.text(sha(A)) == A


def test_threads_record_and_read_at_once(store: Store) -> None:
    owners = [added(store, f"page-{n}") for n in range(4)]

    def work(owner: int) -> list[tuple[str, bool]]:
        for n in range(12):
            store.documents.record([make.observation(owner, n, b"%d %d" % (owner, n // 2))])
            store.documents.marks(3)
        return told(store.documents.versions(owner))

    with ThreadPoolExecutor(8) as threads:
        for owner, versions in zip(owners * 2, threads.map(work, owners * 2), strict=True):
            assert versions == [(sha(b"%d %d" % (owner, n)), False) for n in range(6)]


def test_a_role_is_held_once(store: Store, opening: Callable[[Path], Store], data: Path) -> None:
    with closing(opening(data)) as other, store.role("watch"), other.role("web"):
        second = other.role("watch")
        with pytest.raises(BusyError, match="watch"):
            second.__enter__()
    with store.role("watch"):
        pass


def test_an_unknown_document_has_nothing(store: Store) -> None:
    assert store.documents.versions(7) == []
    assert store.documents.version_at(7, make.at()) is None
    assert store.documents.counts(7) == (0, 0)
    assert store.documents.changes("nothing") == []
