"""What is kept goes to the organisation's own collector and nowhere else; what was deleted is told until that is."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

import pytest

from carnet.gateway.intake import posting
from carnet.gateway.intake.sinks import Sinks, refused_of
from carnet.records import erasing
from carnet.records.scoping import scope_of
from tests.gateway.intake.collecting import SECRET, SESSION, Collector, collecting, logged, passed, sink_at, until
from tests.gateway.intake.ground import CANARY, Ground
from tests.records.kept import ACME, ANN, PAT

AAA, BBB = "a" * 32, "b" * 32

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as one:
        yield one


def test_what_was_kept_arrives_once_and_scrubbed(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector)
    logged(ground, prompt=CANARY, model="claude-test-1")
    assert passed(ground.shelf, sink, 3) == ""
    assert collector.logs() == ["carnet.test"]
    ((path, headers, body),) = collector.got
    assert (path, headers["authorization"]) == ("/v1/logs", "Bearer let-me-in")
    assert b"claude-test-1" in body
    assert CANARY.encode() not in body
    assert ANN.encode() not in body
    assert ground.shelf.store.sinks.progress("own").sent == 1


def test_what_another_organisation_reports_never_arrives(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector)
    logged(ground, account=PAT)
    passed(ground.shelf, sink)
    assert collector.got == []


def test_what_was_kept_before_the_sink_was_there_stays_here(ground: Ground, collector: Collector) -> None:
    logged(ground, AAA)
    ground.shelf.later(minutes=1)
    sink = sink_at(ground.shelf, collector)
    logged(ground, BBB)
    passed(ground.shelf, sink)
    assert len(collector.sessions()) == 1


def test_nothing_goes_out_of_an_organisation_that_turned_to_zero_data_retention(
    ground: Ground, collector: Collector
) -> None:
    sink = sink_at(ground.shelf, collector)
    logged(ground)
    ground.shelf.change(ACME, {"zdr": True})
    passed(ground.shelf, sink)
    ground.shelf.change(ACME, {"zdr": False})
    passed(ground.shelf, sink)
    assert collector.got == []


def test_nothing_goes_out_whose_class_was_shortened_to_none(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector)
    logged(ground)
    ground.shelf.change(ACME, {}, {"metrics": "none"})
    passed(ground.shelf, sink)
    assert collector.got == []


def test_feedback_and_ratings_never_go_out(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector)
    told = {"description": "d", "transcript": [], "scope": "session"}
    assert ground.post("/api/feedback", told).status_code == 200
    assert ground.post("/api/survey", {"rating": 3}).status_code == 200
    passed(ground.shelf, sink)
    assert collector.got == []


def test_a_sink_that_is_away_loses_nothing(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector)
    collector.answers["/v1/logs"] = 503
    logged(ground, AAA)
    assert "it answered 503" in passed(ground.shelf, sink)
    assert ground.shelf.store.sinks.progress("own").fault == "it answered 503"
    logged(ground, BBB)
    collector.answers.clear()
    collector.got.clear()
    assert passed(ground.shelf, sink) == ""
    assert len(set(collector.sessions())) == 2
    assert ground.shelf.store.sinks.progress("own").fault == ""


def test_what_waited_a_day_is_dropped_and_counted(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector)
    collector.answers["/v1/logs"] = 503
    logged(ground, AAA)
    passed(ground.shelf, sink)
    ground.shelf.later(hours=25)
    collector.answers.clear()
    collector.got.clear()
    assert passed(ground.shelf, sink) == ""
    assert collector.got == []
    progress = ground.shelf.store.sinks.progress("own")
    assert (progress.sent, progress.dropped) == (0, 1)


def test_what_the_collector_never_takes_holds_up_nothing_else(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector, flows=("metrics",))
    collector.answers["/v1/logs"] = 400
    logged(ground, AAA)
    logged(ground, BBB)
    passed(ground.shelf, sink, 5)
    assert ground.shelf.store.sinks.progress("own").refused == 2
    assert passed(ground.shelf, sink) == ""


@pytest.mark.parametrize(("told", "encoding", "number"), [
    (b'{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"x"}}', "json", 1),
    (b'{"partialSuccess":{"rejectedDataPoints":2}}', "json", 2),
    (b"{}", "json", 0), (b"[1]", "json", 0), (b"\xff", "json", 0),
    (b"\x0a\x02\x08\x03", "protobuf", 3), (b"", "protobuf", 0), (b"\xff\xff", "protobuf", 0),
])  # fmt: skip
def test_what_a_collector_did_not_take_of_a_batch_is_read_from_its_answer(
    told: bytes, encoding: str, number: int
) -> None:
    assert refused_of(told, encoding) == number


def test_an_answer_without_end_and_a_redirect_lead_nowhere(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector)
    logged(ground)
    collector.answers["/v1/logs"] = 307
    assert "it answered 307" in passed(ground.shelf, sink)
    collector.answers.clear()
    collector.endless = True
    assert passed(ground.shelf, sink) == ""
    assert {path for path, _, _ in collector.got} == {"/v1/logs"}


def test_a_collector_that_never_answers_is_given_up(
    ground: Ground, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "PATIENCE", 0.2)
    sink = sink_at(ground.shelf, collector)
    logged(ground)
    collector.endless = True
    monkeypatch.setattr(posting, "MOST", 1 << 50)
    assert passed(ground.shelf, sink, 1) == "it does not answer in time"


def test_a_missing_credential_is_named_and_nothing_is_sent(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector, headers=(("Authorization", "NOT_SET"),))
    logged(ground)
    assert "NOT_SET, which is not set" in passed(ground.shelf, sink)
    assert collector.got == []


# --- deletions


def test_a_deletion_is_told_by_the_name_that_was_sent_along(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector)
    logged(ground, AAA)
    logged(ground, BBB)
    passed(ground.shelf, sink)
    ground.shelf.erase(session=AAA)
    passed(ground.shelf, sink)
    (gone,) = collector.deleted()
    assert gone in collector.sessions()
    assert ground.shelf.store.sinks.waiting("own") == 0


def test_the_message_is_signed(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector)
    logged(ground)
    ground.shelf.erase(account=ANN)
    passed(ground.shelf, sink)
    ((_, headers, body),) = [one for one in collector.got if one[0] == "/hook"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert ANN.encode() not in body


def test_it_is_told_until_it_is_taken(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector)
    logged(ground)
    passed(ground.shelf, sink)
    ground.shelf.erase(account=ANN)
    collector.answers["/hook"] = 500
    assert "its webhook answered 500" in passed(ground.shelf, sink)
    ground.shelf.later(days=3)
    collector.answers.clear()
    assert passed(ground.shelf, sink) == ""
    ids = {headers["webhook-id"] for path, headers, _ in collector.got if path == "/hook"}
    assert len(ids) == 1


def test_what_was_deleted_before_it_went_out_never_goes_out(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector)
    logged(ground)
    ground.shelf.erase(session=SESSION)
    passed(ground.shelf, sink)
    assert [path for path, _, _ in collector.got] == ["/hook"]


def test_what_an_erasure_that_has_begun_means_does_not_go_out(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector)
    logged(ground)
    store = ground.shelf.store
    erasing.begin(store, scope_of(store, session=SESSION), ground.shelf.now, {"session": SESSION})
    passed(ground.shelf, sink)
    assert collector.got == []


def test_an_erasure_that_was_killed_is_told_all_the_same(
    ground: Ground, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = sink_at(ground.shelf, collector)
    logged(ground)
    passed(ground.shelf, sink)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            ground.shelf.erase(session=SESSION)
    ground.shelf.keep()
    passed(ground.shelf, sink)
    assert collector.deleted() == collector.sessions()


def test_a_sink_is_told_of_the_end_of_its_organisation_and_then_forgotten(ground: Ground, collector: Collector) -> None:
    sink = sink_at(ground.shelf, collector)
    logged(ground)
    passed(ground.shelf, sink)
    store, scope = ground.shelf.store, scope_of(ground.shelf.store, org=ACME)
    work = erasing.begin(store, scope, ground.shelf.now, {"org": ACME}, remove="organisation")
    erasing.erase(store, ground.shelf.keyring, work, lambda: ground.shelf.now)

    async def served() -> None:
        sinks = Sinks(store, ground.shelf.keyring, pause=0.01, now=lambda: ground.shelf.now)
        await sinks.attend()
        await until(lambda: not store.sinks.listed())
        await sinks.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SINK_KEY", "k")
        patch.setenv("HOOK_SECRET", SECRET)
        asyncio.run(served())
    assert sink not in store.sinks.listed()
    assert collector.deleted() == collector.sessions()


def test_a_sink_that_is_away_keeps_no_other_waiting(ground: Ground, collector: Collector) -> None:
    store = ground.shelf.store
    sink_at(ground.shelf, collector, "away", headers=(("Authorization", "NOT_SET"),))
    sink_at(ground.shelf, collector, "there", headers=())
    logged(ground)

    async def served() -> None:
        sinks = Sinks(store, ground.shelf.keyring, pause=0.01, now=lambda: ground.shelf.now)
        await sinks.attend()
        await until(lambda: bool(collector.got and store.sinks.progress("away").fault))
        await sinks.close()

    asyncio.run(served())
