from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.policy.compile import compile_tables
from carnet.policy.effect import rule_changes, shifts
from carnet.policy.effect_answers import effect_answer, own_rules, rules_answer, shift_answer, shift_line

from .books import DAY, book, rule

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from carnet.policy.compile import Tables

CLOUD = rule("cloud", 'verdict = "off"', 'provider = "cloud", "env.OFF" = "off"')
LATER = CLOUD.replace("since = 2026-01-01", "since = 2026-04-15")
DEFAULT = rule("default")


def two(folder: Path, day: date = DAY) -> tuple[Tables, Tables]:
    rules = book(folder, LATER, DEFAULT)
    return compile_tables(rules, day.replace(month=3)), compile_tables(rules, day)


def test_a_shift_names_the_contexts_in_words(tmp_path: Path) -> None:
    tables = two(tmp_path)
    assert [shift_answer(one, tables) for one in shifts(*tables)] == [
        {
            "flow": "metrics",
            "aspect": "verdict",
            "old": "on",
            "new": "off",
            "changed": 1,
            "contexts": 6,
            "where": ["provider cloud and OFF unset"],
        }
    ]


def test_a_shift_is_one_line(tmp_path: Path) -> None:
    tables = two(tmp_path)
    line = shift_line(shifts(*tables)[0], tables)
    assert line == "metrics verdict on -> off in 1 of 6 contexts: provider cloud and OFF unset"


def test_rules_are_told_as_added_ended_and_changed(tmp_path: Path) -> None:
    answer = rules_answer(rule_changes(*two(tmp_path)))
    assert answer == {
        "added": [{"rule": "cloud", "flow": "metrics", "means": "What cloud means."}],
        "ended": [],
        "changed": [],
    }


def test_a_rule_that_only_follows_one_of_the_same_list_is_left_out(tmp_path: Path) -> None:
    like = 'id = "mirror.as"\nflow = "mirror"\nlike = "metrics"\nsince = 2026-01-01\nmeans = "As metrics."\n'
    cites = rule("x").partition("[[rule.cites]]")[2]
    rules = book(tmp_path, rule("kept", 'retention = "days30"'), f"[[rule]]\n{like}[[rule.cites]]{cites}").rules
    assert [one.id for one in rules] == ["kept", "mirror.as/kept"]
    assert [one.id for one in own_rules(rules)] == ["kept"]
    assert [one.id for one in own_rules(rules[1:])] == ["mirror.as/kept"]


def test_the_answer_has_the_days_it_compares(tmp_path: Path) -> None:
    tables = two(tmp_path)
    answer = effect_answer((DAY.replace(month=3), DAY), [], rule_changes(*tables), [])
    assert (answer["old"], answer["new"], answer["documents"], answer["flows"]) == ("2026-03-01", "2026-05-01", [], [])
