"""Whole lines or none: writers that are killed, that meet, and that run out of disk."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import carnet
from carnet.agent.keeping.lines import Lines, Sync, read
from carnet.errors import CarnetError, StoreError
from carnet.settings import child_environment

if TYPE_CHECKING:
    from collections.abc import Callable

WRITER = """
import json, sys
from pathlib import Path
from carnet.agent.keeping.lines import Lines
file, name, most = Lines(Path(sys.argv[1]), "close"), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
for at in range(most):
    file.append(lambda number: json.dumps([name, at, number, "x" * (at % 300)]).encode())
file.close()
"""


def writer(path: Path, name: str, most: int) -> subprocess.Popen[str]:
    env = child_environment({"PYTHONPATH": str(Path(carnet.__file__).parents[1])})
    command = [sys.executable, "-c", WRITER, str(path), name, str(most)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def lines(path: Path) -> list[bytes]:
    return read(path)[0]


def said(text: bytes) -> Callable[[int], bytes]:
    return lambda _: text


def test_lines_are_added_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.jsonl"
    file = Lines(path)
    file.append(said(b"one"))
    file.append(lambda number: b"%d" % number)
    file.close()
    file.close()

    assert path.read_bytes() == b"one\n1\n"
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)


def test_a_looser_mode_is_tightened(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\n")
    path.chmod(0o644)

    Lines(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_resumed_file_counts_on(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\n" * 30_000)
    file = Lines(path)
    file.append(lambda number: b"%d" % number)
    file.close()

    assert lines(path)[-1] == b"30000"


@pytest.mark.parametrize("end", [b"half", b"half" * 40_000, b"\xff\x00"])
def test_a_torn_end_is_set_aside_and_not_lost(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\ntwo\n" + end)

    file = Lines(path)
    file.append(said(b"three"))
    file.close()

    assert lines(path) == [b"one", b"two", b"three"]
    assert file.torn == tmp_path / "a.torn.jsonl"
    assert file.torn.read_bytes() == end + b"\n"
    assert stat.S_IMODE(file.torn.stat().st_mode) == 0o600


def test_a_writer_that_is_killed_leaves_whole_lines_and_another_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for round_ in range(3):
        process = writer(path, f"w{round_}", 10**9)
        while not path.exists() or path.stat().st_size < 20_000 * (round_ + 1):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    file = Lines(path)
    file.append(lambda number: json.dumps(["last", 0, number, ""]).encode())
    file.close()

    rows = [json.loads(line) for line in lines(path)]
    assert [row[2] for row in rows] == list(range(len(rows))), "no line is missing, none stands twice"
    for name in ("w0", "w1", "w2"):
        mine = [row[1] for row in rows if row[0] == name]
        assert mine == list(range(len(mine)))


def test_two_writers_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    both = [writer(path, name, 400) for name in ("a", "b")]
    for one in both:
        one.communicate()
        assert one.returncode == 0

    rows = [json.loads(line) for line in lines(path)]
    assert len(rows) == 800
    assert [row[2] for row in rows] == list(range(800)), "each knows the number of its line"
    assert [row[1] for row in rows if row[0] == "a"] == list(range(400))


def test_a_full_disk_leaves_nothing_half_written_and_the_next_line_goes_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    file = Lines(path, "each")
    file.append(said(b"one"))
    write = os.write

    def little(handle: int, raw: bytes) -> int:
        if len(raw) < 5:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, raw[: len(raw) // 2])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", little)
        with pytest.raises(StoreError, match=r"a\.jsonl: cannot be written: No space left"):
            file.append(said(b"a line that does not fit"))
    assert path.read_bytes() == b"one\n"
    file.append(lambda number: b"%d" % number)
    file.close()

    assert path.read_bytes() == b"one\n1\n"


def test_a_limit_of_the_system_leaves_nothing_half_written(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    file = Lines(path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
        for _ in range(40):
            file.append(said(b"x" * 99))
        with pytest.raises(StoreError):
            file.append(said(b"x" * 99))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)

    assert path.stat().st_size == 4000
    file.append(said(b"again"))
    file.close()
    assert lines(path)[-1] == b"again"


def test_a_disk_that_fails_at_the_sync_takes_the_line_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Lines(tmp_path / "a.jsonl", "each")

    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(StoreError):
            file.append(said(b"one"))
        assert file.path.read_bytes() == b""
        with pytest.raises(StoreError):
            file.close()


@pytest.mark.parametrize(("sync", "times"), [("each", 3), ("second", 1), ("close", 0)])
def test_how_often_the_disk_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sync: Sync, times: int
) -> None:
    clock = [0.0]
    file = Lines(tmp_path / "a.jsonl", sync, lambda: clock[0])
    synced: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", synced.append)
        for at in (0.1, 0.2, 1.0):
            clock[0] = at
            file.append(said(b"x"))
    file.close()

    assert len(synced) == times


def test_a_file_that_was_swept_away_meanwhile_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    file = Lines(path)
    file.append(said(b"one"))
    path.unlink()

    file.append(lambda number: b"%d" % number)
    file.close()

    assert path.read_bytes() == b"0\n"


def test_a_link_is_not_followed_and_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    (tmp_path / "a.jsonl").symlink_to(tmp_path / "other")
    (tmp_path / "b.jsonl").mkdir()
    os.mkfifo(tmp_path / "c.jsonl")

    for name in "abc":
        with pytest.raises(StoreError, match=rf"{name}\.jsonl"):
            Lines(tmp_path / f"{name}.jsonl")


def test_what_is_no_line_and_what_is_no_policy(tmp_path: Path) -> None:
    file = Lines(tmp_path / "a.jsonl")
    with pytest.raises(CarnetError, match="must not hold a line feed"):
        file.append(said(b"a\nb"))
    file.close()
    with pytest.raises(CarnetError, match="is closed"):
        file.append(said(b"a"))
    with pytest.raises(CarnetError, match="there are: each, second, close"):
        Lines(tmp_path / "b.jsonl", "never")  # type: ignore[arg-type]  # wrong on purpose


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        read(tmp_path / "a.jsonl")
