from __future__ import annotations

from datetime import timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.errors import CarnetError, ClockError, StoreError
from carnet.records.clock import TOLERANCE, dated_later, reset, ticked
from tests.records.kept import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.stores.contract import Store
    from carnet.stores.records_contract import Catalogue
    from tests.records.kept import Shelf

MINUTE = timedelta(minutes=1)


@pytest.fixture
def catalogue(store: Store) -> Catalogue:
    return store.records.catalogue


def test_the_present_is_remembered(catalogue: Catalogue) -> None:
    assert catalogue.clock() is None
    assert ticked(catalogue, NOW) == NOW
    assert catalogue.clock() == NOW


def test_it_is_written_down_once_a_minute(catalogue: Catalogue) -> None:
    ticked(catalogue, NOW)
    ticked(catalogue, NOW + MINUTE - timedelta(microseconds=1))
    assert catalogue.clock() == NOW
    ticked(catalogue, NOW + MINUTE)
    assert catalogue.clock() == NOW + MINUTE


def test_a_clock_may_be_put_right_by_a_little(catalogue: Catalogue) -> None:
    ticked(catalogue, NOW)
    assert ticked(catalogue, NOW - TOLERANCE) == NOW - TOLERANCE
    assert catalogue.clock() == NOW, "it never goes back"


@pytest.mark.parametrize("back", [TOLERANCE + timedelta(microseconds=1), timedelta(days=1), timedelta(days=365)])
def test_a_clock_that_was_set_back_is_told_with_both_times(catalogue: Catalogue, back: timedelta) -> None:
    ticked(catalogue, NOW)
    with pytest.raises(ClockError, match=r"but 2026-04-01 09:30:00 UTC has been: it was set back.* nothing is lost"):
        ticked(catalogue, NOW - back)
    assert catalogue.clock() == NOW
    assert ticked(catalogue, NOW + MINUTE) == NOW + MINUTE


def test_another_zones_clock_is_the_same_clock(catalogue: Catalogue) -> None:
    ticked(catalogue, NOW)
    there = NOW.astimezone(timezone(timedelta(hours=-8)))
    assert ticked(catalogue, there) == NOW


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-20, 20), max_size=6))
def test_what_is_remembered_only_grows(catalogue: Catalogue, steps: list[int]) -> None:
    before = catalogue.clock() or NOW
    now = before
    for step in steps:
        now += step * MINUTE
        try:
            ticked(catalogue, now)
        except ClockError:
            assert now < before - TOLERANCE
        else:
            assert now >= before - TOLERANCE
        marked = catalogue.clock() or before
        assert marked >= before
        before = marked


def test_a_clock_that_was_far_ahead_is_put_right_and_that_is_in_the_log(shelf: Shelf) -> None:
    shelf.kept("before")
    shelf.later(days=3650).kept("ahead")
    shelf.now = NOW + MINUTE
    with pytest.raises(ClockError, match="carnet records clock --reset"):
        shelf.kept("blocked")
    assert dated_later(shelf.store, shelf.now) == 1
    assert reset(shelf.store, shelf.keyring, shelf.now, "a battery") == NOW + timedelta(days=3650)
    assert shelf.shown(shelf.kept("goes on")) == b"goes on"
    ((_, opening),) = shelf.store.catalogue.openings(1)
    assert (opening["event"], opening["details"]) == ("clock", {"from": "2036-03-29T09:30:00Z", "reason": "a battery"})
    assert shelf.faults() == []


def test_a_clock_that_is_right_is_not_put_right(shelf: Shelf) -> None:
    shelf.kept()
    with pytest.raises(CarnetError, match="it is right"):
        reset(shelf.store, shelf.keyring, NOW, "none")
    assert shelf.store.catalogue.size() == 0


def test_without_the_root_nothing_is_put_right(shelf: Shelf, data: Path) -> None:
    shelf.later(days=9).kept()
    shelf.keyring.rotate_root()
    (data / "keys" / "root.key").unlink()
    with pytest.raises(StoreError, match="root key is missing"):
        reset(shelf.store, shelf.keyring, NOW, "none")
    assert shelf.store.catalogue.clock() == shelf.now
