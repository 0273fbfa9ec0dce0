"""A settings file is the old one or the new one, whatever happens."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from carnet.agent.fix_files import Target, find_target, patch, write
from carnet.errors import CarnetError

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
OLD, NEW = '{"a": 1}\n', '{"a": 2}\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "agent" / "settings.json"
    path.parent.mkdir()
    path.write_text(OLD)
    path.chmod(0o640)
    return path


def _target(file: Path) -> Target:
    return find_target(file, file.parent)


def test_the_file_is_replaced_with_its_mode_and_a_backup_with_its_mode(file: Path) -> None:
    backup = write(_target(file), NEW, NOW)

    assert backup is not None
    assert (file.read_text(), backup.read_text()) == (NEW, OLD)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, backup)] == [0o640, 0o640]
    assert backup.name.startswith("settings.json.carnet-20260822T120000Z-")
    assert len(list(file.parent.iterdir())) == 2


def test_a_file_that_is_not_there_is_made_private_without_a_backup(tmp_path: Path) -> None:
    file = tmp_path / "agent" / "settings.json"

    assert write(_target(file), NEW, NOW) is None
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("step", ["fsync", "open", "fchmod"])
def test_a_full_disk_leaves_the_original_and_nothing_else(
    file: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    target = _target(file)
    with monkeypatch.context() as broken:

        def full(*_args: object, **_named: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        broken.setattr(os, step, full)
        with pytest.raises(CarnetError, match=r"No space left on device\. The file is as it was"):
            write(target, NEW, NOW)

    assert file.read_text() == OLD
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("step", ["fsync", "replace", "fchmod"])
@pytest.mark.parametrize("times", [0, 1])
def test_killed_at_any_step_the_file_is_the_old_or_the_new(file: Path, step: str, times: int) -> None:
    target = _target(file)
    child = os.fork()
    if child == 0:  # pragma: no cover - ends by the signal
        owner = Path if step == "replace" else os
        real, left = getattr(owner, step), [times if step != "replace" else 0]

        def kill(*args: object) -> object:
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return real(*args)

        setattr(owner, step, kill)
        write(target, NEW, NOW)
        os._exit(0)
    _, status = os.waitpid(child, 0)

    assert os.WTERMSIG(status) == signal.SIGKILL
    assert file.read_text() in {OLD, NEW}
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_file_that_changed_meanwhile_is_left_to_whoever_changed_it(file: Path) -> None:
    target = _target(file)
    file.write_text('{"a": 3}\n')

    with pytest.raises(CarnetError, match="changed by somebody else"):
        write(target, NEW, NOW)

    assert file.read_text() == '{"a": 3}\n'
    assert list(file.parent.iterdir()) == [file]


def test_a_link_within_the_home_is_followed_and_stays_a_link(file: Path) -> None:
    link = file.parent.parent / "linked.json"
    link.symlink_to(file)

    write(find_target(link, file.parent.parent), NEW, NOW)

    assert link.is_symlink()
    assert file.read_text() == NEW


def test_a_link_out_of_the_home_is_refused_unless_told(file: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    link = home / "settings.json"
    link.symlink_to(file)

    with pytest.raises(CarnetError, match="--follow"):
        find_target(link, home)
    assert find_target(link, home, frozenset({link})).path == file


@pytest.mark.parametrize("raw", [b"\xff\xfe{\x00}\x00", b'{"a": "\xe9"}'])
def test_bytes_that_are_no_text_are_refused(file: Path, raw: bytes) -> None:
    file.write_bytes(raw)

    with pytest.raises(CarnetError, match="no UTF-8"):
        _target(file)


def test_a_directory_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "settings.json").mkdir()

    with pytest.raises(CarnetError, match="directory"):
        _target(tmp_path / "settings.json")


def test_the_mark_at_a_files_beginning_stays(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + OLD.encode())

    write(_target(file), NEW, NOW)

    assert file.read_bytes() == b"\xef\xbb\xbf" + NEW.encode()


@pytest.mark.parametrize("old", [OLD, '{"a":\r\n1}\r\n', '{"a": 1}', "", '{"a": "\u2028"}\n'])
@pytest.mark.skipif(shutil.which("patch") is None, reason="the program patch is not installed")
@pytest.mark.parametrize("new", [NEW, '{"a": 2}'])
def test_the_patch_applies_with_patch(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "settings.json"
    file.write_bytes(old.encode())
    shown = patch(_target(file), new)

    subprocess.run(["patch", "--binary", "-s", str(file)], input=shown.encode(), check=True, cwd=tmp_path)

    assert file.read_bytes() == new.encode()
