from __future__ import annotations

from datetime import date

import pytest

from carnet.model.document import Sentence
from carnet.model.drift import Drift, Stale
from carnet.model.rule import Citation, Rule

CITE = Citation("page", "Logs", "s1:0", "abc", date(2026, 1, 1))
RULE = Rule("kept", "metrics", (), (("verdict", "on"),), "Kept.", (CITE,), date(2026, 1, 1))
SENTENCE = Sentence("Logs stay.", ("Logs",), 3, "s1:0")


def stale(*, reworded: bool) -> Stale:
    return Stale(RULE, CITE, SENTENCE, None, reworded)


@pytest.mark.parametrize(
    ("found", "alarming"),
    [
        ((), False),
        ((stale(reworded=True),), False),
        ((stale(reworded=True), stale(reworded=False)), True),
    ],
)
def test_only_more_than_a_rewording_alarms(found: tuple[Stale, ...], *, alarming: bool) -> None:
    assert Drift(found, (SENTENCE,), cosmetic=False).alarming is alarming
