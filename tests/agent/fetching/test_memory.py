"""What is remembered of answers, and for how long."""

from __future__ import annotations

from carnet.agent.fetching.memory import LIFE, Answers

ALL, PASSES = "every answer, five minutes a host", "passes only, five minutes a host"


def test_each_rule_remembers_what_it_says() -> None:
    for rule, expected in ((ALL, [True, False]), (PASSES, [True, None]), ("", [None, None])):
        answers = Answers(9, lambda: 0.0)
        answers.put("yes", rule, allowed=True)
        answers.put("no", rule, allowed=False)
        assert [answers.get(host, rule) for host in ("yes", "no")] == expected


def test_a_rule_that_changes_counts_for_what_is_remembered_already() -> None:
    answers = Answers(9, lambda: 0.0)
    answers.put("no", ALL, allowed=False)
    assert answers.get("no", PASSES) is None
    assert answers.get("no", ALL) is None


def test_answers_end_after_five_minutes() -> None:
    at = [0.0]
    answers = Answers(9, lambda: at[0])
    answers.put("yes", ALL, allowed=True)
    at[0] = LIFE - 0.1
    assert answers.get("yes", ALL) is True
    at[0] = LIFE
    assert answers.get("yes", ALL) is None
    assert len(answers) == 0


def test_a_no_takes_the_place_of_a_yes() -> None:
    answers = Answers(9, lambda: 0.0)
    answers.put("host", PASSES, allowed=True)
    answers.put("host", PASSES, allowed=False)
    assert answers.get("host", PASSES) is None


def test_the_longest_unused_is_forgotten_first() -> None:
    answers = Answers(2, lambda: 0.0)
    answers.put("a", ALL, allowed=True)
    answers.put("b", ALL, allowed=True)
    answers.get("a", ALL)
    answers.put("c", ALL, allowed=True)
    assert [answers.get(host, ALL) for host in "abc"] == [True, None, True]
