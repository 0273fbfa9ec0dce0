"""Whether a report may be kept, and by which rule not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.gateway.intake import terms
from carnet.gateway.intake.terms import Terms, defaults
from carnet.model.account import Account, ApiKey, Caller, Organisation
from carnet.records.deciding import Deciding

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)


def caller(**switches: object) -> Caller:
    organisation = Organisation(1, "acme", "commercial", "enterprise", NOW, **switches)  # type: ignore[arg-type]
    account = Account(1, 1, "ann@acme.test", "", NOW)
    return Caller(ApiKey("abcdefg2", b"", 1, ("intake",), NOW), account, organisation)


@pytest.mark.parametrize(
    ("switches", "kind", "flow", "rule"),
    [
        ({}, "metric", "metrics", ""), ({}, "error", "errors", ""), ({}, "rating", "survey", ""),
        ({}, "feedback", "feedback", ""), ({}, "transcript", "transcript-share", ""),
        ({"zdr": True}, "metric", "metrics", "zdr"), ({"zdr": True}, "rating", "survey", "zdr"),
        ({"product_feedback": False}, "feedback", "feedback", "feedback.product-feedback-off"),
        ({"product_feedback": False}, "rating", "survey", "survey.product-feedback-off"),
        ({"product_feedback": False}, "metric", "metrics", ""),
        ({"keep": (("metrics", "none"),)}, "metric", "metrics", "organisation.keep"),
        ({"closed": True}, "metric", "metrics", "organisation.keep"),
    ],
)  # fmt: skip
def test_the_rule_that_forbids_is_told(switches: Mapping[str, object], kind: str, flow: str, rule: str) -> None:
    assert Terms(lambda: NOW).forbids(caller(**switches), kind, flow, "") == rule


@pytest.mark.parametrize("provider", ["bedrock", "vertex", "foundry"])
def test_other_providers_report_nothing_by_default_but_ratings(provider: str) -> None:
    asked = Terms(lambda: NOW)
    for kind, flow in (("metric", "metrics"), ("error", "errors"), ("feedback", "feedback")):
        assert asked.forbids(caller(), kind, flow, provider) == "provider-default"
    assert asked.forbids(caller(), "rating", "survey", provider) == ""


def test_defaults_name_providers_and_flows_that_there_are() -> None:
    deciding = Deciding(NOW.date())
    for one in defaults():
        assert set(one.providers) <= set(deciding.providers)
        assert set(one.flows) <= set(deciding.flows)


def test_a_word_that_is_no_provider_is_none() -> None:
    asked = Terms(lambda: NOW)
    assert [asked.provider(text) for text in ("bedrock", "Bedrock", "x", "")] == ["bedrock", "", "", ""]


def test_a_decision_holds_for_the_day_and_the_caller_it_was_made_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "_MOST", 1)
    day = [NOW]
    asked, one = Terms(lambda: day[0]), caller()
    assert asked.forbids(one, "metric", "metrics", "") == ""
    assert asked.forbids(caller(zdr=True), "metric", "metrics", "") == "zdr"
    assert asked.forbids(one, "error", "errors", "") == ""
    day[0] += timedelta(days=1)
    assert asked.forbids(one, "metric", "metrics", "") == ""
