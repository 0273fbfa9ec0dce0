from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carnet.policy.compile import compile_tables
from carnet.policy.contexts import read_context
from carnet.policy.resolve import classify, flips, resolve, resolved, verdict
from tests.policy.books import DAY, ask, book, claude, rule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PROVIDERS = ("anthropic", "bedrock", "vertex", "foundry", "anthropic-aws", "llm-gateway", "apps-gateway")


def test_the_first_rule_that_holds_and_names_an_aspect_decides_it(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        rule("opt-out", 'verdict = "off"', '"env.OFF" = "on"'),
        rule("default", 'verdict = "on", retention = "days30"'),
    )
    assert (ask(rules, "metrics").verdict, ask(rules, "metrics").rule) == ("on", "default")
    off = ask(rules, "metrics", env={"OFF": "1"})
    assert (off.verdict, off.rule, off.retention, off.recipients) == ("off", "opt-out", "none", ())


def test_a_flow_no_rule_speaks_of_is_unknown_and_never_off(tmp_path: Path) -> None:
    assert ask(book(tmp_path, rule("default")), "mirror").verdict == "unknown"


def test_an_absent_fact_matters_only_where_the_outcome_depends_on_it(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        rule("opt-out", 'verdict = "off"', '"env.OFF" = "on"'),
        rule("cloud", 'verdict = "off"', 'provider = "cloud"'),
        rule("default"),
    )
    open_ = ask(rules, "metrics")
    assert (open_.verdict, open_.missing, open_.rule) == ("unknown", ("provider",), "")
    assert (
        ask(rules, "metrics", env={"OFF": "1"}).verdict,
        ask(rules, "metrics", env={"OFF": "1"}).missing,
    ) == ("off", ())


def test_rules_that_together_cover_every_value_need_no_fact(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        rule("cloud", 'verdict = "off"', 'provider = ["cloud", "other"]'),
        rule("own", 'verdict = "off"', 'provider = "own"'),
        rule("never"),
    )
    assert (ask(rules, "metrics").verdict, ask(rules, "metrics").missing) == ("off", ())


def test_a_value_no_document_explains_is_not_known(tmp_path: Path) -> None:
    rules = book(tmp_path, rule("opt-out", 'verdict = "off"', '"env.OFF" = "on"'), rule("default"))
    assert ask(rules, "metrics", env={"OFF": "0"}).missing == ("env.OFF",)
    assert ask(rules, "metrics", as_of="2026-06-02", env={"OFF": "0"}).verdict == "off"
    assert ask(rules, "metrics", env={"OFF": ""}).verdict == "on"


def test_a_default_that_was_taken_is_listed_as_assumed(tmp_path: Path) -> None:
    rules = book(tmp_path, rule("zdr", 'verdict = "off"', '"org.zdr" = "on"'), rule("default"))
    assert ask(rules, "metrics").assumed == ("org.zdr",)
    assert ask(rules, "metrics", org={"zdr": False}).assumed == ()


def test_versions_are_compared_as_numbers(tmp_path: Path) -> None:
    rules = book(tmp_path, rule("new", 'verdict = "on"', 'client_version = ">=2.1.98"'), rule("old", 'verdict = "off"'))
    assert ask(rules, "metrics", client_version="2.1.126").verdict == "on"
    assert ask(rules, "metrics", client_version="2.1.9").verdict == "off"
    assert ask(rules, "metrics").missing == ("client_version",)


def test_a_flow_that_is_like_another_follows_it(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        rule("kept", 'verdict = "on", retention = "days30"'),
        rule("own", 'verdict = "on-request"', flow="mirror"),
        rule("as", flow="mirror").replace('then = { verdict = "on" }', 'like = "metrics"'),
    )
    mirror = ask(rules, "mirror")
    assert (mirror.verdict, mirror.retention) == ("on-request", "days30")


def test_what_is_off_is_protected_nowhere() -> None:
    off = ask(claude(), "metrics", as_of="2026-04-23", provider="bedrock")
    assert (off.verdict, off.transit, off.at_rest, off.recipients) == ("off", "unstated", "unstated", ())


def test_true_and_one_are_not_the_same_value() -> None:
    assert ask(claude(), "survey", provider="bedrock", settings={"feedbackSurveyRate": 1}).verdict == "on"
    assert ask(claude(), "survey", provider="bedrock", settings={"feedbackSurveyRate": 0}).verdict == "off"
    assert ask(claude(), "survey", provider="bedrock", settings={"feedbackSurveyRate": False}).verdict == "on"


@pytest.mark.parametrize("as_of", ["2025-12-01", "2026-04-23", "2026-08-22"])
def test_every_flip_changes_the_verdict_and_no_other_single_change_does(as_of: str) -> None:
    rules = claude()
    context = read_context(
        {"as_of": as_of, "provider": "anthropic", "tier": "pro", "model_improvement": True}, rules, DAY
    )
    tables = compile_tables(rules, context.day)
    shared = classify(tables, context.facts)
    for table in tables.tables:
        here = table.pick(shared)
        now = verdict(table, here).verdict
        listed = {(flip.fact, flip.value): flip.verdict for flip in flips(table, here)}
        for index, fact in enumerate(table.facts):
            for other in fact.classes:
                then = verdict(table, (*here[:index], other, *here[index + 1 :])).verdict
                assert listed.get((fact.name, other), now) == then


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "provider": st.sampled_from(PROVIDERS),
        "tier": st.sampled_from(["free", "pro", "max", "team", "enterprise", "api", "gov"]),
        "model_improvement": st.booleans(),
        "client_version": st.sampled_from(["2.1.100", "2.1.126", "2.1.330"]),
        "org": st.fixed_dictionaries({}, optional={"zdr": st.booleans(), "dpp": st.booleans(), "hipaa": st.booleans()}),
        "env": st.dictionaries(
            st.sampled_from(["DISABLE_TELEMETRY", "DO_NOT_TRACK", "DISABLE_ERROR_REPORTING", "DISABLE_UPDATES"]),
            st.sampled_from(["", "0", "1", "true", "maybe"]),
        ),
    },
)


@settings(max_examples=150)
@given(raw=FACTS, as_of=st.sampled_from(["2025-11-06", "2026-04-23", "2026-07-16", "2026-08-22"]))
def test_giving_a_missing_fact_never_contradicts_a_known_verdict(raw: dict[str, object], as_of: str) -> None:
    rules = claude()
    context = read_context({**raw, "as_of": as_of}, rules, DAY)
    tables = compile_tables(rules, context.day)
    shared = classify(tables, context.facts)
    before = resolved(tables, shared)
    for index, fact in enumerate(tables.facts):
        if shared[index] is None:
            for name in fact.classes:
                after = resolved(tables, [*shared[:index], name, *shared[index + 1 :]])
                for old, new in zip(before, after, strict=True):
                    assert old.verdict in {"unknown", new.verdict}
                    assert old.retention in {"unknown", new.retention}
                    assert fact.name in old.missing or old.verdict == new.verdict


@settings(max_examples=150)
@given(raw=FACTS, as_of=st.sampled_from(["2026-04-23", "2026-08-22"]))
def test_a_named_missing_fact_does_matter(raw: dict[str, object], as_of: str) -> None:
    rules = claude()
    context = read_context({**raw, "as_of": as_of}, rules, DAY)
    tables = compile_tables(rules, context.day)
    shared = classify(tables, context.facts)
    for table in tables.tables:
        here = table.pick(shared)
        missing = verdict(table, here).missing
        places = [index for index, fact in enumerate(table.facts) if fact.name in missing]
        outcomes = {
            point: str(verdict(table, tuple(_with(here, places, point))))
            for point in product(*(table.facts[index].classes for index in places))
        }
        for axis in range(len(places)):
            groups: dict[tuple[str, ...], set[str]] = {}
            for point, outcome in outcomes.items():
                groups.setdefault((*point[:axis], *point[axis + 1 :]), set()).add(outcome)
            assert any(len(group) > 1 for group in groups.values())


def _with(classes: Sequence[str | None], places: list[int], values: tuple[str, ...]) -> list[str | None]:
    given = dict(zip(places, values, strict=True))
    return [given.get(index, one) for index, one in enumerate(classes)]


def test_remote_control_follows_the_local_flow_in_every_context_of_april_2026() -> None:
    rules = claude()
    seen = 0
    for provider, tier, choice, zdr, dpp in product(
        ("anthropic", "bedrock", "foundry"),
        ("free", "pro", "team", "enterprise", "api", "gov"),
        (True, False),
        (True, False),
        (True, False),
    ):
        raw = {
            "as_of": "2026-04-23",
            "provider": provider,
            "tier": tier,
            "model_improvement": choice,
            "org": {"zdr": zdr, "dpp": dpp},
        }
        found = {
            one.flow: one
            for one in resolve(compile_tables(rules, DAY.replace(month=4, day=23)), read_context(raw, rules, DAY).facts)
        }
        local, remote = found["inference"], found["remote-control"]
        seen += 1
        assert (local.recipients, local.retention, local.training, local.transit, local.at_rest) == (
            remote.recipients,
            remote.retention,
            remote.training,
            remote.transit,
            remote.at_rest,
        )
    assert seen == 144
