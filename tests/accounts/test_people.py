from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.accounts.organisations import add_organisation
from carnet.accounts.people import account_named, add_account, new_account, set_consent
from carnet.errors import AlreadyThereError, CarnetError, NotFoundError
from carnet.model.account import CONSENT

if TYPE_CHECKING:
    from carnet.model.account import Account, Organisation
    from carnet.stores.contract import Store
    from carnet.stores.records_contract import Directory

NOW = datetime(2026, 4, 1, tzinfo=UTC)
PAT = "pat@people.test"


@pytest.fixture
def directory(store: Store) -> Directory:
    return store.records.directory


@pytest.fixture
def people(directory: Directory) -> Organisation:
    return add_organisation(directory, "people", "consumer", "pro", NOW)


def history(directory: Directory, account: Account) -> list[tuple[datetime, str, str]]:
    return [(one.at, one.what, one.value) for one in directory.acts(account.organisation, account.id)]


def test_consent_that_was_not_given_is_none_and_no_act(directory: Directory, people: Organisation) -> None:
    added = add_account(directory, new_account(PAT, people, "", NOW), "", NOW)
    assert not added.consent
    assert history(directory, added) == []


@pytest.mark.parametrize("consent", ["on", "off"])
def test_consent_that_was_asked_for_is_a_dated_act(directory: Directory, people: Organisation, consent: str) -> None:
    added = add_account(directory, new_account(PAT, people, "max", NOW), consent, NOW)
    assert (added.consent, added.tier) == (consent == "on", "max")
    assert history(directory, added) == [(NOW, CONSENT, consent)]
    assert account_named(directory, PAT) == added


@pytest.mark.parametrize(
    "email",
    ["", "pat", "@people.test", "pat@", "p at@people.test", "pat@@people.test", "pat@people.test\n", "a\0@b.test"],
)
def test_what_is_no_address_is_refused(people: Organisation, email: str) -> None:
    with pytest.raises(CarnetError, match="is no e-mail address"):
        new_account(email, people, "", NOW)


def test_bytes_of_a_command_line_that_are_no_text_are_no_address(people: Organisation) -> None:
    with pytest.raises(CarnetError, match="is no e-mail address"):
        new_account("p\udcff@people.test", people, "", NOW)


def test_a_tier_must_be_under_the_organisations_terms(people: Organisation) -> None:
    with pytest.raises(CarnetError, match="'enterprise' is not under consumer terms"):
        new_account(PAT, people, "enterprise", NOW)


def test_an_organisation_that_is_being_deleted_takes_nobody_in(people: Organisation) -> None:
    with pytest.raises(CarnetError, match="people is being deleted"):
        new_account(PAT, replace(people, closed=True), "", NOW)


def test_an_address_is_one_account_however_it_is_written(directory: Directory, people: Organisation) -> None:
    added = add_account(directory, new_account("Pat@People.test", people, "", NOW), "", NOW)
    assert account_named(directory, PAT) == added
    with pytest.raises(AlreadyThereError, match=r"already an account 'pat@people\.test'"):
        add_account(directory, new_account(PAT, people, "", NOW), "on", NOW)
    assert history(directory, added) == []


def test_an_address_belongs_to_one_organisation(directory: Directory, people: Organisation) -> None:
    other = add_organisation(directory, "others", "consumer", "pro", NOW)
    add_account(directory, new_account(PAT, people, "", NOW), "", NOW)
    with pytest.raises(AlreadyThereError):
        add_account(directory, new_account(PAT, other, "", NOW), "", NOW)
    assert account_named(directory, PAT).organisation == people.id


def test_an_account_that_is_not_there_is_answered_with_what_shows_all(directory: Directory) -> None:
    with pytest.raises(NotFoundError, match=r"no account 'nobody@people\.test'; carnet account list"):
        account_named(directory, "nobody@people.test")


def test_a_first_no_is_written_down(directory: Directory, people: Organisation) -> None:
    added = add_account(directory, new_account(PAT, people, "", NOW), "", NOW)
    assert not set_consent(directory, added, "off", NOW).consent
    assert history(directory, added) == [(NOW, CONSENT, "off")]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["on", "off"]), max_size=5))
def test_the_history_has_every_change_and_nothing_else(
    directory: Directory, people: Organisation, said: list[str]
) -> None:
    email = f"p{len(directory.accounts())}@people.test"
    account = add_account(directory, new_account(email, people, "", NOW), "", NOW)
    now, expected = NOW, list[tuple[datetime, str, str]]()
    for word in said:
        now += timedelta(minutes=1)
        if not expected or expected[-1][2] != word:
            expected.append((now, CONSENT, word))
        account = set_consent(directory, account, word, now)
        assert account == account_named(directory, email)
        assert account.consent == (word == "on")
    assert history(directory, account) == expected


def test_a_persons_consent_is_nobody_elses(directory: Directory, people: Organisation) -> None:
    pat = add_account(directory, new_account(PAT, people, "", NOW), "", NOW)
    quinn = add_account(directory, new_account("quinn@people.test", people, "", NOW), "", NOW)
    set_consent(directory, pat, "on", NOW)
    assert not account_named(directory, quinn.email).consent
    assert history(directory, quinn) == []


def test_consent_changes_nothing_else_that_was_decided_meanwhile(directory: Directory, people: Organisation) -> None:
    before = add_account(directory, new_account(PAT, people, "", NOW), "", NOW)
    directory.change_account(replace(before, closed=True), [])
    assert set_consent(directory, before, "on", NOW).closed
    assert account_named(directory, PAT).closed
