"""`carnet records expire|rotate|verify`: what is due ends, keys change under it, and damage is named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from .shelf import ANN, BOB, JUNIPER, line, putting, told

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Carnet
    from .shelf import Shelf

NOTHING = {"partitions": [], "records": 0, "erased": [], "packed": 0, "swept": 0}


# --- expire


def test_what_would_be_due_then_ends_and_the_clock_has_no_mark_of_it(shelf: Shelf) -> None:
    month, years = shelf.kept(line(ANN), line(BOB))
    answer = shelf.json("records", "expire", "--now", f"{datetime.now(UTC) + timedelta(days=32):%Y-%m-%d}")

    assert answer["records"] == 1
    assert [row["id"] for row in shelf.listed()] == [years]
    assert shelf.carnet("records", "show", month).status == 1
    assert len(shelf.kept(line(ANN, body="later"))) == 1
    assert shelf.json("records", "expire") == NOTHING
    assert len(shelf.listed()) == 2


def test_an_instant_ends_what_is_due_to_the_second(shelf: Shelf) -> None:
    created = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=20)
    early, late = shelf.kept(*(line(at=f"{created + timedelta(seconds=n):%Y-%m-%dT%H:%M:%SZ}") for n in (0, 60)))
    due = created + timedelta(days=30, seconds=30)
    answer = shelf.json("records", "expire", "--now", f"{due:%Y-%m-%dT%H:%M:%SZ}")

    assert answer["records"] == 1
    assert [row["id"] for row in shelf.listed()] == [late]
    assert shelf.carnet("records", "show", early).status == 1


def test_nothing_is_due_where_nothing_is(carnet: Carnet) -> None:
    assert carnet("records", "expire").out == "Nothing was due.\n"
    assert carnet("records", "expire", "--now", "2099-01-01").out == "Nothing was due.\n"


def test_the_words_say_how_many_are_gone_and_with_which_partitions(shelf: Shelf) -> None:
    shelf.kept(line(), line(session="s2"), line(BOB))
    day = datetime.now(UTC) + timedelta(days=30)
    out = shelf.carnet("records", "expire", "--now", f"{day + timedelta(days=1):%Y-%m-%d}").out

    assert out.startswith(f"Ended and gone: 2 records; partitions dropped whole: days30-{day:%Y-%m-%d}.\n")


def test_a_round_finishes_what_was_begun(shelf: Shelf) -> None:
    shelf.kept(line())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("carnet.records.erasing.erase", _broken)
        assert shelf.carnet("records", "delete", "--session", "s1").status == 3
    out = shelf.carnet("records", "expire").out

    assert "What had been asked for before is done:\nErased all records of session s1: 1 record of 1 session" in out
    assert shelf.listed() == []


def _broken(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "", "1e9"])
def test_what_is_no_instant_ends_nothing(shelf: Shelf, text: str) -> None:
    shelf.kept(line())
    ended = shelf.carnet("records", "expire", "--now", text)

    assert (ended.status, ended.out) == (2, "")
    assert len(shelf.listed()) == 1


def test_a_past_instant_ends_nothing_that_is_not_due(shelf: Shelf) -> None:
    shelf.kept(line())

    assert shelf.json("records", "expire", "--now", "2001-01-01")["records"] == 0


@pytest.mark.parametrize("command", [("expire",), ("rotate", "--root"), ("rotate", "--org", JUNIPER)])
def test_a_clock_that_was_set_back_ends_nothing(shelf: Shelf, command: tuple[str, ...]) -> None:
    shelf.kept(line())
    shelf.at(datetime.now(UTC) - timedelta(days=365))
    ended = shelf.carnet("records", *command)

    assert (ended.status, ended.out) == (3, "")
    assert "it was set back" in ended.err


# --- rotate


@pytest.mark.parametrize("args", [("--root",), ("--org", JUNIPER)])
def test_other_keys_open_the_same_records_while_a_writer_runs(
    shelf: Shelf, environ: dict[str, str], args: tuple[str, ...]
) -> None:
    process = putting(environ)
    before = told(process, line(body="before"))["id"]
    keys = (shelf.data / "keys" / "ring.slots").read_bytes()
    root = (shelf.data / "keys" / "root.key").read_bytes()
    ended = shelf.carnet("records", "rotate", *args)
    after = told(process, line(body="after"))["id"]
    process.communicate()

    assert (ended.status, process.returncode) == (0, 0)
    assert (shelf.data / "keys" / "ring.slots").read_bytes() != keys
    assert ((shelf.data / "keys" / "root.key").read_bytes() != root) == (args == ("--root",))
    assert [shelf.carnet("records", "show", str(one)).out for one in (before, after)] == ["before", "after"]
    assert shelf.json("records", "verify") == {"faults": []}


def test_the_words_say_what_has_a_new_key(shelf: Shelf) -> None:
    shelf.kept(line())

    out = shelf.carnet("records", "rotate", "--org", JUNIPER).out
    assert out == f"{JUNIPER} has a new key; 1 session key wrapped anew, and the old one is destroyed.\n"
    assert "the old one opens nothing here any more" in shelf.carnet("records", "rotate", "--root").out


@pytest.mark.parametrize("args", [(), ("--root", "--org", JUNIPER), ("--org", "Nowhere")])
def test_a_rotation_is_of_one_thing(shelf: Shelf, args: tuple[str, ...]) -> None:
    ended = shelf.carnet("records", "rotate", *args)

    assert (ended.status, ended.out) == (2, "")


def test_an_old_root_key_opens_nothing_any_more(shelf: Shelf) -> None:
    (one,) = shelf.kept(line())
    root = shelf.data / "keys" / "root.key"
    old = root.read_bytes()
    shelf.carnet("records", "rotate", "--root")
    root.write_bytes(old)
    for args in (("show", one), ("verify",), ("rotate", "--root"), ("export", "--subject", ANN), ("expire",)):
        ended = shelf.carnet("records", *args)
        assert (ended.status, "the root key is not the one" in ended.err) == (3, True), args


# --- verify


def test_an_empty_store_is_as_it_was_written_and_verifying_makes_nothing(carnet: Carnet, data: Path) -> None:
    assert carnet("records", "verify").out == "All is as it was written: 0 records, 0 log entries.\n"
    assert not (data / "keys" / "root.key").exists()


def test_how_much_was_checked_is_said(shelf: Shelf) -> None:
    shelf.kept(line(), line(BOB))
    shelf.carnet("records", "hold", "--session", "s1", "--account", ANN, "--reason", "x")

    assert shelf.carnet("records", "verify").out == "All is as it was written: 2 records, 1 log entry.\n"


def test_a_flipped_byte_of_any_object_is_named(shelf: Shelf) -> None:
    shelf.kept(line(body="x" * 3000), line(BOB, body="y" * 3000))
    shelf.carnet("records", "hold", "--session", "s1", "--account", BOB, "--reason", "x")
    shelf.at(datetime.now(UTC) + timedelta(hours=1))
    shelf.carnet("records", "expire")
    objects = [file for file in (shelf.data / "objects").rglob("*") if file.is_file()]
    assert len(objects) >= 4
    for file in objects:
        content = file.read_bytes()
        _write(
            file,
            content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 1]) + content[len(content) // 2 + 1 :],
        )
        ended = shelf.carnet("records", "verify")
        _write(file, content)
        assert (ended.status, ended.err) == (1, ""), file
        assert len(ended.out.splitlines()) >= 2, file
        assert "fault" in ended.out.splitlines()[-1]
    assert shelf.carnet("records", "verify").status == 0


def _write(file: Path, content: bytes) -> None:
    file.chmod(0o600)
    file.write_bytes(content)


def test_a_missing_object_is_named(shelf: Shelf) -> None:
    shelf.kept(line(body="x" * 3000))
    shelf.at(datetime.now(UTC) + timedelta(hours=1))
    shelf.carnet("records", "expire")
    (packed,) = (file for file in (shelf.data / "objects" / "bodies").rglob("*") if file.is_file())
    packed.unlink()
    ended = shelf.carnet("records", "verify")

    assert ended.status == 1
    assert packed.name in ended.out
    assert "session 's1'" in ended.out


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE chunk SET expires = expires + 34560000000000",
        "UPDATE chunk SET created = created + 34560000000000",
        "UPDATE chunk SET size = size + 1",
        "UPDATE chunk SET records = records + 1",
        "UPDATE session SET name = 'other'",
        "UPDATE session SET account = account + 1",
        "UPDATE lane SET kind = 'feedback'",
        "UPDATE lane SET training = 1",
        "UPDATE lane SET retention = 'years5'",
        "UPDATE lane SET purposes = '[\"training\"]'",
        "UPDATE lane SET rules = '[\"inference.consent\"]'",
        "UPDATE key SET slot = slot + 1",
        "DELETE FROM chunk",
        "DELETE FROM loose",
    ],
)
def test_a_row_that_was_changed_is_named(shelf: Shelf, change: str) -> None:
    shelf.kept(line(body="x" * 300))
    (partition,) = (shelf.data / "records").glob("part-*.db")
    with closing(sqlite3.connect(partition)) as database, database:
        assert database.execute(change).rowcount == 1
    ended = shelf.carnet("records", "verify")

    assert (ended.status, ended.err) == (1, "")
    assert "partition days30-" in ended.out


def test_flipped_bytes_of_the_rows_are_never_served_as_if_nothing_were(shelf: Shelf) -> None:
    (one,) = shelf.kept(line(body="x" * 300))
    shelf.carnet("records", "expire")  # what is in the WAL goes into the file
    (partition,) = (shelf.data / "records").glob("part-*.db")
    content = partition.read_bytes()
    noticed = 0
    for at in range(0, len(content), len(content) // 16):
        partition.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        shown, verified = shelf.carnet("records", "show", one), shelf.carnet("records", "verify")
        assert shown.out in {"", "x" * 300}
        assert shown.status in {0, 1, 3}
        assert verified.status in {0, 1, 3}
        assert "Traceback" not in shown.err + verified.err
        assert "fault of Carnet's own" not in shown.err + verified.err
        noticed += verified.status != 0
    assert noticed


@pytest.mark.parametrize("command", ["verify", "show"])
def test_a_root_key_that_others_can_read_is_named(shelf: Shelf, command: str) -> None:
    (one,) = shelf.kept(line())
    root = shelf.data / "keys" / "root.key"
    root.chmod(0o644)
    ended = shelf.carnet("records", command, *([one] if command == "show" else []))

    assert (ended.status, ended.out) == (3, "")
    assert f"{root}: others can read or write the root key (mode 0644)" in ended.err
    assert f"chmod 600 {root}" in ended.err


def test_a_missing_root_key_is_named_and_no_other_is_made(shelf: Shelf) -> None:
    (one,) = shelf.kept(line())
    root = shelf.data / "keys" / "root.key"
    root.unlink()
    for ended in (shelf.carnet("records", "verify"), shelf.carnet("records", "show", one), shelf.put(line())):
        assert (ended.status, ended.out) == (3, "")
        assert f"{root}: the root key is missing" in ended.err
    assert not root.exists()


def test_the_keys_are_nobody_elses(shelf: Shelf) -> None:
    shelf.kept(line())
    shelf.carnet("records", "delete", "--session", "s1")
    for file in (shelf.data / "keys").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
