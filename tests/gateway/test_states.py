"""States are compared: what is below BUSY reads on."""

from __future__ import annotations

from carnet.gateway.states import State


def test_what_reads_on_comes_before_what_does_not() -> None:
    assert [state for state in State if state < State.BUSY] == [State.HEAD, State.BODY, State.DISCARD]
