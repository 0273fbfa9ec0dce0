"""What a check is, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from carnet.gateway.conformance.trial import Trial


class Basis(StrEnum):
    """Who asks for it."""

    CONTRACT = "contract"
    """The agent's vendor, of every gateway."""
    HTTP = "http"
    """RFC 9110 and 9112, of every intermediary."""
    FIDELITY = "fidelity"
    """Nobody but whoever wants to be sure: what is not asked for and still changed."""


class Mark(StrEnum):
    """What became of a check."""

    PASS = "pass"  # noqa: S105 - a mark
    FAIL = "fail"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Told:
    """A mark, and what was seen that earned it."""

    mark: Mark
    seen: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is asked of a gateway."""

    id: str
    basis: Basis
    asks: str
    run: Callable[[Trial], Awaitable[Told]]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the report."""

    check: Check
    told: Told


def passed(seen: str) -> Told:
    return Told(Mark.PASS, seen)


def failed(seen: str) -> Told:
    return Told(Mark.FAIL, seen)


def not_tried(why: str) -> Told:
    return Told(Mark.NOT_TRIED, why)


def judged(seen: str, faults: list[str]) -> Told:
    """Passed with what was seen, unless there are faults."""
    return failed("; ".join(faults)) if faults else passed(seen)
