from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.accounts.organisations import SWITCHES, add_organisation, changed, organisation_named
from carnet.errors import AlreadyThereError, CarnetError, NotFoundError
from carnet.model.account import TERMS, TIERS, Act, Organisation

if TYPE_CHECKING:
    from carnet.stores.contract import Store

NOW = datetime(2026, 4, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ACME = Organisation(7, "acme", "commercial", "enterprise", NOW)
PEOPLE = Organisation(8, "people", "consumer", "pro", NOW)

switches = st.dictionaries(st.sampled_from(sorted(SWITCHES)), st.booleans())
keeps = st.dictionaries(st.sampled_from(["inference", "metrics"]), st.sampled_from(["", "none", "days7"]))


def test_a_new_organisation_inherits_nothing(store: Store) -> None:
    directory = store.records.directory
    first = add_organisation(directory, "acme", "commercial", "enterprise", NOW)
    zdr, acts = changed(first, {"zdr": True, "dpp": True}, {"inference": "days7"}, NOW)
    directory.change_organisation(zdr, acts)
    second = add_organisation(directory, "acme two", "commercial", "enterprise", LATER)
    assert (second.zdr, second.dpp, second.product_feedback, second.keep, second.closed) == (
        *(False, False, True),
        *((), False),
    )
    assert second == organisation_named(directory, "acme two")
    assert second.created == LATER
    assert directory.acts(second.id) == []


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "-acme", "--org", "acme ", " acme", "a" * 65, "&", "...", "\udcff", "\ue000", "\u0378", "\ud800"),
        *(
            "ac\nme",
            "acme\n",
            "ac\tme",
            "ac\x1b[2Jme",
            "ac\x7fme",
            "ac\x9bme",
            "ac\u2028me",
            "ac\u00a0me",
            "ac\u3000me",
        ),
        *("ac\u202eme", "ac\u200eme", "ac\u200bme", "ac\u2066me", "ac\u061cme", "ac\u00adme", "ac\ufeffme"),
        *("ac\u3164me", "acme\ufe0f", "\u115f", "ac\U000e0041me", "acme\U000e0101"),
    ],
)
def test_what_is_no_name_is_refused_and_nothing_is_added(store: Store, name: str) -> None:
    with pytest.raises(CarnetError, match="is no name"):
        add_organisation(store.records.directory, name, "commercial", "enterprise", NOW)
    assert store.records.directory.organisations() == []


@pytest.mark.parametrize(
    "name",
    [
        *("a", "7", "a" * 64, "acme.test", "ann@acme.test", "Übermut & Co", "AT&T", "O'Reilly", "Yahoo!", "_acme"),
        *(
            "Acme (Europe), Inc.",
            'The "Best" <b>Co</b>',
            "A/B Test + Söhne",
            "株式会社テスト",
            "हिन्दी",
            "$(reboot) `x`",
        ),
    ],
)
def test_names_as_people_write_them_are_taken(store: Store, name: str) -> None:
    assert add_organisation(store.records.directory, name, "consumer", "free", NOW).name == name


def test_a_name_is_found_however_its_letters_are_composed(store: Store) -> None:
    directory = store.records.directory
    added = add_organisation(directory, "U\u0308bermut", "consumer", "free", NOW)
    assert added.name == "\u00dcbermut"
    assert organisation_named(directory, "U\u0308bermut") == organisation_named(directory, "\u00dcbermut") == added
    with pytest.raises(AlreadyThereError):
        add_organisation(directory, "\u00dcbermut", "consumer", "free", NOW)


def test_terms_and_tiers_belong_together(store: Store) -> None:
    directory = store.records.directory
    for terms in TERMS:
        for tier in [one for tiers in TIERS.values() for one in tiers]:
            if tier in TIERS[terms]:
                assert add_organisation(directory, f"{terms} {tier}", terms, tier, NOW).tier == tier
            else:
                with pytest.raises(CarnetError, match=f"'{tier}' is not under {terms} terms"):
                    add_organisation(directory, "mixed", terms, tier, NOW)
    with pytest.raises(CarnetError, match="neither commercial nor consumer"):
        add_organisation(directory, "mixed", "barter", "pro", NOW)
    assert "mixed" not in {one.name for one in directory.organisations()}


def test_a_name_is_taken_once(store: Store) -> None:
    add_organisation(store.records.directory, "acme", "commercial", "enterprise", NOW)
    with pytest.raises(AlreadyThereError, match="already an organisation 'acme'"):
        add_organisation(store.records.directory, "acme", "consumer", "pro", NOW)
    assert organisation_named(store.records.directory, "acme").terms == "commercial"


def test_an_organisation_that_is_not_there_is_answered_with_those_that_are(store: Store) -> None:
    directory = store.records.directory
    with pytest.raises(NotFoundError, match="none yet; carnet org add NAME"):
        organisation_named(directory, "acme")
    add_organisation(directory, "acme", "commercial", "enterprise", NOW)
    with pytest.raises(NotFoundError, match="no organisation 'Acme'; there are: acme"):
        organisation_named(directory, "Acme")


def test_zero_data_retention_is_for_enterprise_alone() -> None:
    assert changed(ACME, {"zdr": True}, {}, NOW)[0].zdr
    for terms in TERMS:
        for tier in set(TIERS[terms]) - {"enterprise"}:
            with pytest.raises(CarnetError, match="--zdr on: zero data retention is for enterprise"):
                changed(Organisation(1, "other", terms, tier, NOW), {"zdr": True}, {}, NOW)


def test_the_partner_programme_is_for_commercial_terms_alone() -> None:
    assert changed(ACME, {"dpp": True}, {}, NOW)[0].dpp
    with pytest.raises(CarnetError, match="there each person consents"):
        changed(PEOPLE, {"dpp": True}, {}, NOW)


def test_what_may_not_be_turned_on_may_always_be_turned_off() -> None:
    assert changed(PEOPLE, {"zdr": False, "dpp": False}, {}, NOW) == (PEOPLE, [])


def test_acts_are_dated_and_say_what_was_decided() -> None:
    new, acts = changed(ACME, {"zdr": True, "product-feedback": False}, {"inference": "days7"}, LATER)
    assert acts == [
        Act(7, 0, LATER, "zdr", "on"),
        Act(7, 0, LATER, "product-feedback", "off"),
        Act(7, 0, LATER, "keep", "inference=days7"),
    ]
    back, undone = changed(new, {"zdr": False}, {"inference": ""}, LATER)
    assert back.keep == ()
    assert [(one.what, one.value) for one in undone] == [("zdr", "off"), ("keep", "inference=as the rules say")]


@given(switches, keeps, switches, keeps)
def test_saying_the_same_again_is_no_act(
    first: dict[str, bool], kept: dict[str, str], second: dict[str, bool], again: dict[str, str]
) -> None:
    once, _ = changed(ACME, first, kept, NOW)
    assert changed(once, first, kept, LATER) == (once, [])
    twice, acts = changed(once, second, again, LATER)
    assert (twice == once) == (acts == [])


@given(switches, keeps)
def test_only_what_was_named_is_changed(given_: dict[str, bool], kept: dict[str, str]) -> None:
    new, _ = changed(ACME, given_, kept, NOW)
    for word, attribute in SWITCHES.items():
        assert getattr(new, attribute) == given_.get(word, getattr(ACME, attribute))
    assert dict(new.keep) == {flow: one for flow, one in kept.items() if one}
    assert (new.id, new.name, new.terms, new.tier, new.created) == (7, "acme", "commercial", "enterprise", NOW)
