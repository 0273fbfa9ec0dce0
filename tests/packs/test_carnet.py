"""The rules by which Carnet itself keeps records, over the whole space of what it can know of an account."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import TYPE_CHECKING

import pytest

from carnet.errors import CarnetError
from carnet.packs import named
from carnet.policy.cases import failures, read_cases
from carnet.policy.compile import compile_tables
from carnet.policy.contexts import read_context
from carnet.policy.resolve import resolve
from carnet.policy.rulebook import rulebook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from carnet.model.verdict import Verdict

DAY = date(2026, 11, 26)
CONSUMER, COMMERCIAL = ("free", "pro", "max"), ("team", "enterprise", "api", "gov")
FACTS: dict[str, tuple[str | None, ...]] = {
    "terms": ("consumer", "commercial", None),
    "tier": (*CONSUMER, *COMMERCIAL, None),
    "model_improvement": ("on", "off", None),
    "org.zdr": ("on", "off", None),
    "org.dpp": ("on", "off", None),
    "org.product_feedback": ("on", "off", None),
    "provider": ("anthropic", "bedrock", "llm-gateway", None),
}
"""Everything Carnet can know of an account, and None where it does not; the providers no rule tells apart are two."""
ORDER = ("none", "days30", "months6", "years5")
CONTENT = ("inference", "cloud-session", "remote-control")
SENT = ("feedback", "survey", "transcript-share")
LAWFUL = {"feedback": "years5", "transcript-share": "months6"}
"""The class of what keeps a period of its own, whoever sent it."""

Given = dict[str, str]
BOOK = rulebook(named("carnet"))
TABLES = compile_tables(BOOK, DAY)


def verdicts(given: Mapping[str, str]) -> dict[str, Verdict]:
    return {one.flow: one for one in resolve(TABLES, given)}


def spaces() -> Iterator[Given]:
    for values in product(*FACTS.values()):
        yield {name: value for name, value in zip(FACTS, values, strict=True) if value is not None}


SPACE = [(given, verdicts(given)) for given in spaces()]


def consents(given: Given) -> bool:
    """Whether somebody whose word counts under these terms agreed to training."""
    if given.get("terms") == "consumer":
        return given.get("model_improvement") == "on"
    return given.get("terms") == "commercial" and given.get("org.dpp") == "on"


def longest(flow: str, given: Given) -> str:
    """The longest class the founding rules allow a flow in a context."""
    consent = given.get("terms") == "consumer" and given.get("model_improvement") == "on"
    return "years5" if flow in CONTENT and consent else LAWFUL.get(flow, "days30")


def test_its_flows_are_those_of_the_agent_s_pack() -> None:
    assert [flow.id for flow in BOOK.flows] == [flow.id for flow in rulebook(named("claude-code")).flows]


def test_its_cases_come_out_and_every_rule_decides_one_of_them() -> None:
    cases = read_cases(named("carnet").folder)
    assert failures(cases, BOOK, DAY) == []
    deciders: set[str] = set()
    for case in cases:
        context = read_context(case.context, BOOK, DAY)
        deciders |= {rule for one in resolve(TABLES, context.facts) for _, rule in one.deciders}
    assert {rule.id for rule in BOOK.rules} - deciders == set()


def test_every_rule_is_carnet_s_own_and_cites_nothing() -> None:
    assert {(rule.basis, rule.cites) for rule in BOOK.rules} == {("own", ())}


def test_the_rules_hold_on_any_day_a_record_may_carry() -> None:
    assert BOOK.changes == (date(2025, 6, 1),)
    assert all(rule.until is None for rule in BOOK.rules)


def test_zero_data_retention_keeps_nothing_whatever_else_is_known() -> None:
    off = {
        (one.verdict, one.retention, one.training, one.recipients, one.rule == f"{one.flow}.zdr")
        for given, found in SPACE
        if given.get("org.zdr") == "on"
        for one in found.values()
    }
    assert off == {("off", "none", "no", (), True)}


def test_without_it_everything_is_kept_but_what_the_organisation_does_not_take_in() -> None:
    for given, found in SPACE:
        if given.get("org.zdr") != "on":
            refused = {one.flow for one in found.values() if one.verdict == "off"}
            assert refused == (set(SENT) if given.get("org.product_feedback") == "off" else set())
            assert {one.verdict for one in found.values()} <= {"on", "off"}


def test_a_rating_is_kept_30_days_at_most_and_never_trains() -> None:
    told = {(found["survey"].retention, found["survey"].training) for _, found in SPACE}
    assert told == {("days30", "no"), ("none", "no")}


def test_what_is_needed_to_run_things_is_kept_30_days_at_most_and_never_trains() -> None:
    running = [flow.id for flow in BOOK.flows if flow.id not in {*CONTENT, *SENT}]
    told = {(found[flow].retention, found[flow].training) for _, found in SPACE for flow in running}
    assert told == {("days30", "no"), ("none", "no")}


def test_nothing_trains_unless_the_vendor_s_own_api_ran_the_model_and_somebody_agreed() -> None:
    for given, found in SPACE:
        eligible = {one.flow for one in found.values() if one.training == "yes"}
        assert not eligible or (given.get("provider") == "anthropic" and consents(given)), given
        assert eligible <= {*CONTENT, "feedback", "transcript-share"}


def test_what_may_train_does_once_all_of_it_is_known() -> None:
    for given, found in SPACE:
        terms_and_tier = (given.get("terms"), given.get("tier"))
        fits = terms_and_tier in {*product(["consumer"], CONSUMER), *product(["commercial"], COMMERCIAL)}
        if fits and consents(given) and given.get("provider") == "anthropic" and given.get("org.zdr") != "on":
            assert {found[flow].training for flow in CONTENT} == {"yes"}, given
            sent = "no" if given.get("org.product_feedback") == "off" else "yes"
            assert {found[flow].training for flow in ("feedback", "transcript-share")} == {sent}, given


def test_a_provider_that_was_not_given_is_told_as_missing_and_never_eligible() -> None:
    for given, found in SPACE:
        if "provider" not in given:
            open_ = [one for one in found.values() if one.training == "unknown"]
            assert all("provider" in one.missing for one in open_)
            assert all(one.training != "yes" for one in found.values())


def test_commercial_records_are_never_eligible_outside_the_partner_programme() -> None:
    for given, found in SPACE:
        if given.get("terms") == "commercial" and given.get("org.dpp") != "on":
            assert {one.training for one in found.values()} == {"no"}


def test_terms_that_are_not_known_make_nothing_eligible_and_lengthen_nothing() -> None:
    for given, found in SPACE:
        if "terms" not in given:
            assert all(one.training != "yes" for one in found.values()), given
            assert {found[flow].retention for flow in CONTENT} <= {"none", "days30", "unknown"}


def test_terms_and_a_tier_that_contradict_each_other_make_nothing_eligible() -> None:
    for given, found in SPACE:
        wrong = CONSUMER if given.get("terms") == "commercial" else COMMERCIAL
        if given.get("tier") in wrong:
            assert "terms" not in given or {one.training for one in found.values()} == {"no"}


def test_nothing_is_kept_longer_than_the_lawful_class() -> None:
    for given, found in SPACE:
        for one in found.values():
            if one.retention != "unknown":
                assert ORDER.index(one.retention) <= ORDER.index(longest(one.flow, given)), (given, one.flow)


def test_a_retention_is_only_open_while_terms_are_not_known() -> None:
    assert all(
        "terms" not in given and "terms" in one.missing
        for given, found in SPACE
        for one in found.values()
        if one.retention == "unknown"
    )


@pytest.mark.parametrize("fact", ["model_improvement", "org.dpp"])
def test_taking_a_consent_back_never_lengthens_and_never_makes_eligible(fact: str) -> None:
    for given, found in SPACE:
        if given.get(fact) == "on" and "terms" in given:
            for taken in (verdicts({**given, fact: "off"}), verdicts({k: v for k, v in given.items() if k != fact})):
                for flow, one in taken.items():
                    assert ORDER.index(one.retention) <= ORDER.index(found[flow].retention)
                    assert one.training != "yes" or found[flow].training == "yes"


def test_what_is_kept_has_purposes_goes_nowhere_else_and_lies_sealed() -> None:
    for given, found in SPACE:
        for one in found.values():
            if one.verdict == "on":
                assert one.recipients == ("own-store",)
                assert (one.transit, one.at_rest) == (
                    "TLS 1.2 or newer beyond this machine",
                    "sealed with AES-256-GCM",
                )
                assert one.necessity in {"required", "optional", "on-request"}
                assert "unknown" not in one.purposes or "terms" not in given


def test_only_what_somebody_agreed_to_serves_model_improvement() -> None:
    for given, found in SPACE:
        for one in found.values():
            if "model-improvement" in one.purposes and one.verdict == "on":
                possible = [given["terms"]] if "terms" in given else ["consumer", "commercial"]
                assert all(consents({**given, "terms": terms}) for terms in possible), given


@pytest.mark.parametrize(
    ("flow", "given", "rule"),
    [
        ("inference", {"terms": "consumer", "model_improvement": "on"}, "inference.consumer.consent"),
        ("inference", {"terms": "consumer"}, "inference.consumer"),
        ("inference", {"terms": "commercial", "org.dpp": "on"}, "inference.commercial.partner"),
        ("inference", {"terms": "commercial"}, "inference.commercial"),
        ("feedback", {"terms": "consumer"}, "feedback.all"),
        ("survey", {}, "survey.all"),
        ("transcript-share", {"terms": "commercial"}, "transcript-share.all"),
        ("metrics", {}, "metrics.all"),
        ("feedback", {"org.product_feedback": "off"}, "feedback.product-feedback-off"),
    ],
)
def test_the_rule_that_keeps_a_record_says_how_long_too(flow: str, given: Given, rule: str) -> None:
    found = verdicts(given)[flow]
    assert (found.rule, dict(found.deciders)["retention"]) == (rule, rule)


def test_terms_nobody_has_heard_of_are_refused_before_anything_is_decided() -> None:
    with pytest.raises(CarnetError, match="none of consumer, commercial"):
        read_context({"terms": "heron"}, BOOK, DAY)
