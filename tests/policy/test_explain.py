from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.errors import NotFoundError
from carnet.policy.contexts import read_context
from carnet.policy.explain import explain

from .books import DAY, book, claude, rule

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.model.explanation import Explanation
    from carnet.policy.rulebook import Rulebook

OFF = rule("opt-out", 'verdict = "off"', '"env.OFF" = "on"')
CLOUD = rule("cloud", 'verdict = "off"', 'provider = "cloud"')
DEFAULT = rule("default", 'verdict = "on", retention = "days30"')


def asked(rules: Rulebook, flow: str = "metrics", day: date = DAY, **facts: object) -> Explanation:
    return explain(rules, flow, read_context({**facts, "as_of": day.isoformat()}, rules, day))


def test_every_rule_of_the_flow_is_told_once(tmp_path: Path) -> None:
    kept = rule("kept", 'retention = "days30"')
    found = asked(book(tmp_path, OFF, CLOUD, kept, DEFAULT), provider="cloud", env={"OFF": "1"})
    assert found.rule is not None
    told = [found.rule.id, *(one.id for one in (*found.also, *found.holds)), *(one.rule.id for one in found.tried)]
    assert (told, len(set(told))) == (["opt-out", "cloud", "kept", "default"], 4)


def test_a_rule_that_does_not_hold_says_why(tmp_path: Path) -> None:
    found = asked(book(tmp_path, OFF, CLOUD, DEFAULT), provider="own")
    assert [(one.rule.id, one.why, one.open) for one in found.tried] == [
        ("opt-out", ("OFF is not set",), False),
        ("cloud", ("provider is own; it is for provider cloud",), False),
    ]


def test_a_rule_that_hangs_on_what_is_not_known_says_so(tmp_path: Path) -> None:
    found = asked(book(tmp_path, CLOUD, DEFAULT))
    assert found.rule is None
    assert [(one.rule.id, one.why, one.open) for one in found.tried] == [("cloud", ("provider is not known",), True)]


def test_a_missing_fact_names_what_each_of_its_values_would_settle(tmp_path: Path) -> None:
    found = asked(book(tmp_path, CLOUD, DEFAULT))
    settled = {one.values: dict(one.gives)["verdict"] for one in found.branches if one.fact == "provider"}
    assert settled == {("own", "other"): "on", ("cloud",): "off"}


def test_nothing_is_missing_where_everything_is_known(tmp_path: Path) -> None:
    assert asked(book(tmp_path, CLOUD, DEFAULT), provider="own").branches == ()


def test_since_when_is_walked_back_over_changes_of_rules(tmp_path: Path) -> None:
    later = OFF.replace("since = 2026-01-01", "since = 2026-03-01")
    found = asked(book(tmp_path, later, DEFAULT), env={"OFF": "1"})
    assert found.spell is not None
    assert (found.spell.since, found.spell.earliest, found.spell.before) == (date(2026, 3, 1), False, "on")


def test_since_the_first_day_known_says_that_it_may_be_longer(tmp_path: Path) -> None:
    spell = asked(book(tmp_path, DEFAULT)).spell
    assert spell is not None
    assert (spell.since, spell.earliest, spell.before) == (date(2026, 1, 1), True, "")


def test_a_change_of_how_a_control_is_read_ends_a_spell(tmp_path: Path) -> None:
    spell = asked(book(tmp_path, OFF, DEFAULT), day=date(2026, 7, 1), env={"OFF": "yes"}).spell
    assert spell is not None
    assert (spell.since, spell.before) == (date(2026, 6, 1), "unknown")


def test_a_flow_no_document_speaks_of_has_no_spell(tmp_path: Path) -> None:
    assert asked(book(tmp_path, DEFAULT), "mirror").spell is None


def test_an_unknown_flow_names_near_ones(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="did you mean metrics"):
        asked(book(tmp_path, DEFAULT), "metric")


def test_an_unknown_flow_far_from_all_names_all(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there are: metrics, mirror"):
        asked(book(tmp_path, DEFAULT), "xyz")


FLOWS = [flow.id for flow in claude().flows]
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "provider": st.sampled_from(["anthropic", "bedrock", "foundry", "llm-gateway", "apps-gateway"]),
        "tier": st.sampled_from(["free", "pro", "team", "api"]),
        "client_version": st.sampled_from(["2.1.100", "2.1.200"]),
        "env.DISABLE_TELEMETRY": st.sampled_from(["1", "0", "perhaps", ""]),
        "env.CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": st.just("1"),
        "settings.feedbackSurveyRate": st.sampled_from([0, 0.5, 1, -3]),
        "org.zdr": st.booleans(),
        "model_improvement": st.booleans(),
    },
)


@given(flow=st.sampled_from(FLOWS), facts=FACTS, day=st.sampled_from([date(2026, 4, 23), date(2026, 8, 22)]))
def test_a_listed_flip_applied_gives_the_verdict_it_promises(flow: str, facts: dict[str, object], day: date) -> None:
    rules = claude()
    found = asked(rules, flow, day, **facts)
    for way in found.ways:
        then = asked(rules, flow, day, **{**facts, way.fact: way.value})
        assert (then.verdict.verdict, then.verdict.verdict != found.verdict.verdict) == (way.verdict, True)


@given(flow=st.sampled_from(FLOWS), facts=FACTS)
def test_a_fact_that_is_not_listed_flips_nothing(flow: str, facts: dict[str, object]) -> None:
    rules = claude()
    day = date(2026, 8, 22)
    found = asked(rules, flow, day, **facts)
    listed = {way.fact for way in found.ways}
    for fact, value in (("env.DISABLE_TELEMETRY", "1"), ("org.zdr", True), ("provider", "bedrock")):
        if fact not in listed and fact not in found.verdict.missing:
            assert asked(rules, flow, day, **{**facts, fact: value}).verdict.verdict == found.verdict.verdict
