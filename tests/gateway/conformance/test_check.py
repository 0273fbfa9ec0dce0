from __future__ import annotations

from carnet.gateway.conformance.check import Mark, Told, failed, judged, not_tried, passed


def test_a_check_is_passed_unless_there_are_faults() -> None:
    assert judged("all there", []) == passed("all there") == Told(Mark.PASS, "all there")
    assert judged("all there", ["a is gone", "b too"]) == failed("a is gone; b too")
    assert not_tried("no key").mark == "not tried"
