"""What findings are derived from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.agent.findings.view import given, on, place
from carnet.model.machine import Located

if TYPE_CHECKING:
    from tests.agent.homes import Home


@pytest.mark.parametrize(("value", "is_on", "is_given"), [
    ("1", True, True), (True, True, True), ("file:/x", False, True), ("0", False, False), ("", False, False),
    ("Off", False, False), (False, False, False), (0, False, False),
])  # fmt: skip
def test_switches_are_told_from_other_values(value: object, is_on: object, is_given: object) -> None:
    assert on(value) is is_on
    assert given(value) is is_given


def test_a_place_is_a_line_or_the_environment() -> None:
    assert place("env.A", Located("1", "user", "/f", 3)) == "/f:3"
    assert place("env.A", Located("1", "process")) == "environment A"


def test_values_are_read_as_on_that_day(made: Home) -> None:
    view = made.view()
    control = view.controls["env.DISABLE_TELEMETRY"]

    assert view.reads(control, "0") == "on"
    assert view.located("tier") is None
    assert control in view.opt_outs()
