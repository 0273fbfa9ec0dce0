"""Verifying: each kind of damage is named, and what is whole has no fault."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from carnet.model.record import Scope
from carnet.records.surveying import partitions
from tests.records.kept import PAT, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from carnet.stores.sql.partition import SqlPartition


@pytest.fixture
def index(shelf: Shelf, data: Path) -> Iterator[sqlite3.Connection]:
    """The index of the one partition there is, opened beside the store."""
    shelf.kept("one", session="s-one")
    shelf.kept("two", session="s-two")
    (partition,) = partitions(shelf.store)
    with closing(sqlite3.connect(data / "records" / f"part-{partition.name}.db", isolation_level=None)) as connection:
        yield connection


def test_what_is_whole_has_no_fault(shelf: Shelf) -> None:
    assert shelf.faults() == []
    shelf.kept()
    shelf.kept(account=PAT, session="p")
    assert shelf.faults() == []
    shelf.later(hours=1).keep()
    assert shelf.faults() == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE chunk SET created = created + 1", "from its creation"),
        ("UPDATE chunk SET expires = expires + 86400000000", "from its creation"),
        ("UPDATE lane SET training = 1", "is not the one it was sealed with"),
        ("UPDATE lane SET flow = 'feedback'", "is not the one it was sealed with"),
        ("UPDATE session SET account = account + 1", "is not the one it was sealed with"),
        ("UPDATE session SET name = name || 'x'", "is not the one it was sealed with"),
        ("UPDATE loose SET data = zeroblob(length(data))", "bytes are not the ones that were written"),
        ("UPDATE chunk SET size = size + 1", "does not have the records it says it has"),
        ("DELETE FROM loose", "lies nowhere"),
        ("DELETE FROM tally", "tallies do not count"),
    ],
)
def test_every_changed_row_is_named(shelf: Shelf, index: sqlite3.Connection, change: str, named: str) -> None:
    index.execute(change)
    found = shelf.faults()

    assert any(named in fault for fault in found), found


def test_a_missing_object_and_a_changed_one_are_named(shelf: Shelf, data: Path) -> None:
    shelf.kept(session="one")
    shelf.kept(session="two")
    shelf.later(hours=1).keep()
    first, second = sorted(shelf.store.objects.names("bodies"))
    (data / "objects" / first).unlink()
    content = bytearray((data / "objects" / second).read_bytes())
    content[20] ^= 1
    (data / "objects" / second).write_bytes(content)
    found = "\n".join(shelf.faults())

    assert f"its object {first} is missing" in found
    assert f"(object {second})" in found


def test_a_damaged_key_is_named(shelf: Shelf) -> None:
    shelf.kept()
    (partition,) = partitions(shelf.store)
    (key,) = shelf.store.partition(partition.name).scoped_keys(Scope())
    shelf.store.keys.overwrite(partition.name, {key.slot: b"\1" * 64})

    assert any("does not open" in fault or "destroyed" in fault for fault in shelf.faults())


def test_what_nobody_refers_to_is_named(shelf: Shelf) -> None:
    shelf.kept()
    (partition,) = partitions(shelf.store)
    shelf.store.objects.put(f"bodies/{partition.name}/stray", b"stray")
    (slot,) = shelf.store.keys.append(partition.name, [b"k" * 64])

    assert shelf.faults() == [
        f"partition {partition.name}: object bodies/{partition.name}/stray: no record is in it; the keeper removes it",
        f"partition {partition.name}: key slot {slot}: no session has it; the keeper destroys it",
    ]


def test_a_log_that_was_rewritten_is_named(shelf: Shelf, data: Path) -> None:
    shelf.kept()
    shelf.erase(session="s1")
    with closing(sqlite3.connect(data / "records" / "catalogue.db", isolation_level=None)) as connection:
        connection.execute("UPDATE entry SET entry = CAST(replace(CAST(entry AS TEXT), 'erasure', 'nothing') AS BLOB)")

    assert any(fault.startswith("log: ") for fault in shelf.faults())


def test_a_checkpoint_that_was_changed_is_named(shelf: Shelf, data: Path) -> None:
    shelf.kept()
    shelf.erase(session="s1")
    checkpoint = data / "objects" / "log" / "checkpoint"
    checkpoint.write_text(checkpoint.read_text("utf-8").replace("\n1\n", "\n2\n"), "utf-8")

    assert any(fault.startswith("log: signature wrong") for fault in shelf.faults())


def test_damage_in_one_partition_hides_none_in_another(shelf: Shelf, data: Path) -> None:
    shelf.kept()
    shelf.kept(account=PAT, session="p")
    for partition in partitions(shelf.store):
        with closing(sqlite3.connect(data / "records" / f"part-{partition.name}.db", isolation_level=None)) as index:
            index.execute("DELETE FROM tally")

    assert len(shelf.faults()) == 2


def test_what_somebody_was_just_writing_is_no_fault(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first look without the lock may see half of a change; only what a second one under it sees is true."""
    shelf.kept()
    kind = type(shelf.store.partition(partitions(shelf.store)[0].name))
    check, asked = kind.check, list[bool]()

    def torn(self: SqlPartition) -> list[str]:
        asked.append(shelf.store._lock._depth > 0)  # type: ignore[attr-defined]
        return check(self) if asked[-1] else ["half of a change"]

    monkeypatch.setattr(kind, "check", torn)
    assert shelf.faults() == []
    assert asked == [False, True]
