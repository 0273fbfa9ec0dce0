"""What is particular to the directory in SQL; what every directory does is in test_records_contract.py."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from carnet.errors import AlreadyThereError
from carnet.model.account import Account, Act, Organisation
from carnet.stores.sql.directory import SqlDirectory
from tests import make
from tests.stores.sql.test_catalogue import ODD

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase


@pytest.fixture
def directory(catalogue_database: SqliteDatabase) -> SqlDirectory:
    return SqlDirectory(catalogue_database)


def organisation(directory: SqlDirectory, name: str = "acme") -> Organisation:
    return directory.add_organisation(Organisation(0, name, "commercial", "enterprise", make.at()))


def test_organisations_with_odd_names_are_each_for_themselves(directory: SqlDirectory) -> None:
    added = [organisation(directory, name) for name in ODD]
    assert sorted(added, key=lambda one: one.name.encode()) == directory.organisations()
    for name in ODD:
        with pytest.raises(AlreadyThereError):
            organisation(directory, name)


def test_accounts_with_odd_addresses_are_each_for_themselves(directory: SqlDirectory) -> None:
    """Σ and ς are one letter in two forms, so one of the odd names is left out."""
    owner = organisation(directory)
    odd = [f"{name}@x.test" for name in ODD]
    added = [directory.add_account(Account(0, owner.id, email, "", make.at()), []) for email in odd]
    assert added == [directory.account(email) for email in odd]
    assert directory.account("ΣΣ@X.TEST") == directory.account("σς@x.test") == added[ODD.index("Σς")]


@pytest.mark.parametrize(
    "asked", ["%@acme.test", "ann@acme.tes_", "' OR 1=1 --", "", "ann@acme.test ", "ann@acme.test\0"]
)
def test_an_address_is_no_pattern(directory: SqlDirectory, asked: str) -> None:
    owner = organisation(directory)
    directory.add_account(Account(0, owner.id, "ann@acme.test", "", make.at()), [])
    assert directory.account(asked) is None


def test_a_change_whose_act_cannot_be_written_changes_nothing(directory: SqlDirectory) -> None:
    owner = organisation(directory)
    ann = directory.add_account(Account(0, owner.id, "ann@acme.test", "", make.at()), [])
    undated = Act(owner.id, ann.id, make.at().replace(tzinfo=None), "model-improvement", "on")
    with pytest.raises(ValueError, match="no time zone"):
        directory.change_account(replace(ann, consent=True), [undated])
    with pytest.raises(ValueError, match="no time zone"):
        directory.change_organisation(replace(owner, zdr=True), [undated])
    with pytest.raises(ValueError, match="no time zone"):
        directory.add_account(Account(0, owner.id, "ben@acme.test", "", make.at()), [undated])
    assert (directory.organisations(), directory.accounts(), directory.acts(owner.id)) == ([owner], [ann], [])


def test_what_an_organisation_keeps_shorter_is_told_in_the_order_of_flows(directory: SqlDirectory) -> None:
    owner = replace(organisation(directory), keep=(("metrics", "none"), ("feedback", "days30")))
    directory.change_organisation(owner, [])
    assert directory.organisations() == [replace(owner, keep=(("feedback", "days30"), ("metrics", "none")))]
