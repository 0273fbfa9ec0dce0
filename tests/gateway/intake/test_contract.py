"""Refusals carry what their client needs."""

from __future__ import annotations

from carnet.gateway.intake.contract import RefusedError


def test_a_refusal_says_whether_waiting_helps() -> None:
    assert (RefusedError(413, "Too long.").after, RefusedError(503, "Away.", 5).after) == (0, 5)
    assert str(RefusedError(413, "Too long.")) == "Too long."
