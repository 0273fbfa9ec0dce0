"""Other keys for the same records, while everything runs."""

from __future__ import annotations

import pytest

from carnet.model.record import Scope
from carnet.records.rotating import begin, rotate
from tests.records.kept import ACME, PAT, PEOPLE, Shelf


def rotated(shelf: Shelf, name: str = ACME) -> int:
    work = begin(shelf.store, shelf.keyring, shelf.organisation(name).id, shelf.now)
    return rotate(shelf.store, shelf.keyring, work, shelf.now)


def epochs(shelf: Shelf, name: str) -> list[int]:
    number = shelf.organisation(name).id
    return [epoch for organisation, epoch in shelf.store.catalogue.org_keys() if organisation == number]


def test_every_key_of_the_organisation_is_under_the_new_one_and_the_old_one_is_gone(shelf: Shelf) -> None:
    records = [shelf.kept(f"body {number}", session=f"s{number}") for number in range(5)]
    old = shelf.store.catalogue.org_keys()[shelf.organisation(ACME).id, 1]
    assert rotated(shelf) == 5

    assert epochs(shelf, ACME) == [2]
    assert shelf.store.keys.read("ring", [old]) == [b""]
    assert [shelf.shown(one) for one in records] == [f"body {number}".encode() for number in range(5)]
    assert shelf.faults() == []
    assert shelf.store.catalogue.works() == []


def test_nobody_elses_keys_are_touched(shelf: Shelf) -> None:
    shelf.kept()
    shelf.kept(account=PAT, session="p")
    (partition,) = {one.partition for one in shelf.listed(account=PAT)}
    before = shelf.store.keys.read(partition, [0, 1, 2])
    rotated(shelf)

    assert shelf.store.keys.read(partition, [0, 1, 2]) == before
    assert epochs(shelf, PEOPLE) == [1]


def test_a_writer_that_remembers_old_keys_goes_on(shelf: Shelf) -> None:
    other = Shelf(shelf.store)
    first = other.kept("first")
    rotated(shelf)
    second = other.kept("second")

    assert (shelf.shown(first), other.shown(second)) == (b"first", b"second")
    assert len(shelf.store.partition(other.listed()[0].partition).scoped_keys(Scope())) == 1
    assert shelf.faults() == []


def test_what_is_written_between_its_two_ends_is_under_the_new_key(shelf: Shelf) -> None:
    shelf.kept("first", session="one")
    work = begin(shelf.store, shelf.keyring, shelf.organisation(ACME).id, shelf.now)
    between = shelf.kept("between", session="two")

    assert rotate(shelf.store, shelf.keyring, work, shelf.now) == 1
    assert shelf.shown(between) == b"between"


def test_one_that_stopped_halfway_is_finished_by_the_keeper(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    record = shelf.kept()
    work = begin(shelf.store, shelf.keyring, shelf.organisation(ACME).id, shelf.now)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(shelf.keyring), "rewrap", stop)
        with pytest.raises(KeyboardInterrupt):
            rotate(shelf.store, shelf.keyring, work, shelf.now)
    assert sorted(epochs(shelf, ACME)) == [1, 2]
    assert shelf.shown(record) == b"words"
    shelf.keep()

    assert epochs(shelf, ACME) == [2]
    assert shelf.shown(record) == b"words"


def test_one_that_stopped_before_there_was_a_new_key_is_finished_too(shelf: Shelf) -> None:
    record = shelf.kept()
    number = shelf.organisation(ACME).id
    work = begin(shelf.store, shelf.keyring, number, shelf.now)
    shelf.store.catalogue.remove_org_keys([(number, 2)])
    rotate(shelf.store, shelf.keyring, work, shelf.now)

    assert epochs(shelf, ACME) == [2]
    assert shelf.shown(record) == b"words"


def test_it_is_logged(shelf: Shelf) -> None:
    rotated(shelf)

    assert [opening["event"] for _, opening in shelf.store.catalogue.openings(10)] == ["rotation"]
