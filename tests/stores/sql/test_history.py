from __future__ import annotations

import pytest

from carnet.model.document import Outcome
from carnet.stores.sql.history import Observed, decide, decided

NEW, UNCHANGED, FAILED = Outcome.NEW, Outcome.UNCHANGED, Outcome.FAILED


@pytest.mark.parametrize(
    ("before", "body", "outcome"),
    [
        (None, 1, NEW),
        (None, None, FAILED),
        (Observed(0, 1, NEW), 1, UNCHANGED),
        (Observed(0, 1, NEW), 2, NEW),
        (Observed(0, 1, UNCHANGED), None, NEW),
        (Observed(0, None, NEW), None, UNCHANGED),
        (Observed(0, None, UNCHANGED), None, UNCHANGED),
        (Observed(0, None, NEW), 1, NEW),
        (Observed(0, None, FAILED), None, FAILED),
        (Observed(0, None, FAILED), 1, NEW),
    ],
)
def test_an_observation_is_decided_by_the_one_before_it(
    before: Observed | None, body: int | None, outcome: Outcome
) -> None:
    assert decide(before, body) is outcome


def test_a_run_is_decided_from_what_was_just_decided() -> None:
    run = [Observed(n, body) for n, body in enumerate([None, 1, 1, None, None, 1])]
    assert [outcome for _, outcome in decided(None, run)] == [FAILED, NEW, UNCHANGED, NEW, UNCHANGED, NEW]


def test_a_run_goes_on_from_what_came_before() -> None:
    assert [outcome for _, outcome in decided(Observed(0, 1, NEW), [Observed(1, 1), Observed(2, None)])] == [
        UNCHANGED,
        NEW,
    ]
