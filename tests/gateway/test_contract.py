from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.gateway.contract import Durability, Fate, How, Recording
from tests.gateway.ground import Desk, Door, Memory, admitted

if TYPE_CHECKING:
    from carnet.gateway.contract import Admission, Recorder, Tap


def test_what_the_tests_plug_in_is_what_the_relay_asks_for() -> None:
    admission: Admission = Door(admitted("one"))
    recorder: Recorder = Desk()
    tap: Tap = Memory(b"")
    assert None not in {id(admission), id(recorder), id(tap)}


def test_recording_is_required_if_nothing_else_is_said() -> None:
    assert admitted().recording is Recording.REQUIRED


def test_ends_have_names_for_metrics_and_records() -> None:
    assert {str(how) for how in How} == {
        "complete", "refused", "client-gone", "unreachable", "upstream-lost", "upstream-garbage", "timeout", "stopped",
        "too-large",
    }  # fmt: skip


def test_whoever_waits_for_a_record_is_told_at_once_and_once() -> None:
    durable, told = Durability(), list[tuple[str, Fate]]()
    durable.then(lambda fate: told.append(("first", fate)))
    durable.then(lambda fate: told.append(("second", fate)))
    assert durable.fate is None
    durable.settle(Fate("late"))
    durable.settle(Fate("stored", "1"))
    durable.then(lambda fate: told.append(("third", fate)))
    assert told == [(who, Fate("late")) for who in ("first", "second", "third")]


def test_who_raises_when_told_keeps_nobody_else_from_being_told() -> None:
    durable, told = Durability(), list[str]()

    def fail(_: Fate) -> None:
        told.append("failed")
        raise OSError("full")

    durable.then(fail)
    durable.then(lambda fate: told.append(fate.word))
    with pytest.raises(OSError, match="full"):
        durable.settle(Fate("stored", "1"))
    assert told == ["failed", "stored"]
