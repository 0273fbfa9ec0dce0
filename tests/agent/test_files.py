"""Files that anybody may have made."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from carnet.agent.files import read


def test_a_file_gives_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")

    assert read(tmp_path / "a").raw == b"x"


def test_no_file_is_no_fault(tmp_path: Path) -> None:
    assert read(tmp_path / "none") == read(tmp_path / "none" / "below")
    assert read(tmp_path / "none").why == ""


def test_below_a_file_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")

    assert read(tmp_path / "a" / "b").raw is None
    assert read(tmp_path / "a" / "b").why == ""


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert read(tmp_path / "pipe").why == "is a named pipe"


def test_folders_sockets_and_devices_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))

    assert read(tmp_path / "folder").why == "is a directory"
    assert read(tmp_path / "s").why == "is a socket"
    assert read(Path("/dev/zero")).why == "is a device"


def test_links_are_followed_until_they_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "good").symlink_to("a")
    (tmp_path / "loose").symlink_to("none")
    (tmp_path / "loop").symlink_to("loop")

    assert read(tmp_path / "good").raw == b"x"
    assert read(tmp_path / "loose").why == "is a link that leads nowhere"
    assert read(tmp_path / "loop").why == "is a link that leads to itself"


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1_000_000_000)

    assert read(tmp_path / "huge").why == "has 1,000,000,000 bytes; more than 1,000,000 are not read"


def test_a_file_that_grows_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 20)
    small = os.stat_result((0o100644, 0, 0, 1, 0, 0, 5, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda _self, **_: small)

    assert read(path, largest=10).why == "has more than 10 bytes"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "a").chmod(0)

    assert "permission denied" in read(tmp_path / "a").why


def test_a_refusal_of_the_system_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"x")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)

    assert read(tmp_path / "a").why == "may not be read (permission denied)"


def test_a_name_that_is_none_is_no_traceback() -> None:
    assert "cannot be read" in read(Path("a\0b")).why
