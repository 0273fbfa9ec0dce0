"""What every store of records does, whatever it is made of: whose data it is, and what spans partitions.

Its partitions, keys and lock are in the files beside this one.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from carnet.errors import AlreadyThereError, NotFoundError
from carnet.model.account import Account, Act, Organisation
from carnet.model.record import Hold, Partition, Scope, Work
from tests import make
from tests.stores import rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from carnet.stores.contract import Store
    from carnet.stores.records_contract import RecordStore


def organisation(records: RecordStore, name: str = "acme") -> Organisation:
    return records.directory.add_organisation(Organisation(0, name, "commercial", "enterprise", make.at()))


def account(records: RecordStore, owner: Organisation, email: str = "ann@acme.test") -> Account:
    return records.directory.add_account(Account(0, owner.id, email, "", make.at(1)), [])


def act(owner: Organisation, of: Account | None = None, hours: float = 0, value: str = "on") -> Act:
    return Act(owner.id, of.id if of else 0, make.at(hours), "model-improvement" if of else "zdr", value)


# --- organisations and accounts


def test_an_organisation_comes_back_with_all_its_attributes(records: RecordStore) -> None:
    keep = (("inference", "none"), ("metrics", "days30"))
    noun = Organisation(0, "acme", "commercial", "enterprise", make.at(), True, True, False, keep, True)
    added = records.directory.add_organisation(noun)
    assert added.id > 0
    assert replace(added, id=0) == noun
    assert records.directory.organisations() == [added]


def test_organisations_are_listed_by_name(records: RecordStore) -> None:
    for name in ("zebra", "acme", "people"):
        organisation(records, name)
    assert [one.name for one in records.directory.organisations()] == ["acme", "people", "zebra"]


def test_a_name_that_is_taken_is_refused_and_the_first_stays(records: RecordStore) -> None:
    first = organisation(records)
    with pytest.raises(AlreadyThereError, match="organisation 'acme'"):
        records.directory.add_organisation(Organisation(0, "acme", "consumer", "pro", make.at(5)))
    assert records.directory.organisations() == [first]


def test_an_organisation_is_changed_in_place_with_its_acts(records: RecordStore) -> None:
    other, first = organisation(records, "other"), organisation(records)
    changed = replace(first, zdr=True, keep=(("metrics", "none"),), closed=True)
    records.directory.change_organisation(changed, [act(first)])
    assert records.directory.organisations() == [changed, other]
    assert records.directory.acts(first.id) == [act(first)]
    assert records.directory.acts(other.id) == []


def test_what_is_gone_is_not_changed_and_gets_no_act(records: RecordStore) -> None:
    """An act of somebody who was erased would be the only word left of them."""
    owner = organisation(records)
    ann = account(records, owner)
    records.directory.remove_account(ann.id)
    with pytest.raises(NotFoundError, match=r"no account 'ann@acme\.test' any more"):
        records.directory.change_account(replace(ann, consent=True), [act(owner, ann)])
    assert records.directory.acts(owner.id) == []
    records.directory.remove_organisation(owner.id)
    with pytest.raises(NotFoundError, match="no organisation 'acme' any more"):
        records.directory.change_organisation(replace(owner, zdr=True), [act(owner)])
    assert records.directory.acts(owner.id) == []
    with pytest.raises(NotFoundError, match=r"no organisation any more for the account 'ann@acme\.test'"):
        account(records, owner)
    assert records.directory.accounts() == []


def test_an_account_comes_back_with_all_its_attributes_and_its_acts_have_its_id(records: RecordStore) -> None:
    owner = organisation(records)
    noun = Account(0, owner.id, "Ann@Acme.test", "pro", make.at(1), True, True)
    added = records.directory.add_account(noun, [act(owner, None, value="on")])
    assert replace(added, id=0) == noun
    assert records.directory.accounts() == [added]
    assert records.directory.acts(owner.id, added.id) == [replace(act(owner), account=added.id)]


@pytest.mark.parametrize("again", ["ann@acme.test", "ANN@ACME.TEST", "Ann@acme.Test"])
def test_an_address_that_is_taken_is_refused_whatever_its_case(records: RecordStore, again: str) -> None:
    owner, other = organisation(records), organisation(records, "other")
    first = account(records, owner)
    with pytest.raises(AlreadyThereError, match="already an account"):
        records.directory.add_account(Account(0, other.id, again, "", make.at()), [act(other)])
    assert records.directory.accounts() == [first]
    assert records.directory.acts(other.id) == []


@pytest.mark.parametrize(("email", "asked"), [("Ann@Acme.test", "aNN@aCME.tEST"), ("straße@x.test", "STRASSE@X.TEST")])
def test_an_account_is_found_whatever_the_case_and_keeps_its_own(records: RecordStore, email: str, asked: str) -> None:
    added = account(records, organisation(records), email)
    assert records.directory.account(asked) == added
    assert records.directory.account(f"x{asked}") is None


def test_accounts_are_listed_by_address_of_all_or_of_one(records: RecordStore) -> None:
    owner, other = organisation(records), organisation(records, "other")
    c, a, b = (
        account(records, one, name) for one, name in ((owner, "C@x.test"), (other, "a@x.test"), (owner, "B@x.test"))
    )
    assert records.directory.accounts() == [a, b, c]
    assert records.directory.accounts(owner.id) == [b, c]
    assert records.directory.accounts(other.id) == [a]
    assert records.directory.accounts(77) == []


def test_an_account_is_changed_in_place_with_its_acts(records: RecordStore) -> None:
    owner = organisation(records)
    ann, ben = account(records, owner), account(records, owner, "ben@acme.test")
    changed = replace(ann, consent=True, tier="pro", closed=True)
    records.directory.change_account(changed, [act(owner, ann)])
    assert records.directory.accounts() == [changed, ben]
    assert records.directory.acts(owner.id, ann.id) == [act(owner, ann)]
    assert records.directory.acts(owner.id, ben.id) == []


def test_acts_come_oldest_first_and_those_of_an_instant_in_the_order_they_were_written(records: RecordStore) -> None:
    owner = organisation(records)
    ann = account(records, owner)
    late, early, same = act(owner, ann, 9, "off"), act(owner, ann, 1), act(owner, ann, 9, "on")
    for one in (late, early, same):
        records.directory.change_account(ann, [one])
    records.directory.change_organisation(owner, [act(owner, None, 5)])
    assert records.directory.acts(owner.id, ann.id) == [early, late, same]
    assert records.directory.acts(owner.id, 0) == [act(owner, None, 5)]
    assert records.directory.acts(owner.id) == [early, act(owner, None, 5), late, same]


def test_removing_an_account_takes_its_acts_and_openings_and_no_others(records: RecordStore) -> None:
    owner = organisation(records)
    ann, ben = account(records, owner), account(records, owner, "ben@acme.test")
    for one in (ann, ben):
        records.directory.change_account(one, [act(owner, one)])
        records.catalogue.add_entry(b"entry", {"of": one.email}, (owner.id, one.id))
    records.directory.change_organisation(owner, [act(owner)])
    records.directory.remove_account(ann.id)
    assert records.directory.accounts() == [ben]
    assert records.directory.acts(owner.id) == [act(owner, ben), act(owner)]
    assert records.catalogue.openings(9) == [(1, {"of": ben.email})]
    assert records.catalogue.entries(0, 9) == [b"entry", b"entry"]


def test_removing_an_organisation_takes_everything_of_it_and_nothing_of_others(records: RecordStore) -> None:
    owner, other = organisation(records), organisation(records, "other")
    for number, one in enumerate((owner, other)):
        person = account(records, one, f"ann@{one.name}.test")
        records.directory.change_account(person, [act(one, person)])
        records.catalogue.add_org_key(one.id, 1, number)
        records.catalogue.add_entry(b"entry", {"of": one.name}, (one.id, person.id))
    records.directory.remove_organisation(owner.id)
    assert records.directory.organisations() == [other]
    assert [one.email for one in records.directory.accounts()] == ["ann@other.test"]
    assert records.directory.acts(owner.id) == []
    assert len(records.directory.acts(other.id)) == 1
    assert records.catalogue.org_keys() == {(other.id, 1): 1}
    assert records.catalogue.openings(9) == [(1, {"of": "other"})]


def test_an_id_is_never_given_again(opening: Callable[[Path], Store], data: Path) -> None:
    """A row left behind, or a cache somewhere, would make one person's records another's."""
    given_out = []
    for _ in range(3):
        with closing(opening(data)) as store:
            owner = organisation(store.records)
            person = account(store.records, owner)
            work = store.records.catalogue.add_work(Work(0, "erase", Scope(owner.id), make.at(), {}))
            given_out.append((owner.id, person.id, work.id))
            store.records.catalogue.remove_work(work.id)
            store.records.directory.remove_account(person.id)
            store.records.directory.remove_organisation(owner.id)
    assert [len(set(ids)) for ids in zip(*given_out, strict=True)] == [3, 3, 3]


# --- what decides, counted


def test_the_generation_grows_with_every_change_that_decides(records: RecordStore) -> None:
    directory, catalogue = records.directory, records.catalogue
    owner, held = organisation(records), catalogue.add_hold(Hold(0, rows.session(), "a court asks", make.at()))
    ann = account(records, owner)
    before = catalogue.generation()
    changes: list[Callable[[], object]] = [
        lambda: organisation(records, "other"),
        lambda: directory.change_organisation(replace(owner, zdr=True), []),
        lambda: account(records, owner, "ben@acme.test"),
        lambda: directory.change_account(replace(ann, consent=True), []),
        lambda: catalogue.add_hold(Hold(0, rows.session("s2"), "", make.at())),
        lambda: catalogue.remove_hold(held.id),
        lambda: catalogue.add_org_key(owner.id, 1, 4),
        lambda: catalogue.remove_org_keys([(owner.id, 1)]),
        lambda: catalogue.add_work(Work(0, "erase", Scope(1), make.at(), {})),
        lambda: directory.remove_account(ann.id),
        lambda: directory.remove_organisation(owner.id),
        lambda: records.replace_root({0: bytes([1]) * 64}, bytes(32)),
    ]
    for number, change in enumerate(changes, 1):
        change()
        assert (number, before + number) == (number, catalogue.generation())


def test_looking_does_not_change_the_generation_nor_does_a_refused_change(records: RecordStore) -> None:
    owner = organisation(records)
    before = records.catalogue.generation()
    with pytest.raises(AlreadyThereError):
        organisation(records)
    assert [owner] == records.directory.organisations()
    assert before == records.catalogue.generation()


# --- partitions, keys, holds, works


def test_partitions_are_listed_by_name_and_written_again(records: RecordStore) -> None:
    catalogue = records.catalogue
    held, later, sooner = (
        Partition("hold", None, 3),
        Partition("days30-b", date(2026, 5, 1)),
        Partition("days30-a", date(2026, 4, 1), 0),
    )
    for one in (held, later, sooner):
        catalogue.add_partition(one)
    assert catalogue.partitions() == [sooner, later, held]
    catalogue.add_partition(structs.replace(later, slot=9))
    assert catalogue.partitions() == [sooner, structs.replace(later, slot=9), held]
    catalogue.remove_partition("days30-a")
    catalogue.remove_partition("never-was")
    assert catalogue.partitions() == [structs.replace(later, slot=9), held]


def test_keys_of_organisations_are_told_by_epoch(records: RecordStore) -> None:
    for place, slot in (((1, 1), 5), ((1, 2), 7), ((2, 1), 6)):
        records.catalogue.add_org_key(*place, slot)
    assert records.catalogue.org_keys() == {(1, 1): 5, (1, 2): 7, (2, 1): 6}
    records.catalogue.remove_org_keys([(1, 1), (9, 9)])
    assert records.catalogue.org_keys() == {(1, 2): 7, (2, 1): 6}


def test_a_session_is_held_once_and_the_first_reason_stands(records: RecordStore) -> None:
    first = records.catalogue.add_hold(Hold(0, rows.session(), "a court asks", make.at(1)))
    again = records.catalogue.add_hold(Hold(0, rows.session(), "another reason", make.at(2)))
    assert first == again
    assert first == Hold(first.id, rows.session(), "a court asks", make.at(1))
    assert records.catalogue.holds() == [first]


def test_sessions_that_differ_in_anything_are_held_apart(records: RecordStore) -> None:
    sessions = [rows.session(), rows.session("s2"), rows.session(organisation=2), rows.session(account=2)]
    sessions.append(rows.session(repository="r"))
    holds = [records.catalogue.add_hold(Hold(0, one, "", make.at(hours))) for hours, one in enumerate(sessions)]
    assert records.catalogue.holds() == holds
    records.catalogue.remove_hold(holds[1].id)
    assert records.catalogue.holds() == [holds[0], *holds[2:]]


def test_works_survive_reopening_with_what_their_steps_have_done(opening: Callable[[Path], Store], data: Path) -> None:
    scope = Scope(1, 2, "s1", "repo")
    with closing(opening(data)) as store:
        first = store.records.catalogue.add_work(Work(0, "erase", scope, make.at(), {"words": {"session": "s1"}}))
        second = store.records.catalogue.add_work(Work(0, "rotate", Scope(1), make.at(-1), {}))
        first = replace(first, done={**first.done, "pass": None, "counted": {"records": 3}})
        store.records.catalogue.change_work(first)
    with closing(opening(data)) as store:
        assert store.records.catalogue.works() == [first, second]
        store.records.catalogue.remove_work(first.id)
        assert store.records.catalogue.works() == [second]


# --- the log


def test_entries_are_numbered_without_gaps_across_openings(opening: Callable[[Path], Store], data: Path) -> None:
    numbers = []
    for turn in range(3):
        with closing(opening(data)) as store:
            numbers += [store.records.catalogue.add_entry(f"{turn}{n}".encode(), None, (0, 0)) for n in range(2)]
    with closing(opening(data)) as store:
        assert numbers == [0, 1, 2, 3, 4, 5]
        assert store.records.catalogue.size() == 6
        assert store.records.catalogue.entries(1, 4) == [b"01", b"10", b"11"]
        assert store.records.catalogue.entries(5, 99) == [b"21"]
        assert store.records.catalogue.entries(6, 9) == []


def test_openings_are_told_newest_first_and_forgotten_by_their_subject(records: RecordStore) -> None:
    catalogue = records.catalogue
    assert catalogue.openings(9) == []
    for number, subject in enumerate([(1, 0), (1, 7), (1, 8), (2, 7)]):
        catalogue.add_entry(b"%d" % number, {"salt": str(number)}, subject)
    catalogue.add_entry(b"none", None, (1, 7))
    assert catalogue.openings(2) == [(3, {"salt": "3"}), (2, {"salt": "2"})]
    catalogue.forget_openings(1, 7)
    assert [number for number, _ in catalogue.openings(9)] == [3, 2, 0]
    catalogue.forget_openings(1)
    assert [number for number, _ in catalogue.openings(9)] == [3]
    assert catalogue.size() == 5


# --- small values


def test_a_fact_is_written_again_and_one_that_was_not_is_none(records: RecordStore) -> None:
    assert records.catalogue.fact("name") is None
    for value in ("one", "", "two"):
        records.catalogue.set_fact("name", value)
        assert value == records.catalogue.fact("name")


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=6))
def test_the_clocks_mark_only_goes_forward(records: RecordStore, hours: list[int]) -> None:
    before = records.catalogue.clock()
    for hour in hours:
        records.catalogue.mark_clock(make.at(hour))
    latest = max(make.at(hour) for hour in hours)
    assert (max(before, latest) if before else latest) == records.catalogue.clock()


def test_the_clocks_mark_goes_back_where_somebody_says_so(records: RecordStore) -> None:
    records.catalogue.mark_clock(make.at(9))
    records.catalogue.reset_clock(make.at(2))
    assert records.catalogue.clock() == make.at(2)
    records.catalogue.mark_clock(make.at(3))
    assert records.catalogue.clock() == make.at(3)
