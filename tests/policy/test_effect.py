from __future__ import annotations

from datetime import date
from typing import Any

from carnet.policy.compile import compile_tables
from carnet.policy.effect import rule_changes, shifts
from tests.policy.books import ask, claude


def between(old: str, new: str) -> tuple[list[tuple[object, ...]], set[str], set[str]]:
    before, after = (compile_tables(claude(), date.fromisoformat(day)) for day in (old, new))
    changes = rule_changes(before, after)
    found: list[tuple[object, ...]] = [
        (one.flow, one.aspect, one.old, one.new, one.where) for one in shifts(before, after)
    ]
    return found, {rule.id for rule in changes.added}, {rule.id for rule in changes.ended}


def test_the_founding_change_is_about_encryption_and_switches_nothing() -> None:
    found, added, ended = between("2026-04-22", "2026-04-23")
    assert {row[1] for row in found} <= {"transit", "at_rest", "recipients"}
    assert ("inference", "transit", "TLS", "TLS 1.2+", ((),)) in found
    assert (
        "inference",
        "at_rest",
        "not encrypted",
        "AES-256 disk encryption",
        ((("provider", ("anthropic",)),),),
    ) in found
    assert "inference.tls12" in added
    assert "inference.tls" in ended


def test_the_survey_came_to_the_clouds_in_march() -> None:
    found, _, _ = between("2026-03-16", "2026-03-17")
    where = next(row[4] for row in found if row[:4] == ("survey", "verdict", "off", "on"))
    assert "provider" in str(where)
    assert "bedrock" in str(where)


def test_equal_dates_change_nothing() -> None:
    assert between("2026-04-23", "2026-04-23") == ([], set(), set())


def test_every_counted_context_is_one_that_differs() -> None:
    before, after = (compile_tables(claude(), day) for day in (date(2026, 4, 30), date(2026, 5, 1)))
    host = next(one for one in shifts(before, after) if (one.flow, one.aspect) == ("metrics", "verdict"))
    assert (host.old, host.new) == ("off", "on")
    facts: dict[str, Any] = {"provider": "bedrock", "client_version": "2.1.126"}
    facts["env"] = {"CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1"}
    assert [ask(claude(), "metrics", as_of=day, **facts).verdict for day in ("2026-04-30", "2026-05-01")] == [
        "off",
        "on",
    ]
    assert 0 < host.changed < host.contexts
