from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.errors import CarnetError, ClockError, StoreError
from carnet.model.record import Draft, Kept, Refusal, Scope
from carnet.records.changing import change_organisation
from carnet.records.dropping import drop
from carnet.records.holding import hold
from carnet.records.putting import UnkeptError
from carnet.stores.embedded.records import EmbeddedRecords
from carnet.stores.sql.partition import SqlPartition
from tests.records.kept import ACME, ANN, NOW, PAT, PEOPLE, QUINN, Shelf, mend, ruin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from carnet.records.putting import Answer

MARKER = "a-marker-nobody-else-writes"

FILLER = """
import os, resource, signal, sys
from pathlib import Path
from carnet.errors import StoreError
from carnet.stores.embedded.records import EmbeddedRecords
from tests.records.kept import Shelf

shelf = Shelf(EmbeddedRecords(Path(sys.argv[1])))
print(shelf.kept(b"before"))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
done = []
try:
    for _ in range(100):
        done.append(shelf.kept(os.urandom(50_000)))
except StoreError as error:
    print(str(error).replace(chr(10), " "))
print(*done)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(shelf.kept(b"after"))
shelf.store.close()
"""


@pytest.fixture
def other(shelf: Shelf, data: Path) -> Iterator[Shelf]:
    """The same store, as another process has it."""
    with closing(EmbeddedRecords(data)) as opened:
        yield Shelf(opened, shelf.now)


def places_of(folder: Path, marker: str) -> list[str]:
    """Files with the marker in them, also as UTF-16 or hexadecimal."""
    forms = (marker.encode(), marker.encode("utf-16-le"), marker.encode().hex().encode())
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path.name for path in files if any(form in path.read_bytes() for form in forms)]


def only(answers: list[Answer]) -> Answer:
    (answer,) = answers
    return answer


def refused(shelf: Shelf, draft: Draft) -> str:
    answer = only(shelf.put(draft))
    assert isinstance(answer, Refusal), answer
    return answer.why


def fault(shelf: Shelf, draft: Draft) -> str:
    answer = only(shelf.put(draft))
    assert isinstance(answer, CarnetError), answer
    return str(answer)


# --- answers


def test_every_draft_is_answered_in_its_place(shelf: Shelf) -> None:
    shelf.change(ACME, {"zdr": True})
    answers = shelf.put(
        shelf.draft("one", PAT),
        shelf.draft("two", ANN),
        shelf.draft("three", "nobody@acme.test"),
        shelf.draft("four", QUINN),
        shelf.draft("five", PAT),
        shelf.draft("six", PAT, kind="thought"),
    )
    assert [type(one) for one in answers] == [Kept, Refusal, CarnetError, Kept, Kept, CarnetError]
    kept = [one.id for one in answers if isinstance(one, Kept)]
    assert [shelf.shown(one) for one in kept] == [b"one", b"four", b"five"]
    assert shelf.ids() == set(kept)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([ANN, PAT, QUINN, "nobody@acme.test"]), st.sampled_from("abc"), st.binary(max_size=40)
        ),
        max_size=12,
    )
)
def test_what_was_put_is_what_is_shown_whatever_else_came_with_it(
    shelf: Shelf, given_: list[tuple[str, str, bytes]]
) -> None:
    answers = shelf.put(*(shelf.draft(body, account, session) for account, session, body in given_))
    assert len(answers) == len(given_)
    for answer, (account, session, body) in zip(answers, given_, strict=True):
        assert isinstance(answer, Kept) == (account != "nobody@acme.test")
        if isinstance(answer, Kept):
            record = next(one for one in shelf.listed(account=account) if one.id == answer.id)
            assert (shelf.shown(answer.id), record.size, record.session.name) == (body, len(body), session)


def test_nothing_to_put_is_answered_with_nothing(shelf: Shelf) -> None:
    assert shelf.put() == []


def test_no_two_records_have_one_id(shelf: Shelf) -> None:
    ids = [one.id for one in shelf.put(*[shelf.draft()] * 50) if isinstance(one, Kept)]
    ids += [shelf.kept() for _ in range(20)]
    assert len(set(ids)) == 70


def test_what_is_answered_is_there_for_another_process(shelf: Shelf, other: Shelf) -> None:
    record = shelf.kept("words")
    assert other.shown(record) == b"words"
    assert other.ids() == {record}


def test_what_is_answered_survives_a_process_that_ends_without_closing(shelf: Shelf, data: Path) -> None:
    code = (
        FILLER.split("signal.signal", maxsplit=1)[0].replace("import os, resource, signal, sys", "import os, sys")
        + "sys.stdout.flush(); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(data)], capture_output=True, text=True, check=False)
    assert done.returncode == 9, done.stderr
    assert shelf.shown(done.stdout.strip()) == b"before"


# --- chunks


def test_a_batch_is_one_chunk_for_a_session_and_a_decision(shelf: Shelf) -> None:
    shelf.put(
        *(shelf.draft(f"{number}", session=session) for number in range(3) for session in ("s1", "s2")),
        shelf.draft("elsewhere", session="s1", provider="bedrock"),
        shelf.draft("reported", session="s1", kind="feedback", flow="feedback"),
    )
    chunks = [
        (one.key.session.name, one.lane.provider, one.lane.flow, one.count)
        for part in shelf.store.catalogue.partitions()
        for one in shelf.store.partition(part.name).chunks(Scope())
    ]
    assert sorted(chunks) == [
        ("s1", "anthropic", "feedback", 1),
        ("s1", "anthropic", "inference", 3),
        ("s1", "bedrock", "inference", 1),
        ("s2", "anthropic", "inference", 3),
    ]


def test_requests_of_a_session_rest_on_the_ones_before(shelf: Shelf) -> None:
    text = "".join(f"turn {number} of this conversation, with words of its own. " for number in range(400))
    for _ in range(3):
        text += "And another turn. "
        shelf.kept(text)
    chunks = shelf.store.partition("days30-2026-05-01").chunks(Scope())
    assert [(one.depth, one.base) for one in chunks] == [(0, b""), (1, chunks[0].uid), (2, chunks[1].uid)]
    assert chunks[1].length < chunks[0].length / 5


def test_after_sixteen_one_rests_on_nothing(shelf: Shelf) -> None:
    ids = [shelf.kept(f"turn {number}") for number in range(33)]
    chunks = shelf.store.partition("days30-2026-05-01").chunks(Scope())
    assert [one.depth for one in chunks] == [*range(16), *range(16), 0]
    assert [shelf.shown(one) for one in ids] == [f"turn {number}".encode() for number in range(33)]


def test_no_more_than_the_reach_is_opened_for_one_record(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carnet.records.tails.REACH", 1000)
    for number in range(5):
        shelf.kept(bytes([number]) * 380)
    assert [one.depth for one in shelf.store.partition("days30-2026-05-01").chunks(Scope())] == [0, 1, 0, 1, 0]


def test_two_sessions_never_rest_on_each_other(shelf: Shelf) -> None:
    for session in ("s1", "s2", "s1"):
        shelf.kept(session=session)
    shelf.kept(session="s1", repository="r")
    shelf.kept(session="s1", provider="bedrock")
    chunks = {one.uid: one for one in shelf.store.partition("days30-2026-05-01").chunks(Scope())}
    for one in chunks.values():
        assert not one.base or (chunks[one.base].key, chunks[one.base].lane) == (one.key, one.lane)
    assert sum(1 for one in chunks.values() if one.base) == 1


def test_what_another_process_wrote_in_between_does_no_harm(shelf: Shelf, other: Shelf) -> None:
    ids = {(shelf if number % 2 else other).kept(f"turn {number}"): number for number in range(12)}
    for one, number in ids.items():
        assert shelf.shown(one) == other.shown(one) == f"turn {number}".encode()
    assert len(shelf.store.partition("days30-2026-05-01").scoped_keys(Scope())) == 1
    assert shelf.faults() == []


# --- others change what is remembered


def test_a_session_that_another_process_erased_gets_a_new_key_and_rests_on_nothing_gone(
    shelf: Shelf, other: Shelf
) -> None:
    gone = shelf.kept("gone")
    (before,) = shelf.store.partition("days30-2026-05-01").scoped_keys(Scope())
    other.erase(session="s1")
    new = shelf.kept("new")
    (chunk,) = shelf.store.partition("days30-2026-05-01").chunks(Scope())
    assert (chunk.base, chunk.depth) == (b"", 0)
    assert chunk.key.uid != before.uid
    assert (shelf.shown(new), other.shown(new)) == (b"new", b"new")
    assert gone not in shelf.ids()
    assert shelf.faults() == []


def test_a_key_that_was_destroyed_though_its_rows_are_there_is_not_used_again(shelf: Shelf, other: Shelf) -> None:
    shelf.kept("gone")
    (before,) = shelf.store.partition("days30-2026-05-01").scoped_keys(Scope())
    other.store.keys.destroy("days30-2026-05-01", [before.slot])  # an erasure that stopped at its first step
    new = shelf.kept("new")
    chunk = shelf.store.partition("days30-2026-05-01").chunks(Scope())[-1]
    assert chunk.base == b""
    assert chunk.key.uid != before.uid
    assert other.shown(new) == b"new"


def test_a_chunk_that_another_process_took_out_carries_nothing_more(shelf: Shelf, other: Shelf) -> None:
    shelf.kept("early", at=NOW - timedelta(days=29, hours=20))
    shelf.kept("late", at=NOW - timedelta(days=29, hours=19))
    shelf.later(hours=5)
    other.now = shelf.now
    other.keep()
    assert other.ids() == set()
    new = shelf.kept("new", at=shelf.now - timedelta(days=29, hours=19))
    assert shelf.shown(new) == b"new"
    assert shelf.faults() == []


def test_a_partition_that_another_process_dropped_is_made_again(shelf: Shelf, other: Shelf) -> None:
    gone = shelf.kept("gone")
    with other.store.lock():
        drop(other.store, other.store.catalogue.partitions()[0])
    new = shelf.kept("new")
    assert shelf.ids() == {new}
    assert (shelf.shown(new), other.shown(new)) == (b"new", b"new")
    assert gone not in other.ids()
    assert shelf.faults() == []


# --- what changes between the decision and the writing


def between(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, what: Callable[[], object]) -> None:
    """Do something when the writer has decided and is about to take the store's lock."""
    lock = shelf.store.lock

    def once() -> AbstractContextManager[None]:
        monkeypatch.undo()
        what()
        return lock()

    monkeypatch.setattr(shelf.store, "lock", once)


def test_zero_data_retention_that_comes_in_between_is_obeyed(
    shelf: Shelf, other: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.kept(account=PAT)
    between(shelf, monkeypatch, lambda: other.change(ACME, {"zdr": True}))
    assert "wants nothing kept" in refused(shelf, shelf.draft(MARKER))
    assert places_of(data, MARKER) == []
    assert shelf.ids(org=ACME) == set()


def test_zero_data_retention_outlives_another_act_that_had_not_seen_it(shelf: Shelf, other: Shelf) -> None:
    before = other.organisation(ACME)
    shelf.change(ACME, {"zdr": True})
    change_organisation(other.store, other.keyring, before, {"dpp": True}, {}, NOW)
    assert (shelf.organisation(ACME).zdr, shelf.organisation(ACME).dpp) == (True, True)
    assert "wants nothing kept" in refused(shelf, shelf.draft())


def test_consent_that_is_withdrawn_in_between_is_obeyed(
    shelf: Shelf, other: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    between(shelf, monkeypatch, lambda: other.consent(PAT, "off"))
    shelf.kept(account=PAT)
    (record,) = shelf.listed()
    assert (record.lane.retention, record.lane.training) == ("days30", False)


def test_a_hold_that_is_placed_in_between_is_obeyed(
    shelf: Shelf, other: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.kept("before")
    between(shelf, monkeypatch, lambda: hold(other.store, other.keyring, other.sessions("s1"), "court", NOW))
    record = shelf.kept("after")
    assert {one.partition for one in shelf.listed()} == {"hold"}
    assert shelf.shown(record) == b"after"


def test_an_account_that_is_closed_in_between_gets_nothing_more(
    shelf: Shelf, other: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = replace(shelf.account(ANN), closed=True)
    between(shelf, monkeypatch, lambda: other.store.directory.change_account(account, []))
    assert refused(shelf, shelf.draft()) == "the account is being deleted: nothing more is kept for it"


def test_the_first_key_of_an_organisation_does_not_make_it_decide_for_ever(shelf: Shelf, other: Shelf) -> None:
    for one in (shelf, other, shelf, other):
        one.put(one.draft(account=ANN), one.draft(account=PAT))
    assert len(shelf.ids()) == 8


# --- refusals and faults


def test_what_is_refused_leaves_no_byte_anywhere(shelf: Shelf, data: Path) -> None:
    shelf.kept(account=PAT)
    shelf.change(ACME, {"zdr": True})
    shelf.change(PEOPLE, {"product-feedback": False}, {"metrics": "none"})
    writers = [
        shelf.draft(MARKER),
        shelf.draft(MARKER, kind="rating", flow="survey"),
        shelf.draft(MARKER, PAT, kind="feedback", flow="feedback"),
        shelf.draft(MARKER, PAT, kind="metric", flow="metrics"),
        shelf.draft(MARKER, "nobody@acme.test"),
        shelf.draft(MARKER, PAT, kind="thought"),
        shelf.draft(MARKER, PAT, session=""),
        shelf.draft(MARKER, PAT, at=NOW + timedelta(days=1)),
    ]
    before = len(shelf.ids())
    answers = shelf.put(*writers)
    assert [type(one) for one in answers] == [*[Refusal] * 4, *[CarnetError] * 4]
    shelf.keep()
    assert places_of(data, MARKER) == []
    assert len(shelf.ids()) == before


def test_what_is_kept_is_nowhere_in_the_clear(shelf: Shelf, data: Path) -> None:
    kinds = {"metric": "metrics", "error": "errors", "feedback": "feedback", "rating": "survey", "sighting": "updates"}
    kinds |= {"transcript": "transcript-share", "session-event": "cloud-session", "exchange": "inference"}
    ids = [shelf.kept(MARKER, PAT, kind=kind, flow=flow) for kind, flow in kinds.items()]
    assert places_of(data, MARKER) == []
    shelf.later(hours=1).keep()
    assert places_of(data, MARKER) == []
    assert {shelf.shown(one) for one in ids} == {MARKER.encode()}


def test_a_body_that_is_too_large_is_told_by_its_size(shelf: Shelf, data: Path) -> None:
    shelf.writer.most_bytes = 20
    assert fault(shelf, shelf.draft(MARKER)) == "body: 27 bytes; the most is 20 (records.max-bytes)"
    assert isinstance(only(shelf.put(shelf.draft("x" * 20))), Kept)
    assert places_of(data, MARKER) == []


def test_a_large_body_of_those_that_keep_nothing_is_refused_and_not_measured(shelf: Shelf) -> None:
    shelf.writer.most_bytes = 20
    shelf.change(ACME, {"zdr": True})
    assert "wants nothing kept" in refused(shelf, shelf.draft("x" * 21))


def test_an_account_is_found_however_its_address_is_written(shelf: Shelf) -> None:
    shelf.kept(account="ANN@Acme.test")
    (record,) = shelf.listed(account=ANN)
    assert record.session.account == shelf.account(ANN).id


# --- time


def test_a_clock_that_was_set_back_keeps_nothing_and_loses_nothing(shelf: Shelf) -> None:
    record = shelf.kept()
    shelf.later(days=-365)
    with pytest.raises(ClockError, match="it was set back"):
        shelf.put(shelf.draft(MARKER))
    shelf.later(days=365)
    assert shelf.ids() == {record}
    assert shelf.shown(shelf.kept("again")) == b"again"


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(days=1), timedelta(days=36500)])
def test_what_has_not_been_yet_is_not_kept(shelf: Shelf, ahead: timedelta) -> None:
    assert "has not been yet" in fault(shelf, shelf.draft(at=NOW + ahead))


def test_what_came_about_earlier_ends_earlier(shelf: Shelf) -> None:
    record = shelf.kept(at=NOW - timedelta(days=10))
    (found,) = shelf.listed()
    assert (found.id, found.created, found.expires) == (record, NOW - timedelta(days=10), NOW + timedelta(days=20))
    assert found.partition == "days30-2026-04-21"


@pytest.mark.parametrize("year", [1, 1969, 1970, 2020])
def test_what_would_have_ended_before_it_came_is_refused(shelf: Shelf, data: Path, year: int) -> None:
    assert "would have ended" in refused(shelf, shelf.draft(MARKER, at=NOW.replace(year=year)))
    assert shelf.ids() == set()
    assert places_of(data, MARKER) == []


def test_an_instant_of_another_zone_is_the_same_instant(shelf: Shelf) -> None:

    shelf.kept(at=(NOW - timedelta(hours=1)).astimezone(timezone(timedelta(hours=14))))
    (found,) = shelf.listed()
    assert found.created == NOW - timedelta(hours=1)
    assert found.created.tzinfo is UTC
    assert shelf.shown(found.id) == b"words"


def test_a_next_day_is_decided_by_its_own_rules(shelf: Shelf) -> None:
    shelf.kept()
    rules = shelf.writer._rules(shelf.now)
    assert shelf.writer._rules(shelf.now + timedelta(hours=1)) is rules
    assert shelf.writer._rules(shelf.now + timedelta(days=1)) is not rules


# --- ratings


def test_a_rating_has_neither_account_nor_session_and_its_day_alone(shelf: Shelf, data: Path) -> None:
    ids = [shelf.kept("3", who, "s-secret", kind="rating", flow="survey", repository="r") for who in (PAT, QUINN)]
    for found in shelf.listed():
        session = found.session
        assert (session.account, session.name, session.repository) == (0, "", "")
        assert session.organisation == shelf.organisation(PEOPLE).id
        assert found.created == NOW.replace(hour=0, minute=0)
        assert found.lane.training is False
    assert shelf.ids(account=PAT) == shelf.ids(session="s-secret") == set()
    assert {one[:8] for one in ids} == {f"{int(NOW.replace(hour=0, minute=0).timestamp()):08x}"}
    assert places_of(data, "s-secret") == []


def test_a_rating_needs_no_session_and_everything_else_does(shelf: Shelf) -> None:
    shelf.kept(account=PAT, session="", kind="rating", flow="survey")
    assert fault(shelf, shelf.draft(session="")).startswith("session: give the session's id")


def test_a_rating_is_kept_no_longer_for_anybodys_consent(shelf: Shelf) -> None:
    for who in (PAT, QUINN):
        shelf.kept("5", who, kind="rating", flow="survey")
    assert {one.lane.retention for one in shelf.listed()} == {"days30"}


# --- a disk that is full


def test_a_full_disk_is_told_nothing_is_half_kept_and_the_next_put_works(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shelf.kept("first")

    def full(*_: object) -> list[object]:
        raise StoreError("no space left on the disk")

    with monkeypatch.context() as patched:
        patched.setattr(SqlPartition, "add", full)
        with pytest.raises(StoreError, match="no space left"):
            shelf.put(shelf.draft("second"), shelf.draft("third", session="new"))
    assert shelf.ids() == {first}
    fourth, fifth = shelf.kept("fourth"), shelf.kept("fifth", session="new")
    chunks = {one.uid: one for one in shelf.store.partition("days30-2026-05-01").chunks(Scope())}
    assert all(one.base in chunks for one in chunks.values() if one.base)
    assert [shelf.shown(one) for one in (first, fourth, fifth)] == [b"first", b"fourth", b"fifth"]
    shelf.keep()
    assert shelf.faults() == []


def test_a_disk_that_really_fills_up_loses_nothing_that_was_answered(shelf: Shelf, data: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FILLER, str(data)], capture_output=True, text=True, check=True)
    before, told, kept, after = done.stdout.splitlines()
    assert "no space left on the disk (or the limit)" in told
    assert 0 < len(kept.split()) < 100
    assert shelf.ids() == {before, after, *kept.split()}
    assert (shelf.shown(before), shelf.shown(after)) == (b"before", b"after")
    assert {len(shelf.shown(one)) for one in kept.split()} == {50_000}
    shelf.keep()
    assert shelf.faults() == []


# --- a damaged file


def test_beside_a_damaged_file_the_others_keep_what_is_theirs(shelf: Shelf, data: Path) -> None:
    before = shelf.kept("before", PAT)
    content = ruin(shelf, data, "years5-2031-04")
    kept, unkept, too = shelf.put(shelf.draft("ann's"), shelf.draft("pat's", PAT), shelf.draft("quinn's", QUINN))
    assert isinstance(kept, Kept)
    assert isinstance(too, Kept)
    assert isinstance(unkept, UnkeptError)
    assert "part-years5-2031-04.db is damaged" in str(unkept)
    assert "give it again when that is repaired" in str(unkept)
    assert {shelf.shown(kept.id), shelf.shown(too.id)} == {b"ann's", b"quinn's"}
    (alone,) = shelf.put(shelf.draft("pat's", PAT))
    assert isinstance(alone, UnkeptError), "also where there is nothing else"
    mend(data, "years5-2031-04", content)
    (again,) = shelf.put(shelf.draft("pat's", PAT))
    assert isinstance(again, Kept)
    assert shelf.ids() == {before, kept.id, too.id, again.id}
    assert shelf.faults() == []


def test_a_file_that_is_missing_or_of_something_else_is_damaged_too(shelf: Shelf, data: Path) -> None:
    shelf.kept("before", PAT)
    shelf.store.partition("years5-2031-04").checkpoint()
    file = data / "records" / "part-years5-2031-04.db"
    for other in (b"x" * 5000, b"SQLite format 3\0" + bytes(5000)):
        mend(data, "years5-2031-04", other)
        kept, unkept = shelf.put(shelf.draft("ann's"), shelf.draft("pat's", PAT))
        assert isinstance(kept, Kept)
        assert isinstance(unkept, UnkeptError)
    file.unlink()
    kept, unkept = shelf.put(shelf.draft("ann's"), shelf.draft("pat's", PAT))
    assert isinstance(kept, Kept)
    assert "is missing: restore it from a copy" in str(unkept)
