"""What a person may do is within what is theirs, at every step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from carnet.errors import BusyError, GoneError
from carnet.model.account import ApiKey, Caller
from carnet.records import holding
from carnet.web.own import (
    delete_own,
    export_own,
    own_account,
    own_body,
    own_record,
    own_sessions,
    scope_of_own,
)
from carnet.web.records import Records
from tests.records.kept import ANN, PAT, QUINN, Shelf

if TYPE_CHECKING:
    from carnet.stores.contract import Store


@pytest.fixture
def shelf(store: Store) -> Shelf:
    return Shelf(store.records).settle()


@pytest.fixture
def records(store: Store, shelf: Shelf) -> Records:
    return Records(store, lambda: shelf.now)


def caller(shelf: Shelf, email: str = PAT) -> Caller:
    account = shelf.account(email)
    key = ApiKey("aaaaaaaa", b"", account.id, ("own",), shelf.now)
    organisation = next(one for one in shelf.store.directory.organisations() if one.id == account.organisation)
    return Caller(key, account, organisation)


def test_a_scope_always_has_its_owner(shelf: Shelf) -> None:
    account = shelf.account(PAT)
    for scope in (scope_of_own(account), scope_of_own(account, "s", "r")):
        assert (scope.organisation, scope.account) == (account.organisation, account.id)


def test_records_of_others_are_as_if_they_were_not(shelf: Shelf, records: Records) -> None:
    mine = shelf.kept("mine", PAT)
    assert own_record(records, caller(shelf), mine)["account"] == PAT
    assert own_body(records, caller(shelf), mine) == b"mine"
    for other in (shelf.kept(account=QUINN), shelf.kept(account=ANN), "0" * 32, "x", ""):
        for ask in (own_record, own_body):
            with pytest.raises(GoneError, match="there is no such record of yours"):
                ask(records, caller(shelf), other)


def test_sessions_are_found_among_ones_own(shelf: Shelf, records: Records) -> None:
    shelf.kept(account=PAT, session="same")
    shelf.kept(account=QUINN, session="same")
    assert [one.account for one in own_sessions(records, caller(shelf), "same")] == [shelf.account(PAT).id]
    for name in ("", "other"):
        with pytest.raises(GoneError):
            own_sessions(records, caller(shelf), name)
        with pytest.raises(GoneError):
            delete_own(records, caller(shelf), name)


def test_deletion_takes_ones_own_alone_and_waits_for_a_hold_once(shelf: Shelf, records: Records) -> None:
    shelf.kept(account=PAT, session="same")
    theirs = shelf.kept(account=QUINN, session="same")
    assert delete_own(records, caller(shelf), "same").answer["records"] == 1
    assert shelf.ids() == {theirs}
    shelf.kept(account=PAT, session="held")
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("held"), "why", shelf.now)
    assert delete_own(records, caller(shelf), "held").queued
    with pytest.raises(BusyError, match="asked for already"):
        delete_own(records, caller(shelf), "held")


def test_an_export_is_of_the_account_behind_the_key(shelf: Shelf, records: Records) -> None:
    shelf.kept("mine", PAT)
    shelf.kept("others", QUINN)
    text = b"".join(export_own(records, caller(shelf)))
    assert b"mine" in text
    assert b"others" not in text


def test_an_account_that_is_another_by_now_is_not_theirs(shelf: Shelf, records: Records) -> None:
    known = caller(shelf)
    assert own_account(records, known) == known.account
    with pytest.raises(GoneError):
        own_account(records, replace(known, account=replace(known.account, id=99)))
    with pytest.raises(GoneError):
        own_account(records, replace(known, account=replace(known.account, email="gone@x.test")))
