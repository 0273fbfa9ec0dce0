"""What is particular to objects in files; what all stores of objects do is in test_objects_contract.py."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from carnet.errors import NotFoundError, StoreError
from carnet.stores.embedded.objects import LocalObjects
from tests.stores.embedded.limits import no_file_beyond

PUTTING = """
import os, sys
from pathlib import Path
from carnet.stores.embedded.objects import LocalObjects
objects = LocalObjects(Path(sys.argv[1]))
while True:
    objects.put("bodies/a/1", bytes(8_000_000))
    print("put", flush=True)
"""


@pytest.fixture
def objects(data: Path) -> LocalObjects:
    return LocalObjects(data / "objects")


def left(data: Path) -> list[str]:
    """Everything below the folder of objects, folders included."""
    return sorted(path.relative_to(data / "objects").as_posix() for path in (data / "objects").rglob("*"))


def test_looking_makes_no_folder(objects: LocalObjects, data: Path) -> None:
    assert list(objects.names()) == []
    objects.delete(["bodies/a/1"])
    assert not data.exists()


def test_the_folder_is_nobody_elses_business(objects: LocalObjects, data: Path) -> None:
    objects.put("bodies/a/1", b"words")
    assert (data / "objects").stat().st_mode & 0o777 == 0o700


def test_where_there_is_no_room_nothing_is_there_and_what_was_there_stays(objects: LocalObjects, data: Path) -> None:
    objects.put("log/checkpoint", b"old")
    for name in ("log/checkpoint", "bodies/a/1"):
        with (
            no_file_beyond(10_000),
            pytest.raises(StoreError, match=f"{name}: the object cannot be written: .*too large"),
        ):
            objects.put(name, bytes(20_000))
    assert objects.get("log/checkpoint") == b"old"
    assert left(data) == ["log", "log/checkpoint"]


def test_what_is_not_on_the_disk_is_not_acknowledged(objects: LocalObjects, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", lost)
    with pytest.raises(StoreError, match="bodies/a/1: the object cannot be written: Input/output error"):
        objects.put("bodies/a/1", b"words")


def test_an_object_and_its_names_are_made_durable(
    objects: LocalObjects, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
    )
    objects.put("bodies/a/1", b"words")
    top = (data / "objects").resolve()
    assert {str(top / name) for name in ("bodies/a/1", "bodies/a", "bodies")} | {str(top)} == set(synced)


def test_what_a_killed_process_left_half_written_has_a_name_and_can_be_removed(
    objects: LocalObjects, data: Path
) -> None:
    """Nobody would find the sealed bytes again, and their folder would stay for ever."""
    objects.put("bodies/a/1", b"words")
    (data / "objects" / "bodies" / "a" / "2#1").write_bytes(b"half of an obj")
    assert sorted(objects.names("bodies")) == ["bodies/a/1", "bodies/a/2#1"]
    objects.delete(["bodies/a/1", "bodies/a/2#1"])
    assert left(data) == []


def test_whatever_a_killed_process_left_is_listed(objects: LocalObjects, data: Path) -> None:
    putting = subprocess.Popen(
        [sys.executable, "-c", PUTTING, str(data / "objects")], stdout=subprocess.PIPE, text=True
    )
    with putting:
        assert putting.stdout is not None
        for _ in range(3):
            assert putting.stdout.readline() == "put\n"
        putting.send_signal(signal.SIGKILL)
    assert objects.get("bodies/a/1") == bytes(8_000_000)
    assert [name for name in left(data) if (data / "objects" / name).is_file()] == sorted(objects.names())
    objects.delete(list(objects.names()))
    assert left(data) == []


def test_the_last_object_takes_its_empty_folders_with_it_and_no_others(objects: LocalObjects, data: Path) -> None:
    for name in ("bodies/a/1", "bodies/a/2", "bodies/b/1"):
        objects.put(name, b"words")
    objects.delete(["bodies/a/1"])
    assert left(data) == ["bodies", "bodies/a", "bodies/a/2", "bodies/b", "bodies/b/1"]
    objects.delete(["bodies/a/2"])
    assert left(data) == ["bodies", "bodies/b", "bodies/b/1"]
    objects.delete(["bodies/b/1"])
    assert left(data) == []
    assert (data / "objects").is_dir()


@pytest.mark.parametrize(
    "name",
    ["../records/catalogue.db", "bodies/../../x", "/etc/hostname", "bodies//1", "", ".", "bodies/.", "bodies/..#1"],
)
def test_a_name_that_leads_elsewhere_is_refused(objects: LocalObjects, data: Path, name: str) -> None:
    """Names of objects stand in rows, and rows may be damaged."""
    (data / "records").mkdir(parents=True)
    (data / "records" / "catalogue.db").write_bytes(b"rows")
    for step in (lambda: objects.put(name, b"words"), lambda: objects.get(name), lambda: objects.delete([name])):
        with pytest.raises(StoreError, match="is not the name of an object"):
            step()
    assert [path.name for path in sorted(data.rglob("*"))] == ["records", "catalogue.db"]


@pytest.mark.parametrize("name", ["bodies/a b", "bodies/naïve", "bodies/nul\0", "bodies/#1", "bodies/a*"])
def test_a_name_of_other_letters_is_refused(objects: LocalObjects, name: str) -> None:
    with pytest.raises(StoreError, match="is not the name of an object"):
        objects.put(name, b"words")


def test_what_cannot_be_read_or_removed_is_named(objects: LocalObjects, data: Path) -> None:
    objects.put("bodies/a/1", b"words")
    with pytest.raises(StoreError, match="bodies/a: the object cannot be removed: Is a directory"):
        objects.delete(["bodies/a"])
    with pytest.raises(NotFoundError, match="objects/bodies/a: there is no such object"):
        objects.get("bodies/a")
    assert left(data) == ["bodies", "bodies/a", "bodies/a/1"]


def test_a_folder_that_cannot_be_made_is_named(objects: LocalObjects, data: Path) -> None:
    data.write_bytes(b"a file in the place of the folder")
    with pytest.raises(StoreError, match="objects/bodies/a/1: the object cannot be written: Not a directory"):
        objects.put("bodies/a/1", b"words")
    with pytest.raises(StoreError, match="objects/bodies/a/1: the object cannot be read: Not a directory"):
        objects.get("bodies/a/1")
