from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.gateway.contract import How, Recording
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
