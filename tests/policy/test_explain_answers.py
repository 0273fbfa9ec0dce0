from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carnet.model.explanation import Quote, Quoted
from carnet.policy.contexts import read_context
from carnet.policy.explain import explain
from carnet.policy.explain_answers import explanation_answer, quoted_answer

from .books import DAY, book, rule

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.model.explanation import Explanation

AT = datetime(2026, 4, 22, 3, 58, tzinfo=UTC)


def found(folder: Path) -> Explanation:
    rules = book(folder, rule("opt-out", 'verdict = "off"', '"env.OFF" = "on"'), rule("default"))
    return explain(rules, "metrics", read_context({"as_of": DAY.isoformat()}, rules, DAY))


def test_the_answer_begins_with_the_verdicts_fields(tmp_path: Path) -> None:
    answer = explanation_answer(found(tmp_path), [], "agent")
    assert list(answer)[:6] == ["flow", "verdict", "necessity", "purposes", "recipients", "retention"]
    assert (answer["verdict"], answer["rule"], answer["pack"], answer["as_of"]) == (
        "on",
        "default",
        "agent",
        "2026-05-01",
    )


def test_what_would_flip_and_what_was_tried_are_listed(tmp_path: Path) -> None:
    answer = explanation_answer(found(tmp_path), [], "agent")
    assert answer["would_flip"] == [{"fact": "env.OFF", "value": "1", "verdict": "off", "words": "OFF set"}]
    assert answer["tried"] == [
        {
            "rule": "opt-out",
            "means": "What opt-out means.",
            "then": {"verdict": "off"},
            "why": ["OFF is not set"],
            "open": False,
        }
    ]
    assert (answer["since"], answer["since_earliest"], answer["before"]) == ("2026-01-01", True, None)


def test_a_quotation_says_where_it_was_found(tmp_path: Path) -> None:
    cite = found(tmp_path).verdict.citations[0]
    answer = quoted_answer(Quoted(cite, Quote("agent/page", ("Metrics",), "Words.", "", "d" * 64, AT, AT, AT)))
    assert (answer["text"], answer["captured"], answer["link"]) == ("Words.", "2026-04-22T03:58:00Z", None)
    assert answer["found_in"] == {"document": "agent/page", "section": ["Metrics"], "version": "d" * 64}


def test_what_was_never_captured_has_no_text(tmp_path: Path) -> None:
    answer = quoted_answer(Quoted(found(tmp_path).verdict.citations[0], None))
    assert (answer["text"], answer["fingerprint"]) == (None, "s1:0123456789abcdef")
