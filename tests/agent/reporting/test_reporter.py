"""What a program sees: calls that never raise, never wait, and do nothing where the rules say no."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from carnet.agent import Agent, Collector, Limits, SurveyRateError
from carnet.agent.reporting.outbox import Outbox
from tests.agent.reporting.ground import FOUNDING, KEY, QUICK, Ground, agent, reporter

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.agent import Reporter
    from tests.agent.reporting.ground import Taker

OPT_OUT = "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"


def everything(one: Reporter) -> list[object]:
    """Every call there is."""
    return [
        one.metric("session.count"),
        one.event("session.start"),
        one.error(ValueError("x")),
        one.survey(1),
        one.feedback("x", []).sent,
        one.share_transcript([], "yes").sent,
    ]


def test_what_the_rules_let_go_arrives(ground: Ground, taker: Taker) -> None:
    one = reporter(ground, taker.address)

    assert everything(one) == [True, True, True, True, True, False]
    assert one.flush(20)

    assert set(taker.paths()) == {"/v1/metrics", "/v1/logs", "/api/1/envelope/", "/api/survey", "/api/feedback"}
    assert taker.bodies("/api/survey") == [b'{"rating":1}']


def test_where_everything_is_off_nothing_is_done(ground: Ground, taker: Taker) -> None:
    ground.environ[OPT_OUT] = "1"
    before = threading.active_count()
    one = reporter(ground, taker.address)

    assert not any(everything(one))
    assert not one.survey_due()
    assert one.flush(0)

    assert taker.received == []
    assert threading.active_count() == before
    assert not ground.spool.exists()
    one.close()
    assert not ground.spool.exists()


def test_why_says_which_rule_decides(ground: Ground) -> None:
    ground.environ["DISABLE_TELEMETRY"] = "1"
    ground.environ["ANTHROPIC_BASE_URL"] = "http://gateway.example"
    one = reporter(ground)

    assert one.why("metrics") == "off: DISABLE_TELEMETRY stops the metrics."
    assert one.why("errors").startswith("unknown: No document")
    assert one.why("nothing") == "the pack knows no flow nothing"
    ground.settings("{")
    assert "settings.json" in one.why("metrics")


def test_canaries_in_every_field_do_not_travel(ground: Ground, taker: Taker) -> None:
    canary = "canary/secret words.py"
    one = reporter(ground, taker.address, agent=agent(own=(__name__,)))
    secret_local = canary
    one.metric(canary)
    one.metric("ok", attributes={"file": canary, canary: 1, "canary.py": "x", "n": 1})
    one.event("ok", {"prompt": canary})
    try:
        raise ValueError(secret_local)  # noqa: TRY301 - its own frame is what is looked at
    except ValueError as error:
        one.error(error, level=canary)
    assert one.flush(20)

    bodies = [request.body for request in taker.received]
    assert len(bodies) == 3
    assert b"secret" not in b"".join(bodies)


@pytest.mark.parametrize("rating", [0, 4, "good", None, True, 1.5, [], {}, "1"])
def test_a_rating_that_is_none_is_not_sent(ground: Ground, rating: Any) -> None:
    assert reporter(ground).survey(rating) is False


@pytest.mark.parametrize(
    "call",
    [
        ("metric", (7,)),
        ("metric", ("x", "much")),
        ("metric", ("x", 1, 7)),
        ("event", (None,)),
        ("error", (7,)),
        ("metric", ("x", 1, None, "histogram")),
    ],
)
def test_a_call_that_makes_no_sense_is_not_sent_and_does_not_raise(
    ground: Ground, call: tuple[str, tuple[Any, ...]]
) -> None:
    one = reporter(ground)

    assert getattr(one, call[0])(*call[1]) is False


def test_what_breaks_inside_does_not_reach_the_program(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    one = reporter(ground)

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Outbox, "put", broken)
    monkeypatch.setattr(Outbox, "add", broken)
    monkeypatch.setattr("carnet.agent.reporting.reporter.post", broken)

    assert not any(everything(one))


@pytest.mark.parametrize(("given", "least", "most"), [(0, 0, 0), (1, 2000, 2000), (0.25, 400, 600)])
def test_the_survey_is_due_as_often_as_the_settings_say(ground: Ground, given: float, least: int, most: int) -> None:
    ground.settings({"feedbackSurveyRate": given})
    one = reporter(ground, chance=random.Random(7).random, limits=replace(QUICK, recheck=3600))

    asked = sum(one.survey_due() for _ in range(2000))

    # 400..600 of 2000 at 0.25 is five standard deviations on either side
    assert least <= asked <= most


def test_a_survey_rate_that_is_none_is_named_and_stops_nothing_but_itself(ground: Ground) -> None:
    ground.settings({"feedbackSurveyRate": 2})
    one = reporter(ground)

    with pytest.raises(SurveyRateError, match=r"settings\.json:1"):
        one.survey_due()
    assert not any(everything(one))


def test_feedback_brings_its_receipt(ground: Ground, taker: Taker) -> None:
    reply = reporter(ground, taker.address).feedback("slow", [{"role": "user"}], "7d")

    assert (reply.sent, reply.receipt, reply.why) == (True, "R-1", "")
    assert json.loads(taker.bodies("/api/feedback")[0]) == {
        "description": "slow",
        "transcript": [{"role": "user"}],
        "scope": "7d",
    }


@pytest.mark.parametrize(("answer", "why"), [(413, "too large"), (401, "does not know the key"), (418, "refused it")])
def test_feedback_that_is_refused_says_why_and_is_not_kept(ground: Ground, taker: Taker, answer: int, why: str) -> None:
    taker.answers.append((answer, {}, b""))

    reply = reporter(ground, taker.address).feedback("x", ["canary"])

    assert not reply.sent
    assert why in reply.why
    assert list(ground.spool.glob("*.sealed")) == []


def test_feedback_that_cannot_be_sent_says_why(ground: Ground) -> None:
    one = reporter(ground)

    assert one.feedback("x", []).why == "the collector could not be reached"
    assert "JSON cannot say" in one.feedback("x", [object()]).why
    assert "the scope is one of" in one.feedback("x", [], "month").why  # type: ignore[arg-type]  # wrong on purpose
    ground.environ["DISABLE_FEEDBACK_COMMAND"] = "1"
    assert one.feedback("x", []).why == "off: DISABLE_FEEDBACK_COMMAND takes the command away."


@pytest.mark.parametrize("body", [b"", b"[]", b'{"receipt": 7}', b"{"])
def test_an_answer_without_a_receipt_is_no_receipt(ground: Ground, taker: Taker, body: bytes) -> None:
    taker.answers.append((200, {}, body))

    assert reporter(ground, taker.address).feedback("x", []).receipt == ""


@pytest.mark.parametrize("consent", ["", "no", "Yes", "y"])
def test_only_yes_is_a_yes(ground: Ground, taker: Taker, consent: str) -> None:
    later = replace(agent(), as_of=FOUNDING.replace(month=8))
    one = reporter(ground, taker.address, agent=later)

    assert not one.share_transcript(["t"], consent).sent
    assert taker.received == []
    assert one.share_transcript(["t"], "yes").sent
    assert json.loads(taker.bodies("/api/transcript-share")[0]) == {"consent": "yes", "transcript": ["t"]}


def test_a_start_with_an_opt_out_throws_away_what_an_earlier_run_left(ground: Ground, taker: Taker) -> None:
    first = reporter(ground)
    first.metric("session.count")
    first.error(ValueError())
    first.close()
    assert len(list(ground.spool.glob("*.sealed"))) == 2
    ground.environ[OPT_OUT] = "1"

    second = reporter(ground, taker.address)

    assert list(ground.spool.glob("*.sealed")) == []
    second.close()
    assert taker.received == []


def test_a_start_without_one_sends_what_an_earlier_run_left(ground: Ground, taker: Taker) -> None:
    first = reporter(ground, taker.address)
    first._outbox._quiet = float("inf")
    first.metric("session.count")
    first.close()
    assert taker.received == []

    reporter(ground, taker.address)

    assert [one.path for one in taker.wait(1)] == ["/v1/metrics"]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_sends_its_own_and_not_the_parents(ground: Ground, taker: Taker) -> None:
    one = reporter(ground, taker.address, limits=replace(QUICK, interval=3600))
    one.metric("of.the.parent")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            one.metric("of.the.child")
            status = 0 if one.flush(20) else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert one.flush(20)

    names = [json.loads(b)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"] for b in taker.bodies("/v1/metrics")]
    assert sorted([m["name"] for m in metrics] for metrics in names) == [["of.the.child"], ["of.the.parent"]]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_worker_of_multiprocessing_sends_what_it_has_before_it_ends(ground: Ground, taker: Taker) -> None:
    one = reporter(ground, taker.address, limits=replace(QUICK, interval=3600))
    worker = multiprocessing.get_context("fork").Process(target=one.metric, args=("of.a.worker",))
    worker.start()
    worker.join()

    assert worker.exitcode == 0
    assert [b"of.a.worker" in body for body in taker.bodies("/v1/metrics")] == [True]


def test_many_threads_lose_nothing(ground: Ground, taker: Taker) -> None:
    one = reporter(ground, taker.address, limits=Limits(interval=0.01, queue=100_000, recheck=3600, flush=20))

    def count() -> None:
        for _ in range(500):
            one.metric("session.count")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one.close()

    points = [
        point["asDouble"]
        for body in taker.bodies("/v1/metrics")
        for point in json.loads(body)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["sum"]["dataPoints"]
    ]
    assert (sum(points), one.dropped) == (4000, 0)


def test_without_a_folder_named_it_lies_below_the_home(ground: Ground) -> None:
    where = replace(ground.where(), spool=None)
    one = reporter(ground)
    again = type(one)(one._collector, Agent("other", as_of=FOUNDING), where, QUICK)

    assert again._folder == ground.root / "home/.local/state/carnet/reports/other"


def test_what_was_dropped_and_discarded_is_counted(ground: Ground) -> None:
    one = reporter(ground, limits=replace(QUICK, interval=3600, queue=1))
    one.metric("a")
    one.metric("b")
    ground.environ[OPT_OUT] = "1"
    one.close()

    assert (one.dropped, one.discarded) == (1, 1)


def test_a_folder_that_was_removed_and_a_home_that_nobody_has_break_nothing(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, gone = ground.where(), tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    collector = Collector("http://127.0.0.1:9", KEY)
    assert type(reporter(ground))(collector, agent(), replace(where, project=None), QUICK).metric("x")

    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.home", nobody)
    homeless = replace(where, home=None, environ={}, spool=None)
    one = type(reporter(ground))(collector, agent(), homeless, QUICK)
    assert not one.metric("x")
    assert not one.survey_due()
