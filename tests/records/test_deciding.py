from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from carnet.errors import CarnetError
from carnet.model.account import TIERS, Account, Organisation
from carnet.model.record import KINDS, Lane, Refusal
from carnet.records.deciding import Deciding, eligible_now, facts_of
from carnet.records.retention import NONE, expiry, shorter
from tests.records.kept import PAT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.records.kept import Shelf

NOW = datetime(2026, 4, 1, tzinfo=UTC)
RULES = Deciding(date(2026, 4, 1))
PLACES = [(terms, tier) for terms, tiers in TIERS.items() for tier in tiers]
SWITCHES = list(product([False, True], repeat=3))
CONTENT = {"exchange", "feedback", "transcript", "session-event"}
CLASSES = ["none", "days1", "days7", "days29", "days30", "days31", "months1", "days181", "months6", "years1", "years9"]

flows, providers = st.sampled_from(RULES.flows), st.sampled_from(["", *RULES.providers])
kinds = st.sampled_from(KINDS)
keeps = st.dictionaries(flows, st.sampled_from(CLASSES)).map(lambda kept: tuple(kept.items()))
organisations = st.builds(
    lambda place, zdr, dpp, feedback, keep: org(place[0], place[1], zdr=zdr, dpp=dpp, feedback=feedback, keep=keep),
    *(st.sampled_from(PLACES), st.booleans(), st.booleans(), st.booleans(), keeps),
)
accounts = st.builds(lambda tier, on: person(tier, consent=on), st.sampled_from(["", *dict(PLACES)]), st.booleans())


def org(
    terms: str = "commercial",
    tier: str = "enterprise",
    *,
    zdr: bool = False,
    dpp: bool = False,
    feedback: bool = True,
    keep: tuple[tuple[str, str], ...] = (),
    closed: bool = False,
) -> Organisation:
    return Organisation(1, "one", terms, tier, NOW, zdr, dpp, feedback, keep, closed)


def person(tier: str = "", *, consent: bool = False, closed: bool = False) -> Account:
    return Account(1, 1, "someone@one.test", tier, NOW, consent, closed)


def everybody() -> Iterator[tuple[Organisation, Account]]:
    for (terms, tier), (zdr, dpp, feedback), consent in product(PLACES, SWITCHES, [False, True]):
        yield org(terms, tier, zdr=zdr, dpp=dpp, feedback=feedback), person(consent=consent)


def lane(organisation: Organisation, account: Account | None, flow: str, provider: str = "anthropic") -> Lane:
    found = RULES.decide(organisation, account, "exchange", flow, provider)
    assert isinstance(found, Lane), found
    return found


def why(organisation: Organisation, account: Account | None, flow: str = "inference") -> str:
    found = RULES.decide(organisation, account, "exchange", flow, "anthropic")
    assert isinstance(found, Refusal), found
    return found.why


CONSUMER, COMMERCIAL = org("consumer", "pro"), org()


@pytest.mark.parametrize(
    ("organisation", "consent", "flow", "retention", "training"),
    [
        (CONSUMER, True, "inference", "years5", True),
        (CONSUMER, False, "inference", "days30", False),
        (COMMERCIAL, True, "inference", "days30", False),
        (org(dpp=True), False, "inference", "days30", True),
        (CONSUMER, False, "feedback", "years5", False),
        (CONSUMER, True, "feedback", "years5", True),
        (COMMERCIAL, False, "feedback", "years5", False),
        (COMMERCIAL, False, "transcript-share", "months6", False),
        (CONSUMER, True, "metrics", "days30", False),
        (COMMERCIAL, False, "survey", "days30", False),
    ],
)
def test_the_founding_pages_periods(
    organisation: Organisation, consent: object, flow: str, retention: str, training: object
) -> None:
    found = lane(organisation, person(consent=bool(consent)), flow)
    assert (found.retention, found.training) == (retention, training)
    assert found.rules


def test_nothing_of_an_organisation_with_zero_data_retention_is_kept() -> None:
    for organisation, account in everybody():
        if organisation.zdr:
            for flow, kind, provider in product(RULES.flows, KINDS, ["", "anthropic"]):
                assert isinstance(RULES.decide(organisation, account, kind, flow, provider), Refusal)


def test_a_refusal_says_why_and_which_rule_says_so() -> None:
    assert why(org(zdr=True), person()) == (
        "The organisation wants nothing kept, so an exchange with a model is not kept at all. (inference.zdr)"
    )


def test_nothing_is_kept_for_what_is_being_deleted() -> None:
    for flow in RULES.flows:
        assert "is being deleted" in why(org(closed=True), person(), flow)
        assert "is being deleted" in why(org(), person(closed=True), flow)
        assert "is being deleted" in why(org(closed=True), None, flow)


def test_what_is_not_known_is_not_kept() -> None:
    stranger, consenting = org("barter", "enterprise"), person(consent=True)
    assert why(stranger, consenting) == "not known: terms; what is not known is not kept"
    assert lane(stranger, person(), "inference").retention == "days30", "as under any terms"


def test_no_rule_of_another_day_decides() -> None:
    before = Deciding(date(2025, 5, 31))
    assert isinstance(before.decide(org(), person(), "exchange", "inference", "anthropic"), Refusal)


@pytest.mark.parametrize("flow", ["feedback", "survey", "transcript-share"])
def test_an_organisation_that_wants_no_product_feedback_has_none_kept(flow: str) -> None:
    assert "allows no product feedback" in why(org(feedback=False), person(), flow)


def test_only_content_with_a_named_provider_and_somebodys_yes_ever_trains() -> None:
    for (organisation, account), kind, flow, provider in product(
        everybody(), KINDS, RULES.flows, ["", *RULES.providers]
    ):
        found = RULES.decide(organisation, account, kind, flow, provider)
        if isinstance(found, Lane) and found.training:
            assert kind in CONTENT
            assert provider == "anthropic"
            assert account.consent if organisation.terms == "consumer" else organisation.dpp
            assert not organisation.zdr


def test_a_rating_never_trains() -> None:
    for organisation, account in everybody():
        for asked in (None, account):
            found = RULES.decide(organisation, asked, "rating", "survey", "anthropic")
            assert not (isinstance(found, Lane) and found.training)


def test_without_an_account_there_is_no_consent() -> None:
    assert lane(CONSUMER, None, "inference").retention == "days30"
    assert facts_of(CONSUMER, None, "")["model_improvement"] == "off"


@settings(max_examples=400)
@given(
    organisations,
    st.one_of(st.none(), accounts),
    flows,
    kinds,
    providers,
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
@example(org(keep=(("transcript-share", "days30"),)), None, "transcript-share", "metric", "", NOW)
@example(org(keep=(("inference", "months1"),)), None, "inference", "metric", "", datetime(2026, 2, 1, tzinfo=UTC))
def test_an_organisation_shortens_and_never_lengthens(
    organisation: Organisation, account: Account | None, flow: str, kind: str, provider: str, created: datetime
) -> None:
    plain = Organisation(
        *(1, "one", organisation.terms, organisation.tier, NOW),
        *(organisation.zdr, organisation.dpp, organisation.product_feedback),
    )
    rules = RULES.decide(plain, account, kind, flow, provider)
    found = RULES.decide(organisation, account, kind, flow, provider)
    wanted = dict(organisation.keep).get(flow)
    if isinstance(rules, Refusal) or wanted is None:
        assert found == rules
    elif wanted == NONE:
        assert found == Refusal(f"one keeps nothing of the flow {flow}")
    else:
        assert isinstance(found, Lane)
        ends = expiry(found.retention, created)
        assert ends <= expiry(rules.retention, created)
        assert ends <= expiry(wanted, created)
        assert ("organisation.keep" in found.rules) == (found.retention != rules.retention)
        assert found.training == rules.training


@settings(max_examples=200)
@given(organisations, accounts, flows, providers)
def test_the_longest_class_is_as_long_as_any_account_gets(
    organisation: Organisation, account: Account, flow: str, provider: str
) -> None:
    longest = RULES.longest(organisation, flow)
    found = RULES.decide(organisation, account, "exchange", flow, provider)
    if isinstance(found, Lane):
        assert shorter(found.retention, longest) == found.retention


def test_the_longest_class_of_consumers_counts_with_their_consent() -> None:
    assert RULES.longest(CONSUMER, "inference") == "years5"
    assert RULES.longest(COMMERCIAL, "inference") == "days30"
    assert RULES.longest(org(zdr=True), "feedback") == "years5"


def test_words_that_no_rule_knows_are_named_and_not_repeated() -> None:
    for field, words in {
        "kind": ("thought", "inference", ""),
        "flow": ("exchange", "mind-reading", ""),
        "provider": ("exchange", "inference", "own-metal"),
    }.items():
        with pytest.raises(CarnetError, match=f"^{field}: ") as fault:
            RULES.check(*words)
        assert not {"thought", "mind-reading", "own-metal"} & set(str(fault.value).replace(",", "").split())


@pytest.mark.parametrize(("kind", "flow"), [("rating", "inference"), ("exchange", "survey"), ("rating", "feedback")])
def test_a_rating_is_of_the_survey_and_nothing_else_is(kind: str, flow: str) -> None:
    with pytest.raises(CarnetError, match="a rating is of the flow survey, and nothing else is"):
        RULES.check(kind, flow, "")


def test_every_other_word_the_rules_know_is_taken() -> None:
    RULES.check("rating", "survey", "")
    for kind, flow, provider in product(set(KINDS) - {"rating"}, set(RULES.flows) - {"survey"}, RULES.providers):
        RULES.check(kind, flow, provider)


ELIGIBLE = lane(org("consumer", "pro"), person(consent=True), "inference")


def test_what_was_eligible_is_asked_about_anew() -> None:
    assert eligible_now(RULES, CONSUMER, person(consent=True), ELIGIBLE)
    assert not eligible_now(RULES, CONSUMER, person(consent=False), ELIGIBLE)
    assert not eligible_now(RULES, CONSUMER, person(consent=True, closed=True), ELIGIBLE)
    assert not eligible_now(RULES, org("consumer", "pro", closed=True), person(consent=True), ELIGIBLE)
    assert not eligible_now(RULES, org("consumer", "pro", zdr=True), person(consent=True), ELIGIBLE)
    assert not eligible_now(
        RULES, org("consumer", "pro", keep=(("inference", "none"),)), person(consent=True), ELIGIBLE
    )
    assert not eligible_now(RULES, None, person(consent=True), ELIGIBLE)
    assert not eligible_now(RULES, CONSUMER, None, ELIGIBLE)


@settings(max_examples=200)
@given(organisations, accounts, flows, kinds, providers)
def test_what_was_not_eligible_when_it_was_written_never_becomes_so(
    organisation: Organisation, account: Account, flow: str, kind: str, provider: str
) -> None:
    found = Lane(kind, flow, provider, "days30", False, (), ())
    assert not eligible_now(RULES, organisation, account, found)


def test_a_flow_that_no_rule_knows_is_not_kept_and_not_eligible() -> None:
    assert why(CONSUMER, person(consent=True), "unheard-of").startswith("no rule knows the flow 'unheard-of'")
    assert not eligible_now(RULES, CONSUMER, person(consent=True), replace(ELIGIBLE, flow="unheard-of"))
    with pytest.raises(CarnetError, match="flow: 'unheard-of' is none of"):
        RULES.verdict(CONSUMER, None, "unheard-of", "anthropic")


def test_the_partner_programme_ends_eligibility_when_it_ends() -> None:
    found = lane(org(dpp=True), person(), "inference")
    assert eligible_now(RULES, org(dpp=True), person(), found)
    assert not eligible_now(RULES, org(), person(), found)


def test_rules_are_the_same_the_day_after() -> None:
    after = Deciding(date(2026, 4, 1) + timedelta(days=1))
    assert after.decide(org(), person(), "exchange", "inference", "") == lane(org(), person(), "inference", "")


def test_what_is_no_content_is_kept_30_days_whatever_flow_it_is_counted_to(shelf: Shelf) -> None:
    metric = shelf.kept(account=PAT, session="p", kind="metric", flow="inference")
    exchange = shelf.kept(account=PAT, session="p")
    lanes = {one.id: one.lane for one in shelf.listed(account=PAT)}

    assert (lanes[metric].retention, lanes[metric].training) == ("days30", False)
    assert "kind.operation" in lanes[metric].rules
    assert lanes[exchange].retention == "years5"
