"""The file of prompts is always the old one or the new one, and private."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carnet.agent import transcripts_history as history
from carnet.agent.transcripts_history import Lines, Prompt, doomed_lines, purge_lines, read_prompt
from tests.agent.folders import DAY, STAMP, prompt, put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "history.jsonl"


def _old(one: Prompt) -> bool:
    return one.at is not None and one.at < STAMP - 30 * DAY


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _purge(path: Path) -> Lines:
    with _folder(path) as folder:
        return purge_lines(folder, NAME, _old)


def test_old_lines_go_and_the_others_stay_byte_for_byte(tmp_path: Path) -> None:
    kept = [prompt(1), "no json at all\n", '{"display": "of no known age"}\n', "\n", "[1]\n", prompt(29)[:-1]]
    file = put(tmp_path, NAME, 1, prompt(31) + kept[0] + prompt(90) + "".join(kept[1:]))

    gone = _purge(tmp_path)

    assert gone == Lines(2, len(prompt(31)) + len(prompt(90)))
    assert file.read_text() == "".join(kept)


def test_the_new_file_is_private_whatever_the_old_one_was(tmp_path: Path) -> None:
    file = put(tmp_path, NAME, 1, prompt(31) + prompt(1), mode=0o666)

    _purge(tmp_path)

    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_with_nothing_to_remove_is_not_rewritten(tmp_path: Path) -> None:
    file = put(tmp_path, NAME, 1, prompt(1))
    before = file.stat().st_ino

    assert _purge(tmp_path) == Lines()
    assert file.stat().st_ino == before


def test_counting_tells_what_a_purge_removes(tmp_path: Path) -> None:
    put(tmp_path, NAME, 1, prompt(31) + prompt(1) + prompt(50))

    with _folder(tmp_path) as folder:
        counted = doomed_lines(folder, NAME, _old)

    assert counted == _purge(tmp_path)


def test_a_line_too_long_to_read_is_kept_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "LONGEST", 512)
    long = prompt(90, text="x" * 2000)
    file = put(tmp_path, NAME, 1, prompt(31) + long + prompt(1))

    assert _purge(tmp_path).count == 1
    assert file.read_text() == long + prompt(1)


def test_what_is_appended_while_the_new_file_takes_its_name_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(tmp_path, NAME, 1, prompt(31) + prompt(1))
    real = os.rename

    def append_then_rename(*args: object, **named: object) -> None:
        with file.open("a") as agent:
            agent.write(prompt(0, text="late"))
        real(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "rename", append_then_rename)
    _purge(tmp_path)

    assert file.read_text() == prompt(1) + prompt(0, text="late")


def test_a_full_disk_leaves_the_original_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = prompt(31) + prompt(1)
    file = put(tmp_path, NAME, 1, text)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        _purge(tmp_path)

    assert file.read_text() == text
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [NAME]


@pytest.mark.parametrize("step", ["unlink", "fsync", "rename"])
def test_a_purge_killed_at_any_step_leaves_the_old_file_or_the_new(tmp_path: Path, step: str) -> None:
    old, new = prompt(31) + prompt(1), prompt(1)
    file = put(tmp_path, NAME, 1, old)
    child = os.fork()
    if child == 0:  # pragma: no cover - ends by the signal
        setattr(os, step, lambda *_args, **_named: os.kill(os.getpid(), signal.SIGKILL))
        _purge(tmp_path)
        os._exit(0)
    _, status = os.waitpid(child, 0)

    assert os.WTERMSIG(status) == signal.SIGKILL
    assert file.read_text() in {old, new}
    _purge(tmp_path)
    assert file.read_text() == new
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [NAME]


def test_two_purges_at_once_do_not_meet(tmp_path: Path) -> None:
    text = prompt(31) + prompt(1)
    file = put(tmp_path, NAME, 1, text)

    with file.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError):
            _purge(tmp_path)

    assert file.read_text() == text


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", "x.jsonl", 1, prompt(31))
    (tmp_path / NAME).symlink_to(outside)

    with pytest.raises(OSError, match=r".+"):
        _purge(tmp_path)

    assert outside.read_text() == prompt(31)


@pytest.mark.parametrize(
    "line", [b"[" * 100_000, b"\xff\xfe", b'{"timestamp": true}', b'{"timestamp": 1e300}', b"9" * 9]
)
def test_a_line_that_says_no_time_is_of_no_known_age(line: bytes) -> None:
    assert read_prompt(line).at is None


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.one_of(st.binary(max_size=30), st.integers(0, 80).map(lambda days: prompt(days).encode()[:-1]))))
def test_lines_kept_and_lines_gone_make_the_old_file(tmp_path: Path, lines: list[bytes]) -> None:
    text = b"\n".join(lines)
    file = put(tmp_path, NAME, 1, text)

    gone = _purge(tmp_path)

    kept = file.read_bytes()
    assert len(kept) + gone.bytes == len(text)
    whole = [line + b"\n" for line in text.split(b"\n")]
    assert kept == b"".join(line for line in whole if not _old(read_prompt(line)))[: len(kept)]
