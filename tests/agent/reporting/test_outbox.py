"""Reports wait bounded, are tried again, outlive the program sealed, and are thrown away when somebody opts out."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.agent import Collector, Limits
from carnet.agent.reporting import forms
from carnet.agent.reporting.forms import Happened, Point
from carnet.agent.reporting.live import Live
from carnet.agent.reporting.outbox import Outbox
from carnet.agent.reporting.posting import Answer
from carnet.agent.reporting.spool import Spool
from tests.agent.reporting.ground import KEY, QUICK, Ground, agent

if TYPE_CHECKING:
    import pytest

    from carnet.agent.reporting.nouns import Parcel

TO = "http://127.0.0.1:9"
POINT = Point(1, "session.count", 1, "sum")


class Wire:
    """Stands for the network: remembers what was sent, answers as told."""

    def __init__(self, *answers: Answer) -> None:
        self.sent: list[Parcel] = []
        self.providers: list[str] = []
        self.answers = list(answers)
        self.last = Answer(200)
        self.came = threading.Condition()
        self.open = threading.Event()
        self.open.set()

    def __call__(self, _: Collector, parcel: Parcel, timeout: float, provider: str) -> Answer:
        self.providers.append(provider)
        if not self.open.wait(timeout):
            return Answer(0)  # nobody answered in time
        with self.came:
            self.sent.append(parcel)
            self.came.notify_all()
            return self.answers.pop(0) if self.answers else self.last

    def wait(self, number: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.sent) >= number, 20)


def outbox(ground: Ground, wire: Wire, limits: Limits = QUICK) -> Outbox:
    who, where = agent(), ground.where()
    spool = Spool(ground.spool, TO, limits.spool_bytes, limits.spool_days)
    return Outbox(Collector(TO, KEY), who, Live(who, where, recheck=0), spool, limits, wire)


def waiting(ground: Ground) -> list[str]:
    return Spool(ground.spool, TO, 1, 1).names()


def test_no_thread_before_something_waits(ground: Ground) -> None:
    before = threading.active_count()
    one = outbox(ground, Wire())

    assert threading.active_count() == before
    assert one.flush(0)


def test_what_is_put_is_sent_gathered(ground: Ground) -> None:
    wire = Wire()
    one = outbox(ground, wire, replace(QUICK, interval=3600))
    for _ in range(3):
        assert one.put(POINT)
    assert one.put(Happened(1, "session.start"))
    assert one.put(forms.rating(1))

    assert one.flush(20)

    assert sorted(parcel.path for parcel in wire.sent) == ["/api/survey", "/v1/logs", "/v1/metrics"]
    assert set(wire.providers) == {"anthropic"}
    one.close()


def test_what_is_counted_together_is_one_number(ground: Ground) -> None:
    wire = Wire()
    one = outbox(ground, wire, replace(QUICK, interval=3600))
    for number in range(5):
        assert one.add("tool.use", number, (("tool", "bash"),))
        assert one.add("tool.use", 1, ())

    one.close()

    (parcel,) = wire.sent
    (metric,) = json.loads(parcel.body)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    points = metric["sum"]["dataPoints"]
    assert [point["asDouble"] for point in points] == [10, 5]
    assert all(int(point["startTimeUnixNano"]) <= int(point["timeUnixNano"]) for point in points)


def test_a_full_batch_does_not_wait(ground: Ground) -> None:
    wire = Wire()
    one = outbox(ground, wire, replace(QUICK, interval=3600, batch=4))
    for _ in range(4):
        one.put(POINT)

    wire.wait(1)
    one.close()


def test_more_than_may_wait_is_dropped_and_counted(ground: Ground) -> None:
    wire = Wire()
    one = outbox(ground, wire, replace(QUICK, interval=3600, queue=5))

    taken = [one.put(POINT) for _ in range(8)]
    counted = [one.add(f"n{number}", 1, ()) for number in range(8)]

    assert (sum(taken), sum(counted), one.dropped) == (5, 5, 6)
    assert one.add("n0", 1, ()), "what is counted already takes no more room"
    one.close()
    assert not one.put(POINT)
    assert not one.add("n0", 1, ())


def test_what_finds_nobody_is_sealed_and_sent_later_as_the_same_bytes(ground: Ground) -> None:
    wire = Wire(Answer(0), Answer(503), Answer(401))
    one = outbox(ground, wire)
    one.put(POINT)

    wire.wait(4)

    assert len({parcel.body for parcel in wire.sent}) == 1
    assert one.flush(20)
    one.close()
    assert (waiting(ground), one.dropped) == ([], 0)


def test_what_is_refused_for_good_is_dropped_once(ground: Ground) -> None:
    wire = Wire(Answer(400))
    one = outbox(ground, wire)
    one.put(POINT)
    assert one.flush(20)
    one.close()

    assert (len(wire.sent), one.dropped, waiting(ground)) == (1, 1, [])


def test_while_it_backs_off_nothing_is_tried(ground: Ground) -> None:
    wire = Wire(Answer(429, wait=3600))
    one = outbox(ground, wire)
    one.put(POINT)
    wire.wait(1)
    one.put(Happened(1, "later"))
    assert one.flush(20)

    assert len(wire.sent) == 1
    one.close()
    assert len(waiting(ground)) == 2


def test_an_opt_out_finds_what_is_queued(ground: Ground) -> None:
    wire = Wire()
    one = outbox(ground, wire, replace(QUICK, interval=3600))
    one.put(POINT)
    one.put(forms.rating(2))
    ground.environ["DISABLE_ERROR_REPORTING"] = "1"
    one.put(forms.error([], "error", 1, "0" * 32, agent()))
    ground.environ["DISABLE_TELEMETRY"] = "1"

    one.close()

    assert (wire.sent, one.discarded, waiting(ground)) == ([], 3, [])


def test_an_opt_out_finds_what_is_spooled(ground: Ground) -> None:
    wire = Wire()
    wire.last = Answer(0)
    one = outbox(ground, wire)
    one.put(POINT)
    one.put(forms.error([], "error", 1, "0" * 32, agent()))
    wire.wait(1)
    one.close()
    assert len(waiting(ground)) == 2
    ground.settings({"env": {"DISABLE_TELEMETRY": "1"}})

    later = Wire()
    two = outbox(ground, later)
    two.wake()
    assert two.flush(20)
    two.close()

    assert [parcel.flow for parcel in later.sent] == ["errors"]
    assert waiting(ground) == []


def test_an_opt_out_while_it_waits_for_a_second_try_takes_it_away_without_any_call(ground: Ground) -> None:
    wire = Wire(Answer(429, wait=3600))
    one = outbox(ground, wire)
    one.put(POINT)
    wire.wait(1)
    assert one.flush(20)
    ground.settings({"env": {"DISABLE_TELEMETRY": "1"}})

    gone = threading.Event()
    while waiting(ground):
        gone.wait(0.01)

    assert len(wire.sent) == 1
    one.close()


def test_the_end_does_not_wait_for_a_collector_that_hangs_and_keeps_what_waits(ground: Ground) -> None:
    wire = Wire()
    wire.open.clear()
    one = outbox(ground, wire, replace(QUICK, flush=0.05, timeout=30))
    one.put(POINT)
    one.put(Happened(1, "queued.later"))

    one.close()

    assert len(waiting(ground)) == 2
    wire.open.set()


def test_a_folder_that_cannot_be_written_drops_and_breaks_nothing(ground: Ground) -> None:
    ground.spool.write_text("a file where the folder should be")
    wire = Wire(Answer(0))
    one = outbox(ground, wire)
    one.put(POINT)
    assert one.flush(20)
    one.close()

    assert one.dropped == 1


def test_what_breaks_inside_breaks_nothing_outside(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire()
    one = outbox(ground, wire)
    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "_packed", lambda _: 1 / 0)
        one.put(POINT)
        one.flush(0.2)
    one.put(Happened(1, "still.there"))
    wire.wait(1)
    one.close()


def test_a_parcel_that_cannot_be_taken_out_of_the_spool_is_not_sent_again_and_again(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = outbox(ground, Wire(Answer(0)))
    first.put(POINT)
    assert first.flush(20)
    first._stopped = True
    monkeypatch.setattr(Spool, "remove", lambda *_: False)
    wire = Wire()
    second = outbox(ground, wire, replace(QUICK, most_backoff=3600))
    second.wake()
    wire.wait(1)
    second.flush(0.2)

    assert len(wire.sent) == 1
    second.close()


def test_the_child_of_a_fork_has_nothing_of_the_parents_to_send(ground: Ground) -> None:
    one = outbox(ground, Wire(), replace(QUICK, interval=3600))
    one.put(POINT)

    one.after_fork()

    assert (one._queue, one._thread) == (type(one._queue)(), None)
