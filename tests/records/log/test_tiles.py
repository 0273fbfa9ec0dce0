"""Tiles and bundles are named and filled as the specification says; what is damaged is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.errors import NotFoundError, StoreError
from carnet.records.log import merkle
from carnet.records.log.tiles import ENTRIES, LONGEST_ENTRY, Tiles, pack_entries, tile_name, unpack_entries
from tests.records.objects import MemoryObjects

from .logs import entries, log

SMALL = log(600)


@pytest.mark.parametrize(
    ("level", "index", "width", "name"),
    [
        (0, 0, 256, "log/tile/0/000"),
        (0, 999, 256, "log/tile/0/999"),
        (1, 1000, 256, "log/tile/1/x001/000"),
        (2, 1234067, 256, "log/tile/2/x001/x234/067"),
        (3, 67, 1, "log/tile/3/067.p/1"),
        (ENTRIES, 1234067, 255, "log/tile/entries/x001/x234/067.p/255"),
    ],
)
def test_a_number_is_written_in_threes(level: int | str, index: int, width: int, name: str) -> None:
    assert tile_name(level, index, width) == name


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_holds_its_entries(bundle: list[bytes]) -> None:
    packed = pack_entries(bundle)
    assert list(unpack_entries(packed)) == bundle
    assert len(packed) == sum(2 + len(entry) for entry in bundle)


def test_an_entry_as_long_as_its_length_can_say_is_taken_and_no_longer_one() -> None:
    assert list(unpack_entries(pack_entries([bytes(LONGEST_ENTRY)]))) == [bytes(LONGEST_ENTRY)]
    with pytest.raises(ValueError, match="an entry has 65536 bytes; the log takes at most 65535"):
        pack_entries([b"", bytes(LONGEST_ENTRY + 1)])


@pytest.mark.parametrize("cut", [1, 2, 4])
def test_a_bundle_that_is_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="cut off"):
        list(unpack_entries(pack_entries([b"one", b"two"])[:-cut]))


@pytest.mark.parametrize("size", [1, 255, 256, 257, 599, 600])
def test_entries_and_hashes_are_read_back(size: int) -> None:
    tiles = Tiles(SMALL, size) if size == 600 else Tiles(log(size), size)
    read = [entry for index in range(-(-size // 256)) for entry in tiles.entries(index)]
    assert read == entries(0, size)
    assert [tiles.subtree(0, index) for index in range(size)] == [merkle.leaf_hash(entry) for entry in read]


@pytest.mark.parametrize(("level", "index"), [(0, 599), (1, 299), (3, 74), (7, 3), (8, 1), (9, 0)])
def test_a_subtree_is_the_root_of_its_leaves(level: int, index: int) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in entries(index << level, (index + 1) << level)]
    assert Tiles(SMALL, 600).subtree(level, index) == merkle.root(leaves)


@pytest.mark.parametrize(
    ("level", "index", "width"), [(0, 272, 256), (0, 273, 112), (1, 0, 256), (1, 1, 17), (2, 0, 1), (3, 0, 0)]
)
def test_a_tile_is_as_wide_as_the_specification_counts(level: int, index: int, width: int) -> None:
    assert Tiles(MemoryObjects(), 70_000).width(level, index) == width


def test_where_a_partial_tile_is_gone_the_full_one_says_the_same() -> None:
    grown = log(300, 600)
    assert "log/tile/0/001.p/44" not in grown.held
    tiles = Tiles(grown, 300)
    assert len(tiles.hashes(0, 1)) == len(tiles.entries(1)) == 44
    assert tiles.entries(1) == entries(256, 300)


def test_a_tile_that_is_nowhere_is_named() -> None:
    with pytest.raises(NotFoundError, match="log/tile/0/000"):
        Tiles(MemoryObjects(), 3).subtree(0, 0)


def test_a_tile_that_is_too_short_is_named() -> None:
    objects = log(3)
    objects.held["log/tile/0/000.p/3"] = bytes(95)
    with pytest.raises(StoreError, match=r"log/tile/0/000\.p/3 is damaged: it has 95 bytes"):
        Tiles(objects, 3).subtree(0, 0)


@pytest.mark.parametrize("bundle", [b"\0\1a\0\1b\0\1", b"\0\1a\0\1b"])
def test_a_bundle_that_is_too_short_is_named(bundle: bytes) -> None:
    objects = log(3)
    objects.held["log/tile/entries/000.p/3"] = bundle
    with pytest.raises(StoreError, match=r"log/tile/entries/000\.p/3 is damaged"):
        Tiles(objects, 3).entries(0)
