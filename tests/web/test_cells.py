from __future__ import annotations

from datetime import date

import pytest

from carnet.web.asking import asked_of, default_pack
from carnet.web.cells import Cell, answer, cell, missing_words

DAY = date(2026, 4, 23)


def given(flow: str, facts: dict[str, str], day: date = DAY) -> Cell:
    asked = asked_of(default_pack(), day, facts)
    return cell(asked, next(found for found in asked.book.flows if found.id == flow))


def one(flow: str, day: date = DAY, **facts: str) -> Cell:
    return given(flow, {name.replace("__", "."): value for name, value in facts.items()}, day)


@pytest.mark.parametrize(
    ("flow", "first"),
    [
        ("metrics", "DISABLE_TELEMETRY=1"),
        ("errors", "DISABLE_ERROR_REPORTING=1"),
        ("survey", "CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY=1"),
        ("domain-check", "skipWebFetchPreflight: true"),
        ("local-transcripts", "CLAUDE_CODE_SKIP_PROMPT_HISTORY=1"),
    ],
)
def test_the_control_made_for_a_flow_goes_before_those_for_many(flow: str, first: str) -> None:
    assert one(flow, provider="anthropic").disables[0] == first


@pytest.mark.parametrize("flow", ["metrics", "errors", "survey", "updates", "domain-check"])
def test_each_control_named_turns_the_flow_off_by_itself(flow: str) -> None:
    for told in one(flow, provider="anthropic").disables:
        name, sign, value = told.partition("=" if "=" in told else ": ")
        fact = f"{'env' if sign == '=' else 'settings'}.{name}"
        assert given(flow, {"provider": "anthropic", fact: value}).verdict.verdict == "off", told


def test_what_keeps_a_flow_off_is_said_as_a_person_sets_it() -> None:
    assert one("metrics", provider="vertex").because == "CLAUDE_CODE_USE_VERTEX=1"
    assert one("survey", env__DISABLE_TELEMETRY="1").because == "DISABLE_TELEMETRY=1"


def test_off_for_a_reason_nobody_sets_has_the_rule_s_words() -> None:
    found = one("errors", date(2026, 8, 22), provider="llm-gateway")
    assert (found.because, found.verdict.verdict) == ("", "off")
    assert found.why == "Error reports are on only when every condition holds; here one does not."


def test_unknown_says_whether_documents_are_silent_or_facts_are_missing() -> None:
    assert one("metrics", provider="llm-gateway").why == "no document says"
    assert one("metrics").why == "depends on where the model runs"
    assert one("metrics", date(2024, 1, 1)).why == "no rule of this date speaks of it"


def test_missing_facts_are_told_as_nouns() -> None:
    asked = asked_of(default_pack(), DAY, {})
    told = missing_words(asked, ["client_version", "tier", "org.zdr", "env.DISABLE_TELEMETRY"])
    assert told == [
        "the version of the agent",
        "the account tier",
        "whether the organisation has zero data retention",
        "DISABLE_TELEMETRY",
    ]


def test_the_json_has_what_the_cell_shows() -> None:
    found = one("metrics", provider="bedrock")
    assert answer(found)["says"] == "Default off"
    assert answer(found)["explain"] == "/explain/metrics?as_of=2026-04-23&provider=bedrock"
