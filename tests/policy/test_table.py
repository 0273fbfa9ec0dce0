from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from carnet.policy.compile import compile_tables
from tests.policy.books import DAY, book, claude, rule

if TYPE_CHECKING:
    from pathlib import Path


def test_the_space_stands_for_every_context_exactly_once() -> None:
    for table in compile_tables(claude(), DAY).tables:
        everything = 1
        for fact in table.facts:
            everything *= len(fact.classes)
        assert sum(size for _, size in table.space()) == everything


def test_contexts_that_no_rule_tells_apart_are_decided_alike() -> None:
    for table in compile_tables(claude(), DAY).tables:
        if len(table.facts) <= 4:
            for point in product(*(fact.classes for fact in table.facts)):
                assert table.decide(point) == table.decide(table.grouped(point))


def test_off_means_that_nobody_receives_keeps_or_trains(tmp_path: Path) -> None:
    rules = book(tmp_path, rule("off", 'verdict = "off"'), rule("rest", 'retention = "years5", training = "yes"'))
    table = compile_tables(rules, DAY).tables[0]
    found = {aspect: one.value for aspect, one in table.decide(()).items()}
    assert found == {"verdict": "off", "retention": "none", "training": "no", "recipients": ()}


def test_only_rules_that_hold_for_certain_are_holding(tmp_path: Path) -> None:
    rules = book(tmp_path, rule("cloud", when='provider = "cloud"'), rule("default"))
    table = compile_tables(rules, DAY).tables[0]
    assert [one.id for one in table.holding((None,))] == ["default"]
    assert [one.id for one in table.holding(("cloud",))] == ["cloud", "default"]
