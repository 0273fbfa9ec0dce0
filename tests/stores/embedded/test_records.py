"""What is particular to records in SQLite and files; what every store does is in test_records_contract*.py."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.model.account import Organisation
from carnet.model.record import Hold, Scope
from carnet.stores.embedded import root as roots
from carnet.stores.embedded.database import SqliteDatabase
from carnet.stores.embedded.held import untouched
from carnet.stores.embedded.records import EmbeddedRecords
from tests import make
from tests.records.kept import Shelf
from tests.stores.embedded.limits import no_file_beyond
from tests.stores.rows import key, sealed, session, uid

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "marker-3f9c1d"


@pytest.fixture
def records(data: Path) -> Iterator[EmbeddedRecords]:
    with closing(EmbeddedRecords(data)) as opened:
        yield opened


def everything(data: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file())


def filled(records: EmbeddedRecords, chunks: int = 3) -> None:
    records.partition("x").add([key()], [sealed(number) for number in range(1, chunks + 1)])


# --- files


def test_files_are_nobody_elses_business(records: EmbeddedRecords, data: Path) -> None:
    records.root()
    filled(records)
    records.keys.append("x", [b"k" * 64])
    records.objects.put("bodies/x/1", b"sealed")
    with records.lock():
        reachable = [
            path.name for path in data.rglob("*") if path.is_dir() and stat.S_IMODE(path.stat().st_mode) & 0o077
        ]
    folders = {"records", "keys", "objects"}
    assert {path.name for path in data.iterdir()} == folders
    assert folders.isdisjoint(reachable)
    files = [path for folder in ("records", "keys") for path in (data / folder).iterdir()]
    assert [path.name for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_a_closed_store_leaves_its_files_and_nothing_is_held(data: Path) -> None:
    with closing(EmbeddedRecords(data)) as records:
        filled(records)
    assert sorted(path.name for path in (data / "records").iterdir()) == ["catalogue.db", "part-x.db"]
    for name in ("catalogue.db", "part-x.db"):
        with untouched(data / "records" / name) as free:
            assert free


def test_the_root_may_lie_elsewhere(data: Path, tmp_path: Path) -> None:
    with closing(EmbeddedRecords(data, tmp_path / "disk" / "root")) as records:
        assert records.root() == roots.read_root(tmp_path / "disk" / "root")
    assert not (data / "keys" / "root.key").exists()


@pytest.mark.parametrize("name", ["../x", "", "X", "a b", "a/b", "x.db", "-x", "x\0", "x\n", "ü"])
def test_a_partition_is_a_plain_word(records: EmbeddedRecords, name: str) -> None:
    for step in (records.partition, records.drop_partition):
        with pytest.raises(ValueError, match="not a partition"):
            step(name)
    assert records.partition_names() == []


@pytest.mark.parametrize("name", ["catalogue.db", "part-x.db"])
def test_a_file_that_is_not_ours_is_refused_by_name_and_left_alone(data: Path, name: str) -> None:
    EmbeddedRecords(data).close()
    (data / "records" / name).write_bytes(b"hello, I am a text\n" * 20)
    with pytest.raises(StoreError, match=rf"{name} is not a Carnet store"), closing(EmbeddedRecords(data)) as records:
        records.partition("x")
    assert (data / "records" / name).read_bytes() == b"hello, I am a text\n" * 20


def test_files_do_not_stand_in_for_each_other(data: Path) -> None:
    with closing(EmbeddedRecords(data)) as records:
        filled(records)
    (data / "records" / "part-x.db").replace(data / "records" / "catalogue.db")
    with pytest.raises(StoreError, match=r"catalogue\.db is a SQLite file of another program"):
        EmbeddedRecords(data)


# --- many at once


def test_threads_that_want_a_partition_at_once_get_the_same(records: EmbeddedRecords) -> None:
    together = threading.Barrier(8)

    def wanted(_number: int) -> object:
        together.wait(20)
        return records.partition("x")

    with ThreadPoolExecutor(8) as threads:
        assert len({id(one) for one in threads.map(wanted, range(8))}) == 1


def test_what_threads_add_at_once_is_all_there(records: EmbeddedRecords) -> None:
    def added(number: int) -> None:
        records.partition("x").add(
            [key(number, session(f"s{number}"))], [sealed(number, key(number, session(f"s{number}")))]
        )

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(added, range(1, 33)))
    assert {one.uid for one in records.partition("x").chunks(Scope())} == {uid(number) for number in range(1, 33)}
    assert records.partition("x").check() == []


# --- faults


def test_where_there_is_no_room_nothing_is_added_and_nothing_is_lost(records: EmbeddedRecords, data: Path) -> None:
    part = records.partition("x")
    filled(records)
    longest = max(path.stat().st_size for path in (data / "records").iterdir())
    several = [sealed(number) for number in range(10, 400)]
    with no_file_beyond(longest + 8192), pytest.raises(StoreError, match=r"no space left .*part-x\.db.*intact"):
        part.add([key(), key(9, session("s9"))], [sealed(9, key(9, session("s9"))), *several])
    assert [one.uid for one in part.chunks(Scope())] == [uid(1), uid(2), uid(3)]
    assert part.sessions(Scope()) == [session()]
    assert part.check() == []
    part.add([key()], several)
    assert len(part.chunks(Scope())) == 393


def test_a_damaged_page_is_named(data: Path) -> None:
    with closing(EmbeddedRecords(data)) as records:
        filled(records, 300)
    file = data / "records" / "part-x.db"
    damaged = bytearray(file.read_bytes())
    for at in range(5 * 4096, len(damaged), 4096):
        damaged[at : at + 64] = b"\xff" * 64
    file.write_bytes(damaged)
    with closing(EmbeddedRecords(data)) as records:
        assert all("part-x.db" in fault for fault in records.partition("x").check())
        assert records.partition("x").check() != []


def test_a_partition_whose_file_vanished_says_so(records: EmbeddedRecords, data: Path) -> None:
    part = records.partition("x")
    (data / "records" / "part-x.db").unlink()
    (fault,) = part.check()
    assert "part-x.db: unable to open" in fault


# --- nothing of what was removed


def test_no_byte_of_what_was_removed_is_left(records: EmbeddedRecords, data: Path) -> None:
    secret, plain = session(MARK, repository=f"{MARK}-repository"), session("stays")
    part = records.partition("x")
    part.add([key(1, secret), key(2, plain)], [sealed(1, key(1, secret)), sealed(2, key(2, plain))])
    held = records.catalogue.add_hold(Hold(0, secret, f"{MARK}-reason", make.at()))
    owner = records.directory.add_organisation(Organisation(0, MARK, "consumer", "pro", make.at()))
    records.catalogue.add_entry(b"entry", {"words": MARK}, (owner.id, 0))
    assert MARK.encode() in everything(data)
    part.remove([uid(1)])
    records.catalogue.remove_hold(held.id)
    records.directory.remove_organisation(owner.id)
    part.checkpoint()
    records.catalogue.checkpoint()
    assert MARK.encode() not in everything(data)
    assert sealed(1).data not in everything(data)
    assert sealed(2).data in everything(data)


def test_a_reader_may_hold_bytes_back_and_the_next_checkpoint_takes_them(records: EmbeddedRecords, data: Path) -> None:
    part = records.partition("x")
    filled(records)
    with closing(sqlite3.connect(data / "records" / "part-x.db")) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM chunk").fetchone() == (3,)
        part.remove([uid(1)])
        part.checkpoint()
        assert reader.execute("SELECT count(*) FROM chunk").fetchone() == (3,)
        assert sealed(1).data in everything(data)
        reader.execute("ROLLBACK")
    part.checkpoint()
    assert sealed(1).data not in everything(data)


def test_a_dropped_partition_leaves_no_file(records: EmbeddedRecords, data: Path) -> None:
    filled(records)
    records.drop_partition("x")
    assert sorted(path.name for path in (data / "records").glob("part-*")) == []
    assert sealed(1).data not in everything(data)


def test_dropping_a_partition_brings_no_log_into_its_file(records: EmbeddedRecords, data: Path) -> None:
    """What is about to go is not written once more: an end would take as long as there are records."""
    filled(records, 300)
    with (data / "records" / "part-x.db").open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        assert (data / "records" / "part-x.db-wal").stat().st_size > size
        records.drop_partition("x")
        assert os.fstat(file.fileno()).st_size == size


def test_a_log_that_a_dropped_partition_left_is_not_read_into_the_next(data: Path) -> None:
    """Killed between removing the file and its log: the log has rows of what was dropped."""
    with closing(EmbeddedRecords(data)) as records:
        filled(records)
        log = data / "records" / "part-x.db-wal"
        rows = log.read_bytes()
        assert sealed(1).data in rows
        records.drop_partition("x")
        log.write_bytes(rows)
        assert records.partition("x").chunks(Scope()) == []
        assert records.partition("x").check() == []


# --- the root


def test_whoever_remembers_the_root_is_told_that_there_is_another(data: Path) -> None:
    """A key wrapped by a root that is gone would never open again."""
    with closing(EmbeddedRecords(data)) as first, closing(EmbeddedRecords(data)) as second:
        root, seen = first.root(), first.catalogue.generation()
        second.replace_root({}, bytes(32))
        assert seen < first.catalogue.generation()
        assert root != first.root()


def test_and_also_where_the_change_stopped_halfway(records: EmbeddedRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    records.root()
    records.keys.append("ring", [b"o" * 64])
    seen = records.catalogue.generation()

    def stopped(_self: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(roots.RootFile, "_finish", stopped)
        with pytest.raises(StoreError, match="Input/output"):
            records.replace_root({0: b"n" * 64}, bytes(32))
    assert records.keys.read("ring", [0]) == [b"o" * 64]
    assert seen < records.catalogue.generation()
    assert records.root() == bytes(32)
    assert records.keys.read("ring", [0]) == [b"n" * 64]


def test_a_lost_catalogue_is_not_made_anew_beside_what_it_should_know_of(data: Path) -> None:
    with closing(EmbeddedRecords(data)) as store:
        Shelf(store).settle().kept()
    (data / "records" / "catalogue.db").unlink()

    with pytest.raises(StoreError, match=r"catalogue\.db is missing, but .*(ring|part-days30).* is there"):
        EmbeddedRecords(data)


# --- files that are let go


def descriptors(folder: Path) -> set[str]:
    """Files below a folder that this process has open; those that were removed among them."""
    found = set()
    for one in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.add(str(one.readlink()))
    return {name.removesuffix(" (deleted)") for name in found if name.startswith(str(folder))}


def opened(folder: Path) -> set[str]:
    """Names of the partitions whose files are open."""
    return {Path(name).name.removeprefix("part-").partition(".")[0] for name in descriptors(folder) if "part-" in name}


def test_a_partition_that_another_process_dropped_is_let_go(records: EmbeddedRecords, data: Path) -> None:
    for name in ("x", "y"):
        records.partition(name).add([key()], [sealed(1)])
    with closing(EmbeddedRecords(data)) as other:
        other.drop_partition("x")
    assert opened(data) == {"x", "y"}
    records.partition("z").sessions(Scope())
    assert opened(data) == {"y", "z"}, "its bytes would stay on the disk"


def test_a_partition_that_was_made_anew_is_another_one(records: EmbeddedRecords, data: Path) -> None:
    records.partition("x").add([key()], [sealed(1)])
    with closing(EmbeddedRecords(data)) as other:
        other.drop_partition("x")
        other.partition("x").add([key(2, session("s2"))], [sealed(2, key(2, session("s2")))])
    assert [one.uid for one in records.partition("x").chunks(Scope())] == [uid(2)]


def test_the_files_used_least_recently_are_closed(
    records: EmbeddedRecords, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carnet.stores.embedded.records.MOST_OPEN", 2)
    for name in ("a", "b", "c", "d"):
        records.partition(name).sessions(Scope())
        records.partition("a").sessions(Scope())
    assert opened(data) == {"a", "c", "d"}, "two that rest, and the one in use"
    assert records.partition("b").sessions(Scope()) == []


def test_whoever_opens_another_partition_lets_the_pages_of_the_others_go(
    records: EmbeddedRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every day has partitions of its own: a process that runs for a month would keep the pages of all of them."""
    rested: list[str] = []
    monkeypatch.setattr(SqliteDatabase, "shrink", lambda database: rested.append(database._file.name))
    for name in ("a", "b", "b", "c"):
        records.partition(name)
    assert rested == ["part-a.db", "part-a.db", "part-b.db"]
