"""What every store of records does with keys, its lock, its root, and partitions that are dropped."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.model.record import Scope
from tests.stores.rows import key, sealed, uid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from carnet.stores.contract import Store
    from carnet.stores.records_contract import PartitionStore, RecordStore

NAME = "days30-2026-04-01"


def form(number: int) -> bytes:
    """A wrapped key; its number tells it apart."""
    return f"wrapped key {number:>52}".encode()


# --- keys


def test_keys_come_back_by_slot_and_slots_go_on_where_they_ended(records: RecordStore) -> None:
    assert records.keys.append("a", [form(0), form(1)]) == [0, 1]
    assert records.keys.append("b", [form(9)]) == [0]
    assert records.keys.append("a", [form(2)]) == [2]
    assert records.keys.append("a", []) == []
    assert records.keys.read("a", [2, 0, 1]) == [form(2), form(0), form(1)]
    assert records.keys.read("b", [0]) == [form(9)]
    assert records.keys.files() == ["a", "b"]


def test_a_slot_that_never_was_is_empty(records: RecordStore) -> None:
    records.keys.append("a", [form(0)])
    assert records.keys.read("a", [1, -1, 10**6, 0]) == [b"", b"", b"", form(0)]
    assert records.keys.read("never", [0, 1]) == [b"", b""]
    assert records.keys.used("never") == []


def test_what_is_destroyed_is_gone_and_its_slot_is_not_given_again(records: RecordStore) -> None:
    records.keys.append("a", [form(number) for number in range(3)])
    records.keys.destroy("a", [0, 2])
    records.keys.destroy("a", [2, 7, -1])
    records.keys.destroy("never", [0])
    records.keys.destroy("a", [])
    assert records.keys.read("a", [0, 1, 2]) == [b"", form(1), b""]
    assert records.keys.used("a") == [1]
    assert records.keys.append("a", [form(3)]) == [3]
    assert records.keys.files() == ["a"]


def test_other_keys_are_written_into_slots(records: RecordStore) -> None:
    records.keys.append("a", [form(number) for number in range(3)])
    records.keys.overwrite("a", {2: form(8), 0: form(9)})
    records.keys.overwrite("a", {})
    assert records.keys.read("a", [0, 1, 2]) == [form(9), form(1), form(8)]


def test_a_file_is_dropped_whole_and_begins_anew(records: RecordStore) -> None:
    records.keys.append("a", [form(0), form(1)])
    records.keys.append("b", [form(2)])
    records.keys.drop("a")
    records.keys.drop("never")
    assert records.keys.files() == ["b"]
    assert records.keys.read("a", [0, 1]) == [b"", b""]
    assert records.keys.append("a", [form(3)]) == [0]


def test_keys_survive_reopening_and_destroyed_ones_do_not(opening: Callable[[Path], Store], data: Path) -> None:
    with closing(opening(data)) as store:
        store.records.keys.append("a", [form(0), form(1)])
        store.records.keys.destroy("a", [0])
    with closing(opening(data)) as store:
        assert store.records.keys.read("a", [0, 1]) == [b"", form(1)]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["append", "overwrite", "destroy"]), st.integers(0, 4)), max_size=12))
def test_keys_are_a_list_that_is_written_in_place(records: RecordStore, steps: list[tuple[str, int]]) -> None:
    records.keys.drop("a")
    held: list[bytes] = []
    for number, (step, slot) in enumerate(steps):
        if step == "append":
            assert records.keys.append("a", [form(number)] * slot) == list(range(len(held), len(held) + slot))
            held += [form(number)] * slot
        elif slot < len(held):
            if step == "overwrite":
                records.keys.overwrite("a", {slot: form(number)})
            else:
                records.keys.destroy("a", [slot])
            held[slot] = form(number) if step == "overwrite" else b""
        assert held == records.keys.read("a", range(len(held)))
        assert [at for at, one in enumerate(held) if one] == records.keys.used("a")


# --- the root


def test_the_root_is_made_once_and_stays(opening: Callable[[Path], Store], data: Path) -> None:
    with closing(opening(data)) as store:
        root = store.records.root()
        assert root == store.records.root()
    with closing(opening(data)) as store:
        assert root == store.records.root()
    assert len(root) == 32
    assert len(set(root)) > 8


def test_another_root_comes_with_the_ring_it_wraps(opening: Callable[[Path], Store], data: Path) -> None:
    other = bytes(range(32))
    with closing(opening(data)) as store:
        store.records.root()
        store.records.keys.append("ring", [form(number) for number in range(4)])
        store.records.replace_root({0: form(7), 2: form(8)}, other)
        assert other == store.records.root()
        assert store.records.keys.read("ring", [0, 1, 2, 3]) == [form(7), b"", form(8), b""]
    with closing(opening(data)) as store:
        assert other == store.records.root()
        assert store.records.keys.used("ring") == [0, 2]


# --- the lock

COUNTER = """
import importlib, sys
from pathlib import Path
module, name, data = sys.argv[1:]
records = getattr(importlib.import_module(module), name)(Path(data)).records
for _ in range(30):
    with records.lock(), records.lock():
        records.catalogue.set_fact("count", str(int(records.catalogue.fact("count") or 0) + 1))
"""


def counted(records: RecordStore) -> None:
    """One more, read and then written: without the lock some are lost."""
    with records.lock(), records.lock():
        records.catalogue.set_fact("count", str(int(records.catalogue.fact("count") or 0) + 1))


def test_a_lock_holds_other_threads_back_and_may_be_taken_again(records: RecordStore) -> None:
    with ThreadPoolExecutor(4) as threads:
        for one in [threads.submit(counted, records) for _ in range(100)]:
            one.result()
    assert records.catalogue.fact("count") == "100"


def test_a_lock_holds_other_processes_back(opening: Callable[[Path], Store], data: Path) -> None:
    with closing(opening(data)) as store:
        script = [sys.executable, "-c", COUNTER, opening.__module__, getattr(opening, "__qualname__", ""), str(data)]
        others = [subprocess.Popen(script) for _ in range(2)]
        while any(other.poll() is None for other in others):
            with store.records.lock():
                had = int(store.records.catalogue.fact("count") or 0)
                store.records.catalogue.set_fact("count", str(had))
        assert [other.wait() for other in others] == [0, 0]
        assert store.records.catalogue.fact("count") == "60"


def test_a_lock_is_free_after_a_fault_under_it(records: RecordStore) -> None:
    with pytest.raises(KeyError), records.lock(), records.lock():
        raise KeyError
    with ThreadPoolExecutor(1) as threads:
        threads.submit(counted, records).result()
    assert records.catalogue.fact("count") == "1"


# --- partitions dropped whole


def put(part: PartitionStore, number: int) -> None:
    part.add([key()], [sealed(number, key())])


def held(store: Store) -> list[int]:
    return [int.from_bytes(one.uid) for one in store.records.partition(NAME).chunks(Scope())]


def test_a_dropped_partition_begins_anew(records: RecordStore) -> None:
    put(records.partition(NAME), 1)
    put(records.partition("hold"), 2)
    records.drop_partition(NAME)
    records.drop_partition("never-was")
    assert records.partition_names() == ["hold"]
    assert records.partition(NAME).chunk(uid(1)) is None
    assert records.partition(NAME).removals() == 0
    assert records.partition("hold").chunk(uid(2)) is not None


def test_whoever_has_a_dropped_partition_open_writes_into_the_new_one(
    opening: Callable[[Path], Store], data: Path
) -> None:
    with closing(opening(data)) as first, closing(opening(data)) as second:
        put(first.records.partition(NAME), 1)
        assert held(second) == [1]
        first.records.drop_partition(NAME)
        put(first.records.partition(NAME), 2)
        put(second.records.partition(NAME), 3)
        assert held(first) == held(second) == [2, 3]
        put(first.records.partition(NAME), 4)
    with closing(opening(data)) as after:
        assert held(after) == [2, 3, 4]
        assert after.records.partition(NAME).check() == []


def test_letting_go_of_a_dropped_partition_takes_nothing_from_the_new_one(
    opening: Callable[[Path], Store], data: Path
) -> None:
    with closing(opening(data)) as first:
        with closing(opening(data)) as second:
            put(second.records.partition(NAME), 1)
            first.records.drop_partition(NAME)
            put(first.records.partition(NAME), 2)
        put(first.records.partition(NAME), 3)
        with closing(opening(data)) as third:
            assert held(third) == [2, 3]


def test_whoever_has_a_partition_open_that_is_dropped_finds_nothing_of_it(
    opening: Callable[[Path], Store], data: Path
) -> None:
    with closing(opening(data)) as first, closing(opening(data)) as second:
        put(second.records.partition(NAME), 1)
        first.records.drop_partition(NAME)
        assert held(second) == []
        second.records.drop_partition(NAME)
        assert first.records.partition_names() == second.records.partition_names() == []
