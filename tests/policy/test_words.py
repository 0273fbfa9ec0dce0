from __future__ import annotations

import pytest

from carnet.policy.compile import compile_tables
from carnet.policy.facts import Fact
from carnet.policy.words import (
    aspect_words,
    condition_words,
    fact_name,
    given_words,
    settable,
    where_words,
)

from .books import claude

CLOUDS = ("anthropic", "bedrock", "vertex", "foundry")


def test_a_fact_is_called_as_people_call_it() -> None:
    names = [fact_name(one) for one in ("env.DISABLE_TELEMETRY", "settings.cleanupPeriodDays", "org.zdr", "tier")]
    assert names == ["DISABLE_TELEMETRY", "cleanupPeriodDays", "zero data retention", "tier"]


@pytest.mark.parametrize(
    ("fact", "classes", "words"),
    [
        ("provider", ("bedrock",), "provider bedrock"),
        ("provider", ("bedrock", "vertex"), "provider bedrock or vertex"),
        ("provider", ("bedrock", "vertex", "foundry"), "provider not anthropic"),
        ("env.OFF", ("off",), "OFF unset"),
        ("env.OFF", ("on",), "OFF set"),
        ("settings.rate", ("zero",), "rate 0"),
    ],
)
def test_a_condition_is_said_the_shorter_way(fact: str, classes: tuple[str, ...], words: str) -> None:
    assert condition_words(fact, classes, CLOUDS if fact == "provider" else ("on", "off")) == words


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (("0",), "client before 2.1.9"),
        (("2.1.9",), "client 2.1.9 or later and before 2.1.20"),
        (("2.1.9", "2.1.20"), "client 2.1.9 or later"),
        (("0", "2.1.9", "2.1.20"), "client of any version"),
        (("0", "2.1.20"), "client 0 or 2.1.20"),
    ],
)
def test_versions_are_told_by_their_bounds(classes: tuple[str, ...], words: str) -> None:
    assert condition_words("client_version", classes, ("0", "2.1.9", "2.1.20")) == words


def test_where_names_the_provider_first_and_switches_together() -> None:
    conditions = (("env.A", ("off",)), ("provider", ("bedrock",)), ("env.B", ("off",)), ("env.C", ("on",)))
    assert where_words(conditions, {}) == "provider bedrock and A and B unset and C set"


def test_where_without_a_condition_is_always() -> None:
    assert where_words((), {}) == "always"


def test_what_is_the_case_is_a_sentence() -> None:
    told = [given_words(fact, one) for fact, one in (("env.A", "off"), ("tier", None), ("org.zdr", "off*"))]
    assert told == ["A is not set", "tier is not known", "zero data retention is off (assumed)"]


def test_an_empty_list_of_recipients_is_nobody() -> None:
    assert (aspect_words(()), aspect_words(("anthropic", "github")), aspect_words("none")) == (
        "nobody",
        "anthropic, github",
        "none",
    )


def test_every_class_of_every_fact_can_be_given_or_is_reached_by_leaving_it_out() -> None:
    book = claude()
    for fact in compile_tables(book, max(book.changes)).facts:
        for one in fact.classes:
            value = settable(fact, one)
            assert (fact.absent if value is None else fact.classify(value)) == one


def test_a_class_no_value_gives_is_refused() -> None:
    with pytest.raises(LookupError):
        settable(Fact("tier", ("pro",), None, "choice"), "gold")
