"""What is particular to keys in files; what all stores of keys do is in test_records_contract_keys.py."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.stores.embedded.slots import SLOT, SlotFiles
from tests.stores.embedded.limits import no_file_beyond
from tests.stores.test_records_contract_keys import form

if TYPE_CHECKING:
    from pathlib import Path

FIVE = [form(number) for number in range(5)]


@pytest.fixture
def keys(data: Path) -> SlotFiles:
    return SlotFiles(data / "keys")


def content(keys: SlotFiles) -> bytes:
    return keys.path("a").read_bytes()


def test_files_of_keys_are_nobody_elses_business(keys: SlotFiles) -> None:
    keys.append("a", FIVE)
    assert stat.S_IMODE(keys.path("a").stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.path("a").parent.stat().st_mode) == 0o700


def test_destroyed_bytes_are_not_in_the_file_and_it_keeps_its_place(keys: SlotFiles) -> None:
    keys.append("a", FIVE)
    before = keys.path("a").stat()
    keys.destroy("a", [1, 4])
    assert FIVE[0] + bytes(SLOT) + FIVE[2] + FIVE[3] + bytes(SLOT) == content(keys)
    assert before.st_ino == keys.path("a").stat().st_ino


def test_overwritten_bytes_are_not_in_the_file(keys: SlotFiles) -> None:
    keys.append("a", FIVE)
    keys.overwrite("a", {2: form(9)})
    assert FIVE[2] not in content(keys)
    assert [*FIVE[:2], form(9), *FIVE[3:]] == keys.read("a", range(5))


def test_destroying_beyond_the_end_makes_no_room(keys: SlotFiles) -> None:
    keys.append("a", FIVE)
    keys.destroy("a", [5, 10**9, -1])
    assert b"".join(FIVE) == content(keys)


@pytest.mark.parametrize("torn", [1, 63, 64 * 4 + 17])
def test_a_slot_that_a_power_cut_tore_is_empty_and_written_over(keys: SlotFiles, torn: int) -> None:
    keys.append("a", FIVE)
    os.truncate(keys.path("a"), torn)
    whole = torn // SLOT
    assert [*FIVE[:whole], *[b""] * (5 - whole)] == keys.read("a", range(5))
    assert list(range(whole)) == keys.used("a")
    assert [whole, whole + 1] == keys.append("a", [form(8), form(9)])
    assert [*FIVE[:whole], form(8), form(9)] == keys.read("a", range(whole + 2))


@pytest.mark.parametrize("wrong", [b"", b"short", bytes(63) + b"", b"x" * 65, bytes(64)])
def test_what_is_no_wrapped_key_is_not_written(keys: SlotFiles, wrong: bytes) -> None:
    """All zeros would read as no key at all."""
    keys.append("a", FIVE)
    with pytest.raises(ValueError, match="a wrapped key has 64 bytes, not all of them zero"):
        keys.append("a", [form(8), wrong])
    with pytest.raises(ValueError, match="a wrapped key has 64 bytes"):
        keys.overwrite("a", {0: wrong})
    assert b"".join(FIVE) == content(keys)


@pytest.mark.parametrize("room", [0, 1, 64, 150])
def test_where_there_is_no_room_nothing_of_it_is_kept(keys: SlotFiles, room: int) -> None:
    keys.append("a", FIVE)
    with no_file_beyond(5 * SLOT + room), pytest.raises(StoreError, match=r"a\.slots: .* cannot be written: .*nothing"):
        keys.append("a", [form(6), form(7), form(8)])
    assert b"".join(FIVE) == content(keys)
    assert keys.append("a", [form(9)]) == [5]


def test_a_full_disk_names_the_file_and_says_why(keys: SlotFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.append("a", FIVE)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    for step in (
        lambda: keys.append("a", [form(9)]),
        lambda: keys.overwrite("a", {0: form(9)}),
        lambda: keys.destroy("a", [0]),
    ):
        with pytest.raises(StoreError, match=r"keys/a\.slots: .*No space left on device"):
            step()
    assert keys.read("a", range(5)) == FIVE


def test_a_destruction_that_is_not_on_the_disk_is_not_acknowledged(
    keys: SlotFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.append("a", FIVE)

    def lost(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", lost)
    with pytest.raises(StoreError, match=r"keys/a\.slots: .*Input/output error"):
        keys.destroy("a", [0])


def test_a_write_that_is_done_in_pieces_is_whole(keys: SlotFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, offset: write(descriptor, data[:7], offset))
    keys.append("a", FIVE)
    keys.destroy("a", [0])
    assert keys.read("a", range(5)) == [b"", *FIVE[1:]]


def test_writing_into_a_file_that_is_not_there_is_a_fault_that_names_it(keys: SlotFiles) -> None:
    with pytest.raises(StoreError, match=r"never\.slots: the file of keys cannot be opened: No such file"):
        keys.overwrite("never", {0: form(1)})
    assert keys.files() == []


def test_a_place_that_cannot_be_opened_is_named(keys: SlotFiles, data: Path) -> None:
    data.write_bytes(b"a file in the place of the folder")
    with pytest.raises(StoreError, match=r"a\.slots: the file of keys cannot be opened: Not a directory"):
        keys.append("a", FIVE)


def test_dropping_from_a_folder_that_is_not_there_is_no_fault(keys: SlotFiles) -> None:
    keys.drop("never")
    assert keys.files() == []


def test_other_files_in_the_folder_are_none_of_keys(keys: SlotFiles) -> None:
    keys.append("a", FIVE)
    for name in ("root.key", "ring.0123.new", "a.slots.part"):
        keys.path("a").with_name(name).write_bytes(b"x" * 64)
    assert keys.files() == ["a"]
