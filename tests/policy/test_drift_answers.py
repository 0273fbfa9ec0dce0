from __future__ import annotations

from datetime import date

from carnet.documents.sentences import sentences
from carnet.model.rule import Citation, Rule
from carnet.policy.drift import drift
from carnet.policy.drift_answers import drift_answer
from tests import make

OLD = b"# Page\n\n## Kept\n\nWe keep prompts for 30 days.\n"
NEW = b"# Page\n\n## Kept\n\nWe keep prompts for 60 days.\n"
DAY = date(2026, 4, 1)
CITE = Citation("page", "Kept", sentences(OLD)[0].fingerprint, "abc", DAY)
RULE = Rule("kept", "metrics", (), (("retention", "days30"),), "Kept 30 days.", (CITE,), DAY)


def test_a_stale_rule_comes_with_its_sentence_and_the_one_that_may_follow_it() -> None:
    found = drift("page", OLD, NEW, [RULE], DAY)
    answer = drift_answer("agent/page", make.version(1, OLD), make.version(2, NEW), found)
    successor = {
        "section": "Kept",
        "fingerprint": sentences(NEW)[0].fingerprint,
        "text": "We keep prompts for 60 days.",
        "line": 4,
    }
    assert answer["stale_rules"] == [
        {
            "rule": "kept",
            "flow": "metrics",
            "means": "Kept 30 days.",
            "document": "page",
            "section": "Kept",
            "fingerprint": CITE.fingerprint,
            "text": "We keep prompts for 30 days.",
            "reworded": False,
            "successor": successor,
        }
    ]
    assert (answer["uncovered"], answer["cosmetic"], answer["alarming"]) == ([successor], False, True)
    assert answer["document"] == "agent/page"
