from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from carnet.errors import DamagedError, StoreError
from carnet.model.record import Key, Partition, Scope, Session
from carnet.records.dropping import RING, drop
from carnet.records.keyring import Keyring
from carnet.records.wrapping import epoch_of
from carnet.stores.embedded.records import EmbeddedRecords
from carnet.stores.embedded.root import read_root, write_root
from tests.records.kept import ACME, NOW, PEOPLE, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITER = """
import sys
from pathlib import Path
from carnet.stores.embedded.records import EmbeddedRecords
from tests.records.kept import Shelf

shelf = Shelf(EmbeddedRecords(Path(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()
for number in range(3):
    print(shelf.kept(f"{sys.argv[2]} {number}", session=sys.argv[2]), flush=True)
shelf.store.close()
"""


@pytest.fixture
def other(shelf: Shelf, data: Path) -> Iterator[Shelf]:
    """The same store, as another process has it."""
    with closing(EmbeddedRecords(data)) as opened:
        yield Shelf(opened, shelf.now)


def held_by(shelf: Shelf, session: str = "s1") -> tuple[Partition, Key]:
    """The partition of a session and its key there."""
    for partition in shelf.store.catalogue.partitions():
        for key in shelf.store.partition(partition.name).scoped_keys(Scope(session=session)):
            return partition, key
    raise AssertionError(session)


def secret_of(shelf: Shelf, session: str = "s1") -> bytes:
    partition, key = held_by(shelf, session)
    return shelf.keyring.open(partition, [key])[key.uid]


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def spoil_root(data: Path) -> None:
    """Another root key than the one the ring is wrapped by."""
    write_root(data / "keys" / "root.key", b"another".ljust(32))


def test_a_session_has_one_key_in_each_partition(shelf: Shelf) -> None:
    shelf.kept()
    shelf.kept()
    shelf.kept(kind="feedback", flow="feedback")
    found = [
        (one.name, [key.session.name for key in shelf.store.partition(one.name).scoped_keys(Scope())])
        for one in shelf.store.catalogue.partitions()
    ]
    assert found == [("days30-2026-05-01", ["s1"]), ("years5-2031-04", ["s1"])]


def test_two_sessions_never_share_a_key(shelf: Shelf) -> None:
    shelf.put(shelf.draft(session="s1"), shelf.draft(session="s2"), shelf.draft(session="s1", repository="r"))
    partition = shelf.store.catalogue.partitions()[0]
    keys = shelf.store.partition(partition.name).scoped_keys(Scope())
    secrets = shelf.keyring.open(partition, keys)
    assert len(keys) == len(set(secrets.values())) == 3


def test_a_key_opens_in_no_other_slot(shelf: Shelf) -> None:
    first, second = shelf.kept(session="s1"), shelf.kept(session="s2")
    partition, one = held_by(shelf, "s1")
    _, two = held_by(shelf, "s2")
    forms = shelf.store.keys.read(partition.name, [one.slot, two.slot])
    shelf.store.keys.overwrite(partition.name, {one.slot: forms[1], two.slot: forms[0]})
    for record in (first, second):
        with pytest.raises(DamagedError, match=f"of the keys of {partition.name} does not open"):
            shelf.shown(record)


def test_a_key_opens_in_no_other_partition(shelf: Shelf) -> None:
    shelf.kept()
    days, key = held_by(shelf)
    shelf.kept(kind="feedback", flow="feedback")
    years = next(one for one in shelf.store.catalogue.partitions() if one.name.startswith("years5"))
    slots = shelf.store.keys.append(years.name, shelf.store.keys.read(days.name, [key.slot]))
    with pytest.raises(DamagedError):
        shelf.keyring.open(years, [replace(key, slot=slots[0])])
    with pytest.raises(DamagedError):
        shelf.keyring.open(replace(days, slot=years.slot), [key])


def test_a_key_opens_for_no_other_organisation(shelf: Shelf) -> None:
    shelf.kept()
    shelf.kept(account="pat@people.test", session="s2")
    partition, key = held_by(shelf)
    people = Session(shelf.organisation(PEOPLE).id, 1, "s1")
    with pytest.raises(DamagedError):
        shelf.keyring.open(partition, [replace(key, session=people)])


def test_a_destroyed_slot_never_opens(shelf: Shelf, other: Shelf) -> None:
    shelf.kept()
    partition, key = held_by(shelf)
    assert key.uid in shelf.keyring.open(partition, [key])
    other.store.keys.destroy(partition.name, [key.slot])
    for ring in (shelf.keyring, other.keyring, Keyring(shelf.store)):
        assert ring.open(partition, [key]) == {}


def test_without_its_partitions_secret_no_key_opens_for_whoever_asks_anew(shelf: Shelf) -> None:
    shelf.kept()
    partition, key = held_by(shelf)
    shelf.store.keys.destroy(RING, [partition.slot])
    with pytest.raises(DamagedError):
        Keyring(shelf.store).open(partition, [key])


def test_without_its_organisations_key_no_key_opens(shelf: Shelf) -> None:
    shelf.kept()
    partition, key = held_by(shelf)
    slot = shelf.store.catalogue.org_keys()[shelf.organisation(ACME).id, 1]
    shelf.store.keys.destroy(RING, [slot])
    with pytest.raises(DamagedError):
        Keyring(shelf.store).open(partition, [key])


def test_an_unwrapped_key_is_in_no_file(shelf: Shelf, data: Path) -> None:
    made = list[bytes]()

    def random(size: int) -> bytes:
        made.append(bytes([len(made) % 251 + 1]) * 8 + b"a key that is nowhere".ljust(size)[: max(0, size - 8)])
        return made[-1][:size]

    shelf.writer.random = random
    shelf.writer.keyring = Keyring(shelf.store, random)
    shelf.kept()
    organisation = shelf.organisation(ACME).id
    shelf.keyring.new_epoch(organisation, 2)
    partition, key = held_by(shelf)
    shelf.keyring.rewrap(partition, [key])
    shelf.keyring.log_key()
    shelf.keyring.rotate_root()
    root = read_root(data / "keys" / "root.key")
    for name, content in files_of(data).items():
        assert b"a key that is nowhere" not in content, name
        assert root not in content, name
    assert secret_of(shelf) not in b"".join(files_of(data).values())
    assert any(secret_of(shelf) in one for one in made)


def test_only_this_user_reads_what_is_in_the_folder_of_keys(shelf: Shelf, data: Path) -> None:
    shelf.kept()
    for path in (data / "keys").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_wrong_root_key_is_told_with_what_to_do_and_changes_nothing(shelf: Shelf, data: Path) -> None:
    record = shelf.kept()
    right = read_root(data / "keys" / "root.key")
    spoil_root(data)
    before = files_of(data)
    with closing(EmbeddedRecords(data)) as opened:
        late = Shelf(opened)
        for ask in (late.kept, lambda: late.shown(record), late.keyring.rotate_root, late.keyring.log_key):
            with pytest.raises(StoreError, match=r"not the one .* put the right file back .*nothing was changed"):
                ask()
    after = files_of(data)
    assert {name: one for name, one in after.items() if "keys/" in name} == {
        name: one for name, one in before.items() if "keys/" in name
    }
    write_root(data / "keys" / "root.key", right)
    assert shelf.shown(record) == b"words"


def test_a_ring_without_its_first_slot_is_taken_for_damaged_and_not_for_new(shelf: Shelf, data: Path) -> None:
    shelf.kept()
    shelf.store.keys.destroy(RING, [0])
    before = files_of(data / "keys")
    for _ in range(2):
        with pytest.raises(DamagedError, match="slot 0 is empty"):
            Keyring(shelf.store).root()
    assert files_of(data / "keys") == before


def test_an_organisations_key_is_made_once(shelf: Shelf, other: Shelf) -> None:
    organisation = shelf.organisation(ACME).id
    assert shelf.keyring.org_key(organisation) == other.keyring.org_key(organisation)
    assert shelf.keyring.org_key(organisation)[0] == 1
    assert shelf.keyring.org_key(organisation) != shelf.keyring.org_key(shelf.organisation(PEOPLE).id)
    assert list(shelf.store.catalogue.org_keys()) == [(organisation, 1), (shelf.organisation(PEOPLE).id, 1)]


def test_threads_that_begin_at_once_get_one_key(shelf: Shelf, data: Path) -> None:
    organisation = shelf.organisation(ACME).id
    stores = [EmbeddedRecords(data) for _ in range(2)]
    rings = [Keyring(store) for store in stores for _ in range(3)]
    with ThreadPoolExecutor(len(rings)) as threads:
        found = set(threads.map(lambda ring: ring.org_key(organisation), rings))
    for store in stores:
        store.close()
    assert len(found) == 1
    assert list(shelf.store.catalogue.org_keys()) == [(organisation, 1)]
    assert shelf.store.keys.used(RING) == [0, 1]


def test_processes_that_begin_at_once_get_one_key(shelf: Shelf, data: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(data), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in ("one", "two")
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate()[0].split() for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert list(shelf.store.catalogue.org_keys()) == [(shelf.organisation(ACME).id, 1)]
    for name, ids in zip(("one", "two"), told, strict=True):
        assert [shelf.shown(one) for one in ids] == [f"{name} {number}".encode() for number in range(3)]
    assert shelf.faults() == []


def test_a_next_epoch_wraps_what_comes_and_what_was_stays_readable(shelf: Shelf, other: Shelf) -> None:
    old = shelf.kept("old", session="old")
    organisation = shelf.organisation(ACME).id
    other.keyring.new_epoch(organisation, 2)
    new = shelf.kept("new", session="new")
    epochs = {}
    for name in ("old", "new"):
        partition, key = held_by(shelf, name)
        epochs[name] = epoch_of(shelf.store.keys.read(partition.name, [key.slot])[0])
    assert epochs == {"old": 1, "new": 2}
    assert (shelf.shown(old), shelf.shown(new)) == (b"old", b"new")


def test_rewrapping_leaves_the_key_as_it_is_and_counts_what_it_wrapped(shelf: Shelf) -> None:
    shelf.put(shelf.draft(session="s1"), shelf.draft(session="s2"))
    organisation = shelf.organisation(ACME).id
    before = secret_of(shelf)
    shelf.keyring.new_epoch(organisation, 2)
    shelf.store.catalogue.remove_org_keys([])  # whoever remembers the newest epoch asks again
    partition, _ = held_by(shelf)
    keys = shelf.store.partition(partition.name).scoped_keys(Scope(organisation))
    shelf.store.keys.destroy(partition.name, [next(one.slot for one in keys if one.session.name == "s2")])
    assert shelf.keyring.rewrap(partition, keys) == 1
    assert shelf.keyring.rewrap(partition, keys) == 0
    assert secret_of(shelf) == before
    assert held_by(shelf, "s2")[1].uid not in shelf.keyring.open(partition, keys)


def test_another_root_opens_everything_and_the_old_one_nothing(shelf: Shelf, other: Shelf, data: Path) -> None:
    record = shelf.kept()
    assert other.shown(record) == b"words"
    old = read_root(data / "keys" / "root.key")
    shelf.keyring.rotate_root()
    assert read_root(data / "keys" / "root.key") != old
    later = other.kept("later", kind="feedback", flow="feedback")
    assert (shelf.shown(record), other.shown(record), shelf.shown(later)) == (b"words", b"words", b"later")
    write_root(data / "keys" / "root.key", old)
    with closing(EmbeddedRecords(data)) as opened, pytest.raises(StoreError, match="nothing was changed"):
        Shelf(opened).shown(record)


def test_keys_that_go_elsewhere_stay_the_same_keys(shelf: Shelf) -> None:
    shelf.kept()
    _, key = held_by(shelf)
    before = secret_of(shelf)
    with shelf.store.lock():
        target = shelf.keyring.prepared(Partition("days7-2026-04-08", NOW.date()))
        adopted = shelf.keyring.adopt(target, {key: before})[key]
    assert shelf.keyring.open(target, [adopted]) == {key.uid: before}
    assert (adopted.uid, adopted.session, adopted.rows) == (key.uid, key.session, (0, 0))


def test_a_partition_that_was_being_dropped_is_made_anew(shelf: Shelf) -> None:
    record = shelf.kept()
    partition, key = held_by(shelf)
    shelf.store.catalogue.add_partition(replace(partition, slot=-1))  # a drop that stopped at its first step
    again = shelf.kept("again")
    anew, new = held_by(shelf)
    assert anew.name == partition.name
    assert (anew.slot, new.uid) != (partition.slot, key.uid)
    assert shelf.shown(again) == b"again"
    assert record not in shelf.ids()
    shelf.keep()
    assert partition.slot not in shelf.store.keys.used(RING)


def test_a_partitions_secret_is_made_once(shelf: Shelf, other: Shelf) -> None:
    shelf.kept()
    other.kept()
    with shelf.store.lock():
        partition, _ = held_by(shelf)
        assert shelf.keyring.prepared(replace(partition, slot=-1)) == partition
        drop(shelf.store, partition)
        assert shelf.keyring.prepared(replace(partition, slot=-1)).slot != partition.slot


def test_what_nothing_refers_to_is_swept_out_of_the_ring(shelf: Shelf) -> None:
    record = shelf.kept()
    stray = shelf.keyring.add_to_ring("left by a crash")
    assert shelf.keyring.sweep_ring() == 1
    assert shelf.keyring.sweep_ring() == 0
    assert shelf.store.keys.read(RING, [stray]) == [b""]
    assert shelf.shown(record) == b"words"


def test_the_logs_key_is_made_once(shelf: Shelf, other: Shelf) -> None:
    assert shelf.keyring.log_key() == other.keyring.log_key()
    assert shelf.keyring.sweep_ring() == 0


def test_nothing_is_kept_for_an_organisation_whose_key_is_gone(shelf: Shelf) -> None:
    shelf.kept()
    slot = shelf.store.catalogue.org_keys()[shelf.organisation(ACME).id, 1]
    shelf.store.keys.destroy(RING, [slot])
    ids = shelf.ids()
    with closing(EmbeddedRecords(shelf_folder(shelf))) as opened:
        other = Shelf(opened)
        (unkept,) = other.put(other.draft(session="s2"))
    assert "restore the file of keys" in str(unkept)
    assert shelf.ids() == ids


def shelf_folder(shelf: Shelf) -> Path:
    store = shelf.store
    assert isinstance(store, EmbeddedRecords)
    return store._folder.parent
