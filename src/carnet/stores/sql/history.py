"""The law of a history: a version is an observation whose text differs from the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.model.document import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NEVER_SEEN = "not there, and never seen before"
"""Why an observation failed that found nothing where no text had ever been."""


@dataclass(frozen=True, slots=True)
class Observed:
    """An observation reduced to what decides."""

    place: int
    body: int | None
    """Id of the text seen; None where the document was not there."""
    outcome: Outcome | None = None
    """What was decided before; None where nothing was yet."""
    key: int = 0
    """Capture id, or the caller's own number for an observation not yet written."""


def decide(before: Observed | None, body: int | None) -> Outcome:
    """Outcome of an observation of this text right after another one."""
    if body is not None:
        return Outcome.UNCHANGED if before is not None and before.body == body else Outcome.NEW
    if before is None or (before.body is None and before.outcome is Outcome.FAILED):
        return Outcome.FAILED
    return Outcome.UNCHANGED if before.body is None else Outcome.NEW


def decided(before: Observed | None, history: Iterable[Observed]) -> Iterator[tuple[Observed, Outcome]]:
    """Go through a run of observations in the history's order and decide each anew."""
    for observed in history:
        outcome = decide(before, observed.body)
        yield observed, outcome
        before = Observed(observed.place, observed.body, outcome)
