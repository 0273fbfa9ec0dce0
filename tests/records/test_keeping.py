"""Rounds of the keeper."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.errors import ClockError
from carnet.model.record import Scope
from carnet.records import erasing, reclassifying, rotating
from carnet.records.keeping import attend, resume, tidy
from tests.records.kept import PAT

if TYPE_CHECKING:
    from tests.records.kept import Shelf


def test_a_round_ends_finishes_packs_and_sweeps(shelf: Shelf) -> None:
    shelf.kept("over")
    shelf.kept("to be erased", PAT, "s2")
    rests = shelf.later(days=20).kept("rests", session="s3")
    shelf.later(days=11)
    erasing.begin(shelf.store, Scope(session="s2"), shelf.now, {"session": "s2"})
    shelf.store.objects.put("bodies/days30-2020-01-01/left", b"left")
    done = shelf.keep()
    assert done.ended.partitions != ()
    assert [one.answer["records"] for one in done.receipts] == [1]
    assert (done.packed, done.swept) == (1, 1)
    assert shelf.ids() == {rests}
    assert shelf.faults() == []


def test_a_second_round_finds_nothing_to_do(shelf: Shelf) -> None:
    shelf.kept()
    shelf.later(hours=1).keep()
    again = shelf.keep()
    assert (again.ended.partitions, again.ended.records, again.receipts, again.packed, again.swept) == ((), 0, (), 0, 0)


def test_an_empty_store_is_kept_too(shelf: Shelf) -> None:
    assert shelf.keep().ended.records == 0
    assert shelf.faults() == []


def test_the_clock_is_looked_at_before_anything_ends(shelf: Shelf) -> None:
    kept = shelf.kept()
    erasing.begin(shelf.store, Scope(session="s1"), shelf.now, {"session": "s1"})
    shelf.later(days=-365)
    with pytest.raises(ClockError):
        shelf.keep(due=shelf.now + timedelta(days=4000))
    assert shelf.ids() == {kept}


def test_what_was_begun_is_finished_oldest_first(shelf: Shelf) -> None:
    shelf.kept("words", PAT)
    people = shelf.organisation("people").id
    account = shelf.account(PAT)
    reclassifying.begin(shelf.store, Scope(people, account.id), shelf.now)
    rotating.begin(shelf.store, shelf.keyring, people, shelf.now)
    erasing.begin(shelf.store, Scope(people, account.id), shelf.now, {"account": PAT}, "account")
    (receipt,) = resume(shelf.store, shelf.keyring, shelf.now)
    assert receipt.answer["scope"] == {"account": PAT}
    assert shelf.store.catalogue.works() == []
    assert shelf.store.directory.account(PAT) is None
    assert shelf.faults() == []


def test_attending_leaves_sweeping_to_another_hour(shelf: Shelf) -> None:
    shelf.kept()
    shelf.store.objects.put("bodies/days30-2020-01-01/left", b"left")
    attend(shelf.store, shelf.keyring, shelf.now, timedelta(minutes=15))
    assert "bodies/days30-2020-01-01/left" in set(shelf.store.objects.names("bodies"))
    assert tidy(shelf.store, shelf.keyring) == 1
    assert tidy(shelf.store, shelf.keyring) == 0


def test_the_log_is_published_with_every_round(shelf: Shelf) -> None:
    shelf.kept()
    shelf.later(days=31).keep()
    assert "log/checkpoint" in set(shelf.store.objects.names("log")) or any(
        name.endswith("checkpoint") for name in shelf.store.objects.names()
    )
