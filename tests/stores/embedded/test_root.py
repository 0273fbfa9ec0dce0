from __future__ import annotations

import base64
import errno
import hashlib
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.stores.embedded.root import RING, RootFile, read_root, wiped, write_root
from carnet.stores.embedded.slots import SLOT, SlotFiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OLD, NEW, THIRD = (bytes([number]) * 32 for number in (1, 2, 3))
SLOTS = (0, 1, 3)
"""Slot 2 was destroyed."""


def wrapped(root: bytes, slot: int) -> bytes:
    """What stands for a key wrapped by a root: no other root gives the same."""
    return hashlib.sha512(root + bytes([slot])).digest()


def ring(root: bytes) -> dict[int, bytes]:
    return {slot: wrapped(root, slot) for slot in SLOTS}


@pytest.fixture
def keys(data: Path) -> Path:
    return data / "keys"


@pytest.fixture(params=["beside the ring", "elsewhere"])
def file(request: pytest.FixtureRequest, keys: Path, tmp_path: Path) -> RootFile:
    """The root OLD with its ring."""
    root = RootFile(keys, None if request.param == "beside the ring" else tmp_path / "other disk" / "carnet.key")
    write_root(root.path, OLD)
    SlotFiles(keys).append(RING, [wrapped(OLD, slot) for slot in range(4)])
    SlotFiles(keys).destroy(RING, [2])
    return root


def opened_by(keys: Path) -> list[bytes]:
    """The roots that open the whole ring, as it is."""
    found = SlotFiles(keys).read(RING, range(4))
    return [root for root in (OLD, NEW, THIRD) if [ring(root).get(slot, b"") for slot in range(4)] == found]


def names(root: RootFile, keys: Path) -> set[str]:
    return {path.name for folder in {keys, root.path.parent} for path in folder.iterdir()}


# --- the file


def test_the_root_is_made_once_for_nobody_else_to_read(keys: Path) -> None:
    first = RootFile(keys, None).read()
    assert first == RootFile(keys, None).read()
    assert stat.S_IMODE((keys / "root.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert base64.b64encode(first) in (keys / "root.key").read_bytes()


def test_two_stores_have_two_roots(tmp_path: Path) -> None:
    assert RootFile(tmp_path / "a", None).read() != RootFile(tmp_path / "b", None).read()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o601, 0o620])
def test_a_root_that_others_can_reach_is_refused_with_what_to_do(file: RootFile, mode: int) -> None:
    file.path.chmod(mode)
    with pytest.raises(StoreError) as told:
        file.read()
    assert all(word in str(told.value) for word in (f"(mode {mode:04o})", f"chmod 600 {file.path}", "rotate --root"))
    file.path.chmod(0o400)
    assert file.read() == OLD


def test_a_missing_root_beside_a_ring_is_asked_back_and_none_is_made(file: RootFile, keys: Path) -> None:
    file.path.unlink()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"the root key is missing.*put the file back") as told:
            file.read()
        assert str(file.path) in str(told.value)
    assert not file.path.exists()
    assert opened_by(keys) == [OLD]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"hello",
        bytes(range(256)),
        b"carnet-root-1 ",
        b"carnet-root-1 !!!!",
        b"carnet-root-1 " + base64.b64encode(bytes(31)),
        b"carnet-root-1 " + base64.b64encode(bytes(33)),
        b"carnet-root-2 " + base64.b64encode(bytes(32)),
        base64.b64encode(bytes(32)),
        b"carnet-root-1 \xff\xfe" + base64.b64encode(bytes(32)),
        "carnet-root-1 ☕".encode(),
    ],
)
def test_a_file_that_is_no_root_is_refused_by_name_and_left_alone(file: RootFile, garbage: bytes) -> None:
    file.path.write_bytes(garbage)
    with pytest.raises(StoreError, match="this is not a root key of Carnet's; put the file back") as told:
        file.read()
    assert str(file.path) in str(told.value)
    assert garbage == file.path.read_bytes()


def test_a_folder_in_the_place_of_the_root_is_named(file: RootFile) -> None:
    file.path.unlink()
    file.path.mkdir()
    with pytest.raises(StoreError, match="the root key cannot be read: Is a directory"):
        file.read()


def test_a_root_below_a_file_is_named(keys: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match=r"file/root\.key cannot be written: File exists"):
        RootFile(keys, tmp_path / "file" / "root.key").read()


def test_a_root_on_a_disk_that_cannot_be_written_is_read(file: RootFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mounted read-only, as secrets are: there even removing what is not there is refused."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    for name in ("unlink", "replace", "rename", "mkdir"):
        monkeypatch.setattr(os, name, refused)
    assert file.read() == OLD
    with pytest.raises(StoreError, match="Read-only file system"):
        file.replace(ring(NEW), NEW)


def test_a_key_that_is_read_back_is_the_one_that_was_written(tmp_path: Path) -> None:
    write_root(tmp_path / "root.key", bytes(range(32)))
    assert read_root(tmp_path / "root.key") == bytes(range(32))


# --- its change for another


def test_another_root_comes_with_its_ring_and_nothing_of_the_old_is_left(file: RootFile, keys: Path) -> None:
    file.replace(ring(NEW), NEW)
    assert file.read() == NEW
    assert opened_by(keys) == [NEW]
    assert {file.path.name, "ring.slots"} == names(file, keys)
    everything = b"".join(
        (folder / name).read_bytes()
        for folder in (keys, file.path.parent)
        for name in names(file, keys)
        if (folder / name).is_file()
    )
    assert base64.b64encode(OLD) not in everything
    assert not any(wrapped(OLD, slot) in everything for slot in range(4))
    assert stat.S_IMODE((keys / "ring.slots").stat().st_mode) == 0o600


def test_a_ring_without_keys_is_no_obstacle(file: RootFile, keys: Path) -> None:
    file.replace({}, NEW)
    assert file.read() == NEW
    assert SlotFiles(keys).used(RING) == []


STEPS = ("open", "fsync", "replace", "unlink")
"""Everything that changes the disk goes through these."""


class Killed(BaseException):
    """Stands for the end of the process: nobody catches it."""


def stopping(monkeypatch: pytest.MonkeyPatch, at: int, how: Callable[[], BaseException]) -> list[int]:
    """Let everything that changes the disk fail from the `at`-th step on; the list counts the steps."""
    steps: list[int] = []

    def stopped(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **others: object) -> object:
            steps.append(1)
            if len(steps) > at:
                raise how()
            return real(*args, **others)

        return call

    for name in STEPS:
        monkeypatch.setattr(os, name, stopped(getattr(os, name)))
    return steps


def lost() -> OSError:
    return OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize("how", [Killed, lost])
def test_wherever_a_change_stops_there_is_a_root_that_opens_the_ring(
    file: RootFile, keys: Path, how: Callable[[], BaseException]
) -> None:
    """Each turn stops one step later, is found by another process, and is repeated by it to the end."""
    seen: list[bytes] = []
    old, new = OLD, NEW
    for at in range(100):
        with pytest.MonkeyPatch.context() as patch:
            steps = stopping(patch, at, how)
            with suppress(Killed, StoreError):
                file.replace(ring(new), new)
        found = RootFile(keys, file.path).read()
        assert found in {old, new}
        assert opened_by(keys) == [found]
        assert {file.path.name, "ring.slots"} == names(file, keys)
        seen.append(found)
        if len(steps) <= at:
            break
        if found == new:
            old, new = new, old
    assert len(seen) > 15
    assert seen[0] == OLD
    assert new == seen[-1]
    assert len(set(seen)) == 2


def test_wherever_finishing_stops_the_next_one_finishes(file: RootFile, keys: Path) -> None:
    """The new root is in place and its ring is not: killed there, and again while that is mended."""
    old, new = OLD, NEW
    for at in range(20):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(file, "_finish", lambda: None)
            file.replace(ring(new), new)
        assert [old] == opened_by(keys)
        with pytest.MonkeyPatch.context() as patch:
            steps = stopping(patch, at, Killed)
            with suppress(Killed):
                RootFile(keys, file.path).read()
        assert new == RootFile(keys, file.path).read()
        assert [new] == opened_by(keys)
        if len(steps) <= at:
            break
        old, new = new, old
    assert at > 1


def test_the_first_root_is_there_whole_or_not_at_all(keys: Path) -> None:
    for at in range(20):
        with pytest.MonkeyPatch.context() as patch:
            steps = stopping(patch, at, Killed)
            with suppress(Killed):
                RootFile(keys, None).read()
        first = RootFile(keys, None).read()
        assert first == RootFile(keys, None).read()
        assert {path.name for path in keys.iterdir()} == {"root.key"}
        if len(steps) <= at:
            break
        (keys / "root.key").unlink()
    assert at > 3


def test_a_draft_for_a_root_that_never_came_is_taken_away(file: RootFile, keys: Path) -> None:
    for name in ("ring.0123456789abcdef.new", "ring.0123456789abcdef.new.part", f"{file.path.name}.new.part"):
        (keys / name if name.startswith(RING) else file.path.with_name(name)).write_bytes(b"x" * SLOT)
    assert file.read() == OLD
    assert {file.path.name, "ring.slots"} == names(file, keys)
    assert opened_by(keys) == [OLD]


def test_drafts_are_kept_while_the_root_is_missing(file: RootFile, keys: Path) -> None:
    """Whoever puts back the new root needs the ring that was drafted for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file, "_finish", lambda: None)
        file.replace(ring(NEW), NEW)
    file.path.unlink()
    with pytest.raises(StoreError, match="missing"):
        file.read()
    write_root(file.path, NEW)
    assert file.read() == NEW
    assert opened_by(keys) == [NEW]


def test_what_a_file_held_is_overwritten_once_another_has_its_name(tmp_path: Path) -> None:
    old, link, new = tmp_path / "root.key", tmp_path / "the-old-inode", tmp_path / "new"
    old.write_bytes(b"the old root key")
    link.hardlink_to(old)
    new.write_bytes(b"the new root key")

    with wiped(old):
        new.replace(old)

    assert old.read_bytes() == b"the new root key"
    assert link.read_bytes() == bytes(16)


def test_what_was_not_replaced_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "root.key"
    file.write_bytes(b"the root key")
    with pytest.raises(OSError, match="no room"), wiped(file):
        raise OSError("no room")
    with wiped(file):
        pass

    assert file.read_bytes() == b"the root key"
