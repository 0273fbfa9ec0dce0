from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.errors import AlreadyThereError, NotFoundError
from carnet.model.account import Account, ApiKey, Organisation

if TYPE_CHECKING:
    from carnet.stores.contract import Store
    from carnet.stores.records_contract import RecordStore

NOW = datetime(2026, 4, 1, 9, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture
def records(store: Store) -> RecordStore:
    directory = store.records.directory
    for number, name in enumerate(("acme", "people"), 1):
        directory.add_organisation(Organisation(0, name, "consumer", "pro", NOW))
        directory.add_account(Account(0, number, f"someone@{name}.test", "", NOW), [])
    return store.records


def a_key(id_: str = "aaaaaaaa", account: int = 1, **others: object) -> ApiKey:
    return replace(ApiKey(id_, b"d" * 32, account, ("relay", "own"), NOW), **others)  # type: ignore[arg-type]


def test_a_key_comes_back_as_it_was_with_those_behind_it(records: RecordStore) -> None:
    whole = a_key(name="laptop", expires=NOW + timedelta(days=1), revoked=NOW, used=date(2026, 4, 1))
    records.api_keys.add(whole)
    records.api_keys.add(a_key("bbbbbbbb", 2))
    found = records.api_keys.find(["aaaaaaaa", "bbbbbbbb", "cccccccc"])
    assert {id_: one.key for id_, one in found.items()} == {"aaaaaaaa": whole, "bbbbbbbb": a_key("bbbbbbbb", 2)}
    assert [(one.account.email, one.organisation.name) for one in found.values()] == [
        ("someone@acme.test", "acme"),
        ("someone@people.test", "people"),
    ]
    assert [one.key.id for one in records.api_keys.listed(2)] == ["bbbbbbbb"]
    assert [one.key.id for one in records.api_keys.listed()] == ["aaaaaaaa", "bbbbbbbb"]


def test_many_are_found_at_once(records: RecordStore) -> None:
    for number in range(30):
        records.api_keys.add(a_key(f"{number:08}"))
    assert len(records.api_keys.find([f"{number:08}" for number in range(1200)])) == 30
    assert records.api_keys.find([]) == {}


def test_an_id_is_given_once_and_to_somebody(records: RecordStore) -> None:
    records.api_keys.add(a_key())
    with pytest.raises(AlreadyThereError, match="aaaaaaaa"):
        records.api_keys.add(a_key(account=2))
    with pytest.raises(NotFoundError, match="account"):
        records.api_keys.add(a_key("bbbbbbbb", 99))


def test_whatever_changes_what_a_key_may_do_is_told_by_the_generation_and_use_is_not(records: RecordStore) -> None:
    seen = [records.catalogue.generation()]
    records.api_keys.add(a_key())
    seen.append(records.catalogue.generation())
    assert records.api_keys.revoke("aaaaaaaa", NOW).revoked == NOW
    seen.append(records.catalogue.generation())
    assert seen == sorted(set(seen))
    assert records.api_keys.revoke("aaaaaaaa", NOW + timedelta(days=1)).revoked == NOW
    records.api_keys.mark_used({"aaaaaaaa": date(2026, 4, 2), "nobody": date(2026, 4, 2)})
    records.api_keys.mark_used({"aaaaaaaa": date(2026, 4, 1)})
    assert records.catalogue.generation() == seen[-1]
    assert records.api_keys.find(["aaaaaaaa"])["aaaaaaaa"].key.used == date(2026, 4, 2)


def test_a_key_that_is_not_there_cannot_be_revoked(records: RecordStore) -> None:
    with pytest.raises(NotFoundError, match="carnet key list"):
        records.api_keys.revoke("aaaaaaaa", NOW)


def test_keys_go_with_their_account_and_nobody_elses_do(records: RecordStore) -> None:
    records.api_keys.add(a_key())
    records.api_keys.add(a_key("bbbbbbbb", 2))
    records.directory.remove_account(1)
    assert [one.key.id for one in records.api_keys.listed()] == ["bbbbbbbb"]
    records.directory.remove_organisation(2)
    assert records.api_keys.listed() == []
