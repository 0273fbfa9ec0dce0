"""A log that grew in steps is the log that was made at once, and growing costs what is new."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.errors import StoreError
from carnet.records.log import merkle
from carnet.records.log.growing import Growing, resumed
from carnet.records.log.tiles import Tiles
from tests.records.objects import MemoryObjects

from .logs import Changed, entries, log, root

SIZES = st.lists(st.integers(0, 1400), min_size=1, max_size=6).map(sorted)


@given(SIZES)
def test_a_log_that_grew_in_steps_is_the_log_made_at_once(sizes: list[int]) -> None:
    objects = MemoryObjects()
    for start, size in pairwise([0, *sizes]):
        growing = resumed(Tiles(objects, start), start)
        for part in growing.grow(entries, start, size):
            objects.put(part.name, part.data)
        leaves = [merkle.leaf_hash(entry) for entry in entries(0, size)]
        assert growing.root() == merkle.root(leaves) == merkle.root_at(size, Tiles(objects, size).subtree)


def test_the_tiles_of_a_large_log_are_those_the_specification_counts() -> None:
    growing = Growing([[]])
    names = {part.name for part in growing.grow(entries, 0, 70_000)}
    assert len([name for name in names if name.startswith("log/tile/0/") and ".p" not in name]) == 273
    assert {name for name in names if not name.startswith(("log/tile/0/", "log/tile/entries/"))} == {
        *("log/tile/1/000", "log/tile/1/001.p/17", "log/tile/2/000.p/1"),
    }
    assert {name for name in names if ".p/112" in name} == {"log/tile/0/273.p/112", "log/tile/entries/273.p/112"}
    assert growing.root() == merkle.root([merkle.leaf_hash(entry) for entry in entries(0, 70_000)])


def test_a_log_that_ends_with_a_full_tile_has_no_partial_one_at_that_level() -> None:
    names = [part.name for part in Growing([[]]).grow(entries, 0, 256)]
    assert names == ["log/tile/entries/000", "log/tile/0/000", "log/tile/1/000.p/1"]


def test_appending_asks_for_what_is_new_and_the_bundle_it_begins_in() -> None:
    asking = Changed(-1)
    log_before = Tiles(log(100_000), 100_000)
    parts = list(resumed(log_before, 100_000).grow(asking, 100_000, 100_010))
    assert asking.asked == [(99_840, 100_010)]
    assert [part.name for part in parts] == [
        *("log/tile/entries/390.p/170", "log/tile/0/390.p/170", "log/tile/1/001.p/134", "log/tile/2/000.p/1"),
    ]


@pytest.mark.parametrize("size", [0, 1, 2, 256, 257, 512])
def test_the_root_of_the_helper_is_the_root(size: int) -> None:
    assert root(size) == merkle.root([merkle.leaf_hash(entry) for entry in entries(0, size)])


def test_entries_that_are_not_there_are_told() -> None:
    with pytest.raises(StoreError, match="entries 0 to 9 were asked for, 8 of them are there"):
        list(Growing([[]]).grow(lambda start, stop: entries(start, stop - 1), 0, 9))
