"""Rounds without a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.gateway.rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Callable


def at_once() -> Rounds:
    """Rounds of one read each, gone through within the call that brings it; whatever breaks fails the test."""

    def now(go: Callable[[], None]) -> None:
        go()
        rounds._left = 0  # few are gone through together like many

    rounds = Rounds(fail, now)
    return rounds


def fail(where: str, error: Exception) -> None:
    raise AssertionError(where) from error


class Gathered(Rounds):
    """Rounds that are gone through when the test says so."""

    def __init__(self, fault: Callable[[str, Exception], object] = fail) -> None:
        self.waiting: list[Callable[[], None]] = []
        super().__init__(fault, self.waiting.append)

    def go(self) -> None:
        """End this round, and those that begin by it."""
        while self.waiting:
            self.waiting.pop(0)()
        self._left = 0  # few are gone through together like many
