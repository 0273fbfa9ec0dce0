"""A partition dropped whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.errors import GoneError
from carnet.model.record import Scope
from carnet.records.dropping import RING, drop, sweep_partitions, unknown
from carnet.records.surveying import partitions

if TYPE_CHECKING:
    from tests.records.kept import Shelf


def dropped(shelf: Shelf) -> str:
    (partition,) = partitions(shelf.store)
    with shelf.store.lock():
        drop(shelf.store, partition)
    return partition.name


def test_nothing_of_it_is_left(shelf: Shelf) -> None:
    kept = shelf.kept()
    shelf.later(hours=1).keep()
    (partition,) = partitions(shelf.store)
    name = dropped(shelf)
    assert name not in shelf.store.partition_names()
    assert name not in shelf.store.keys.files()
    assert list(shelf.store.objects.names(f"bodies/{name}")) == []
    assert partition.slot not in shelf.store.keys.used(RING)
    assert shelf.store.catalogue.partitions() == []
    with pytest.raises(GoneError):
        shelf.shown(kept)
    assert shelf.faults() == []


def test_its_name_can_be_used_again(shelf: Shelf) -> None:
    shelf.kept("first")
    name = dropped(shelf)
    kept = shelf.kept("second")
    assert shelf.shown(kept) == b"second"
    assert [one.name for one in partitions(shelf.store)] == [name]
    assert shelf.faults() == []


def test_what_is_being_dropped_is_not_read(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.kept()

    def stop(_name: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shelf.store, "drop_partition", stop)
        with pytest.raises(KeyboardInterrupt):
            dropped(shelf)
    assert partitions(shelf.store) == []
    assert shelf.everything() == []
    new = shelf.kept("after that")
    assert shelf.shown(new) == b"after that"
    assert shelf.ids() == {new}
    assert shelf.faults() == []


def test_a_file_that_came_back_after_its_partition_was_dropped_is_swept(shelf: Shelf) -> None:
    shelf.kept()
    name = dropped(shelf)
    assert shelf.store.partition(name).sessions(Scope()) == []  # a reader who knew of it asks too late
    assert shelf.faults() == [f"partition {name} is not in the catalogue"]
    assert sweep_partitions(shelf.store) == 1
    assert name not in shelf.store.partition_names()
    assert shelf.faults() == []


def test_what_an_older_catalogue_does_not_know_is_not_taken_for_what_a_crash_left(shelf: Shelf) -> None:
    record = shelf.kept("precious")
    (partition,) = shelf.store.catalogue.partitions()
    shelf.later(hours=1).keep()  # packed
    shelf.store.catalogue.remove_partition(partition.name)

    assert unknown(shelf.store) == [partition.name]
    shelf.keep()
    shelf.store.catalogue.add_partition(partition)

    assert shelf.shown(record) == b"precious"
    assert shelf.faults() == []
