"""What waits for the store: sealed, in order, within its bound, and gone for good once it is taken out."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from carnet.errors import DamagedError, StoreError
from carnet.model.record import Draft, Form
from carnet.records.spool import NONCE, Spool, waits

if TYPE_CHECKING:
    from pathlib import Path

KEY, OTHER = bytes(32), bytes([1]) * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def _draft(body: bytes = b"the words of a prompt", session: str = "s1") -> Draft:
    at = datetime(2026, 4, 1, 9, 30, 15, 123456, tzinfo=UTC)
    return Draft("ann@acme.test", session, "exchange", "inference", body, Form.BYTES, "anthropic", "repo", at)


def test_a_batch_comes_back_as_it_was(folder: Path) -> None:
    spool = Spool(folder, KEY)
    assert spool.add([_draft(), _draft(b"\x00\xff", "s2")], 1)
    (name,) = spool.names()
    assert spool.read(name) == [_draft(), _draft(b"\x00\xff", "s2")]
    assert spool.size == (folder / name).stat().st_size


def test_batches_come_in_order_also_where_the_clock_stands_still_or_goes_back(folder: Path) -> None:
    spool = Spool(folder, KEY)
    for number, at in enumerate((5, 5, 3)):
        assert spool.add([_draft(str(number).encode())], at)
    assert [spool.read(name)[0].body for name in spool.names()] == [b"0", b"1", b"2"]


def test_what_another_process_left_is_found(folder: Path) -> None:
    Spool(folder, KEY).add([_draft()], 1)
    later = Spool(folder, KEY)
    assert later.size > 0
    assert [later.read(name) for name in later.names()] == [[_draft()]]


def test_no_file_shows_a_word_of_it(folder: Path) -> None:
    spool = Spool(folder, KEY)
    spool.add([_draft(b"the words of a prompt " * 40)], 1)
    (file,) = folder.iterdir()
    data = file.read_bytes()
    for word in (b"words", b"prompt", b"ann@acme", b"s1", b"repo", b"anthropic"):
        assert word not in data
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_bound_is_kept_and_room_comes_back(folder: Path) -> None:
    spool = Spool(folder, KEY, 2000)
    assert spool.add([_draft(os.urandom(1500))], 1)
    assert not spool.add([_draft(os.urandom(1500))], 2)
    assert len(spool.names()) == 1
    spool.remove(spool.names()[0])
    assert spool.size == 0
    assert spool.add([_draft(os.urandom(1500))], 3)


def test_the_bound_counts_what_others_left_once_it_looks_again(folder: Path) -> None:
    ours, theirs = Spool(folder, KEY, 2000), Spool(folder, KEY, 2000)
    theirs.add([_draft(os.urandom(1500))], 1)
    assert ours.size == 0
    ours.refresh()
    assert not ours.add([_draft(os.urandom(1500))], 2)


@pytest.mark.parametrize("place", [0, NONCE, -1])
def test_a_changed_byte_is_damage(folder: Path, place: int) -> None:
    spool = Spool(folder, KEY)
    spool.add([_draft()], 1)
    (file,) = folder.iterdir()
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)
    with pytest.raises(DamagedError, match="damaged"):
        spool.read(file.name)


@pytest.mark.parametrize("left", [0, 5, NONCE, 40])
def test_a_torn_file_is_damage(folder: Path, left: int) -> None:
    spool = Spool(folder, KEY)
    spool.add([_draft()], 1)
    (file,) = folder.iterdir()
    os.truncate(file, left)
    with pytest.raises(DamagedError):
        spool.read(file.name)


def test_a_batch_under_another_name_is_damage(folder: Path) -> None:
    spool = Spool(folder, KEY)
    spool.add([_draft()], 1)
    (file,) = folder.iterdir()
    moved = file.rename(folder / f"{9:020}-00000000.sealed")
    with pytest.raises(DamagedError):
        spool.read(moved.name)


def test_another_key_opens_nothing(folder: Path) -> None:
    Spool(folder, KEY).add([_draft()], 1)
    other = Spool(folder, OTHER)
    with pytest.raises(DamagedError):
        other.read(other.names()[0])


def test_what_was_taken_out_cannot_be_opened_by_whoever_kept_a_link_to_it(folder: Path, tmp_path: Path) -> None:
    spool = Spool(folder, KEY)
    spool.add([_draft()], 1)
    (file,) = folder.iterdir()
    (tmp_path / "kept").hardlink_to(file)
    spool.remove(file.name)
    (tmp_path / "kept").rename(file)
    with pytest.raises(DamagedError):
        spool.read(file.name)


def test_what_is_left_of_a_batch_is_all_that_opens(folder: Path, tmp_path: Path) -> None:
    spool = Spool(folder, KEY)
    spool.add([_draft(b"a"), _draft(b"b"), _draft(b"c")], 1)
    (name,) = spool.names()
    (tmp_path / "kept").hardlink_to(folder / name)
    before = spool.mark(name)
    spool.leave(name, [_draft(b"b")])
    assert [one.body for one in spool.read(name)] == [b"b"]
    assert (spool.names(), spool.size, spool.mark(name) != before) == ([name], (folder / name).stat().st_size, True)
    (tmp_path / "kept").replace(folder / name)
    with pytest.raises(DamagedError):
        spool.read(name)


def test_a_batch_rests_for_a_while(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(folder, KEY)
    assert not spool.rests("one")
    spool.rest("one")
    assert (spool.rests("one"), spool.rests("other")) == (True, False)
    monkeypatch.setattr("carnet.records.spool.REST", -1.0)
    spool.rest("one")
    assert not spool.rests("one")


def test_taking_out_what_another_process_took_out_is_no_fault(folder: Path) -> None:
    ours, theirs = Spool(folder, KEY), Spool(folder, KEY)
    ours.add([_draft()], 1)
    (name,) = theirs.names()
    theirs.remove(name)
    ours.remove(name)
    assert ours.names() == []


def test_what_a_killed_process_had_begun_is_no_batch_and_is_swept_once_it_is_old(folder: Path) -> None:
    folder.mkdir()
    (folder / f"{1:020}-00000000.sealed.part").write_bytes(b"half")
    spool = Spool(folder, KEY)
    assert spool.names() == []
    assert spool.sweep(time.time() - 60) == 0
    assert spool.sweep(time.time() + 60) == 1
    assert not waits(folder)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file")
    with pytest.raises(StoreError, match="spool"):
        Spool(tmp_path / "spool", KEY).add([_draft()], 1)


def test_nothing_waits_where_there_is_no_folder(folder: Path) -> None:
    assert not waits(folder)
    assert Spool(folder, KEY).names() == []


def test_what_another_process_spooled_counts_towards_the_bound(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carnet.records.spool._LOOK_SHARE", 0)
    one, two = Spool(folder, KEY, 3_000), Spool(folder, KEY, 3_000)
    added = [each.add([_draft(os.urandom(500))], number) for number in range(4) for each in (one, two)]
    assert 3 <= sum(added) < 8
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 3_000
