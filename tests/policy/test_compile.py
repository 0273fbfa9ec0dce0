from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from carnet.policy.compile import column, compile_tables
from tests.policy.books import DAY, ask, book, claude, rule

if TYPE_CHECKING:
    from pathlib import Path


def test_a_rule_holds_from_its_first_day_to_the_day_before_its_last() -> None:
    rules = claude()
    days = [date(2026, 7, 15), date(2026, 7, 16)]
    ids = [{one.id for table in compile_tables(rules, day).tables for _, one in table.rules} for day in days]
    assert "errors.default" in ids[0] - ids[1]
    assert "errors.subscription" in ids[1] - ids[0]


def test_only_the_sentences_that_stand_on_the_day_are_cited() -> None:
    for day in (date(2025, 12, 1), date(2026, 4, 23), date(2026, 8, 22)):
        for table in compile_tables(claude(), day).tables:
            for _, one in table.rules:
                assert all(cite.since <= day and (cite.until is None or day < cite.until) for cite in one.cites)


def test_every_documented_rule_cites_a_sentence_on_every_day_it_holds() -> None:
    rules = claude()
    for day in rules.changes:
        for table in compile_tables(rules, day).tables:
            assert [one.id for _, one in table.rules if one.basis != "silent" and not one.cites] == []


def test_days_of_one_epoch_share_their_tables() -> None:
    assert compile_tables(claude(), date(2026, 4, 23)) is compile_tables(claude(), date(2026, 4, 23))


def test_a_class_may_be_excluded(tmp_path: Path) -> None:
    rules = book(tmp_path, rule("away", 'verdict = "off"', 'provider = "!own"'), rule("default"))
    assert [ask(rules, "metrics", provider=one).verdict for one in ("own", "cloud", "other")] == ["on", "off", "off"]


def test_a_column_reads_only_the_facts_of_its_aspect() -> None:
    tables = compile_tables(claude(), DAY)
    table = next(one for one in tables.tables if one.flow == "inference")
    assert [fact.name for fact in column(tables, table, "verdict").facts] == []
    assert {fact.name for fact in column(tables, table, "training").facts} >= {"tier", "model_improvement", "org.dpp"}
