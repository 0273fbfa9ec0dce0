"""Disks that are full, clocks that were set back, wrong keys, flipped bits: a clear error, nothing lost, nothing served
that nobody vouches for.
"""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from carnet.cli.main import run
from carnet.errors import CarnetError, ClockError, DamagedError, StoreError
from carnet.records.dropping import RING
from carnet.records.exporting import subject, training
from carnet.records.surveying import partitions
from carnet.records.verifying import partition_faults
from carnet.stores.embedded.records import EmbeddedRecords
from tests.records.kept import ANN, PAT, QUINN, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent.parent
YEAR = timedelta(days=365)


def again(shelf: Shelf, data: Path) -> Shelf:
    """Another process on the same folder."""
    return Shelf(EmbeddedRecords(data), shelf.now)


# --- a full disk


@pytest.mark.parametrize("operation", ["put", "delete", "pack", "hold", "rotate-root"])
def test_without_room_it_says_so_and_once_there_is_room_all_is_well(operation: str, tmp_path: Path) -> None:
    refused, runs = _without_room(operation, tmp_path, "lengths")
    assert 0 < refused < runs


@pytest.mark.timeout(240)
@pytest.mark.parametrize("operation", ["put", "delete", "expire", "rotate"])
def test_where_the_room_ends_behind_whatever_step_nothing_is_lost(operation: str, tmp_path: Path) -> None:
    refused, runs = _without_room(operation, tmp_path, "steps")
    assert runs >= 8, "as many durable steps as there are"
    assert refused > runs / 2, "what can be done without room is the end of it"


def _without_room(operation: str, folder: Path, how: str) -> tuple[int, int]:
    """Of how many runs how many said that there was no room; each was looked at, and went on once there was."""
    command = [sys.executable, "-m", "tests.journeys.limiting", operation, str(folder), how]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    wrong = [row for row in rows if "raised" in row]
    assert not wrong, f"at the limit {wrong[0]['limit']}:\n{wrong[0]['raised']}"
    assert (told.returncode, told.stderr) == (0, "")
    return rows[-1]["refused"], rows[-1]["of"]


# --- a clock that was set back


def test_a_clock_that_was_set_back_keeps_ends_and_deletes_nothing(shelf: Shelf) -> None:
    kept = shelf.kept("from before")
    shelf.now -= YEAR
    with pytest.raises(ClockError, match="nothing is lost"):
        shelf.put(shelf.draft("dated into the past"))
    with pytest.raises(ClockError):
        shelf.keep()
    with pytest.raises(ClockError):
        shelf.keep(due=shelf.now + 3 * YEAR)
    shelf.now += YEAR
    assert shelf.ids() == {kept}
    assert shelf.shown(kept) == b"from before"
    assert shelf.shown(shelf.kept("afterwards")) == b"afterwards"


def test_a_command_that_deletes_refuses_then_too(
    shelf: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = shelf.kept("from before")
    shelf.store.catalogue.mark_clock(datetime.now(UTC) + YEAR)
    shelf.store.close()
    monkeypatch.setenv("CARNET_DATA", str(data))
    for command in (
        ["records", "delete", "--session", "s1", "--yes"],
        ["records", "hold", "--session", "s1", "--reason", "a matter"],
        ["records", "expire", "--now", "2099-01-01T00:00:00Z"],
        ["records", "rotate", "--org", "acme"],
        ["account", "delete", ANN, "--yes"],
    ):
        assert run(command) == 3, command
        assert "it was set back" in capsys.readouterr().err
    assert again(shelf, data).ids() == {kept}


def test_an_expiry_in_the_future_leaves_no_mark_on_the_clock(shelf: Shelf) -> None:
    shelf.kept("over by then")
    before = shelf.store.catalogue.clock()
    shelf.later(seconds=10).keep(due=shelf.now + YEAR)
    assert shelf.everything() == []
    assert shelf.store.catalogue.clock() == before
    assert shelf.shown(shelf.kept("a moment later")) == b"a moment later"


# --- the root key


def test_another_root_key_opens_nothing_and_changes_nothing(shelf: Shelf, data: Path) -> None:
    kept = shelf.kept("sealed")
    shelf.store.close()
    root = data / "keys" / "root.key"
    right = root.read_text()
    root.unlink()
    with pytest.raises(StoreError, match="missing"):
        again(shelf, data).shown(kept)
    root.write_text("carnet-root-1 " + "A" * 43 + "=\n")
    root.chmod(0o600)
    before = _contents(data)
    other = again(shelf, data)
    for attempt in (
        lambda: other.shown(kept),
        lambda: other.put(other.draft("more")),
        lambda: other.put(other.draft("of a new session", session="s9")),
        other.keyring.rotate_root,
    ):
        with pytest.raises(StoreError, match="not the one these records were sealed with"):
            attempt()
    assert any("not the one" in fault for fault in other.faults())
    other.store.close()
    assert _contents(data) == before
    root.write_text(right)
    right_again = again(shelf, data)
    assert right_again.shown(kept) == b"sealed"
    assert right_again.faults() == []


def _contents(data: Path) -> dict[str, bytes]:
    """Files of keys and objects, and the databases' sizes apart from what a reader leaves."""
    return {
        str(path.relative_to(data)): path.read_bytes()
        for path in data.rglob("*")
        if (path.is_file() and path.suffix in {".slots", ".key", ".db"}) or ("objects" in path.parts and path.is_file())
    }


def test_a_root_key_that_others_can_read_is_refused_by_name(shelf: Shelf, data: Path) -> None:
    kept = shelf.kept("sealed")
    shelf.store.close()
    root = data / "keys" / "root.key"
    for mode in (0o640, 0o604, 0o660, 0o644):
        root.chmod(mode)
        with pytest.raises(StoreError, match=f"root.key: others can read or write the root key .mode {mode:04o}"):
            again(shelf, data).shown(kept)
    root.chmod(0o600)
    assert again(shelf, data).shown(kept) == b"sealed"


# --- damage


@pytest.fixture
def bodies(shelf: Shelf) -> dict[str, bytes]:
    """Two people's sessions in one partition: packed and loose, chunks that rest on each other, several kinds."""
    found = {}

    def keep(body: str, account: str, kind: str = "exchange", flow: str = "inference") -> None:
        found[shelf.kept(body, account, "s1", kind=kind, flow=flow)] = body.encode()

    keep("the words of ann " * 9, ANN)
    keep("the words of quinn " * 9, QUINN)
    shelf.later(hours=1).keep()
    keep("the words of ann " * 9 + "go on", ANN)
    keep("a metric of quinn", QUINN, "metric", "metrics")
    assert len(partitions(shelf.store)) == 1
    return found


def served(shelf: Shelf, bodies: dict[str, bytes]) -> int:
    """How many are still shown; each with its own bytes, the others with a clear error."""
    shown = 0
    for one, body in bodies.items():
        try:
            assert shelf.shown(one) == body
        except CarnetError:
            continue
        shown += 1
    return shown


def flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def test_a_flipped_bit_of_an_object_is_named_and_never_served(shelf: Shelf, bodies: dict[str, bytes]) -> None:
    chance = random.Random(4)
    for name in list(shelf.store.objects.names("bodies")):
        whole = shelf.store.objects.get(name)
        for _ in range(4):
            shelf.store.objects.put(name, flipped(whole, chance))
            assert served(shelf, bodies) < len(bodies)
            assert any(name in fault for fault in shelf.faults())
        shelf.store.objects.put(name, whole[:-1])
        assert any(name in fault for fault in shelf.faults())
        shelf.store.objects.delete([name])
        assert served(shelf, bodies) < len(bodies)
        assert any(name in fault for fault in shelf.faults())
        shelf.store.objects.put(name, whole)
    assert served(shelf, bodies) == len(bodies)
    assert shelf.faults() == []


def test_a_flipped_bit_of_a_key_is_named_and_its_records_are_not_served(
    shelf: Shelf, bodies: dict[str, bytes], data: Path
) -> None:
    chance = random.Random(4)
    for file in shelf.store.keys.files():
        for slot in shelf.store.keys.used(file):
            (form,) = shelf.store.keys.read(file, [slot])
            shelf.store.keys.overwrite(file, {slot: flipped(form, chance)})
            other = again(shelf, data)
            assert file == RING or served(other, bodies) < len(bodies)
            assert served(other, bodies) <= len(bodies)
            assert other.faults(), (file, slot)
            other.store.close()
            shelf.store.keys.overwrite(file, {slot: form})
    assert served(shelf, bodies) == len(bodies)
    assert shelf.faults() == []


UNSAID = {"fact.key", "fact.value", "chunk.id", "chunk.offset (loose)", "chunk.depth"}
"""What means nothing and no seal vouches for: a row's number that no other names, a place in an object for what lies in
none, how many chunks are below, and how often something was removed.
"""


def test_a_changed_row_is_named_and_shows_nothing_that_is_not_its_own(
    shelf: Shelf, bodies: dict[str, bytes], data: Path
) -> None:
    (file,) = (data / "records").glob("part-*.db")
    unnamed, seen = set(), 0
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        tables = {table: connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in KEY}  # noqa: S608
        for table, column, rowid, value in _values(connection):
            for other in _others(value):
                if not _changed(connection, table, column, rowid, value, other):
                    continue
                seen += 1
                served(shelf, bodies)
                if not _faults(shelf):
                    loose = column == "offset" and connection.execute(_LOOSE, (rowid,)).fetchone()
                    unnamed.add(f"{table}.{column}{' (loose)' if loose else ''}")
                connection.execute(f'DELETE FROM "{table}"')  # noqa: S608 - names of ours
                rows = tables[table]
                connection.executemany(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(rows[0]))})', rows)  # noqa: S608
    assert seen > 100
    assert unnamed <= UNSAID
    assert {one: shelf.shown(one) for one in bodies} == bodies
    assert shelf.faults() == []


def _faults(shelf: Shelf) -> list[str]:
    """Of the one partition, looked at once: nobody is writing, and all else is as it was."""
    (partition,) = partitions(shelf.store)
    try:
        return list(partition_faults(shelf.store, shelf.keyring, partition))
    except CarnetError as error:
        return [str(error)]


KEY = {
    "session": "id",
    "key": "id",
    "lane": "id",
    "chunk": "id",
    "loose": "chunk",
    "tally": "organisation",
    "fact": "key",
}
"""Table -> column that says which row is meant."""
_LOOSE = "SELECT 1 FROM loose WHERE chunk = ?"


def _values(connection: sqlite3.Connection) -> list[tuple[str, str, object, object]]:
    """(table, column, key, value) of every value there is."""
    found: list[tuple[str, str, object, object]] = []
    for table, key in KEY.items():
        columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
        for row in connection.execute(f'SELECT * FROM "{table}"').fetchall():  # noqa: S608 - names of ours
            values = dict(zip(columns, row, strict=True))
            found += [(table, column, values[key], value) for column, value in values.items()]
    return found


def _others(value: object) -> list[object]:
    match value:
        case int():
            return [value + 1, value - 1] if value not in {0, 1} else [1 - value, value + 5]
        case str():
            return [value + "x", value[:-1], ""]
        case bytes():
            return [flipped(value, random.Random(len(value))) if value else b"\1", value[:-4]]
    raise TypeError(value)


def _changed(
    connection: sqlite3.Connection, table: str, column: str, key: object, value: object, other: object
) -> bool:
    """Write another value into a row; False where the table would not have it."""
    try:
        query = f'UPDATE "{table}" SET "{column}" = ? WHERE "{KEY[table]}" IS ? AND "{column}" IS ?'  # noqa: S608
        return value != other and connection.execute(query, (other, key, value)).rowcount > 0
    except sqlite3.IntegrityError:
        return False


def test_a_flipped_bit_of_sealed_bytes_in_the_index_is_named(
    shelf: Shelf, bodies: dict[str, bytes], data: Path
) -> None:
    (file,) = (data / "records").glob("part-*.db")
    chance = random.Random(4)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for chunk, whole in connection.execute("SELECT chunk, data FROM loose").fetchall():
            for _ in range(4):
                connection.execute("UPDATE loose SET data = ? WHERE chunk = ?", (flipped(whole, chance), chunk))
                assert served(shelf, bodies) < len(bodies)
                assert any("not the ones that were written" in fault for fault in shelf.faults())
            connection.execute("UPDATE loose SET data = ? WHERE chunk = ?", (whole, chunk))
    assert shelf.faults() == []


def test_no_word_of_a_decision_can_be_changed(shelf: Shelf, data: Path) -> None:
    """Whatever it says instead, it is named, and nobody shows or exports what it is about."""
    kept = shelf.kept("eligible", PAT)
    (file,) = (data / "records").glob("part-*.db")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        names = [row[1] for row in connection.execute("PRAGMA table_info(lane)")]
        values = dict(zip(names, connection.execute("SELECT * FROM lane").fetchone(), strict=True))
        for name, value in values.items():
            for other in [*_others(value), *LANE_WORDS.get(name, ())]:
                connection.execute(f"UPDATE lane SET {name} = ?", (other,))  # noqa: S608 - names of ours
                assert shelf.faults(), (name, other)
                with pytest.raises(CarnetError):
                    shelf.shown(kept)
                for export in _exports(shelf):
                    assert _refused(export) or (len(export()) == 1 and name not in {"purposes", "rules"}), name
                connection.execute(f"UPDATE lane SET {name} = ?", (value,))  # noqa: S608
    assert (shelf.faults(), shelf.shown(kept)) == ([], b"eligible")
    assert [len(export()) for export in _exports(shelf)] == [2, 1, 3]


LANE_WORDS = {
    "training": (2,),
    "purposes": ("[]", '["improvement"]', '[ "model-improvement"]', "{}"),
    "rules": ('["inference.commercial"]', "[]"),
}
"""What would be taken for a decision, if nothing vouched for it."""


def _refused(export: Callable[[], object]) -> bool:
    try:
        export()
    except CarnetError:
        return True
    return False


def _exports(shelf: Shelf) -> list[Callable[[], list[bytes]]]:
    """Of what may train, at all and for a purpose that it is not for, and of everything about its person."""
    store, keyring, now = shelf.store, shelf.keyring, shelf.now
    return [
        lambda: list(training(store, keyring, now)),
        lambda: list(training(store, keyring, now, "improvement")),
        lambda: list(subject(store, keyring, shelf.account(PAT), now)),
    ]


def test_training_that_a_row_claims_and_the_seal_does_not_is_not_exported(shelf: Shelf, data: Path) -> None:
    shelf.kept("never eligible", QUINN)
    shelf.consent(QUINN, "on")
    (file,) = (data / "records").glob("part-*.db")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE lane SET training = 1")
    with pytest.raises(DamagedError, match="not the one it was sealed with"):
        list(training(shelf.store, shelf.keyring, shelf.now))
    assert any("not the one it was sealed with" in fault for fault in shelf.faults())


def test_a_page_that_is_no_page_is_a_clear_error(shelf: Shelf, bodies: dict[str, bytes], data: Path) -> None:
    shelf.store.close()
    (file,) = (data / "records").glob("part-*.db")
    content = file.read_bytes()
    file.write_bytes(content[:4096] + bytes(len(content) - 4096))
    other = again(shelf, data)
    assert served(other, bodies) == 0
    assert "damaged" in str(other.keep().unread[0].why)
    assert any(file.name in fault for fault in other.faults())
