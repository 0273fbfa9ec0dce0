"""The token of scripts: made once, for its owner's eyes only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from carnet.errors import CarnetError, NotFoundError
from carnet.web.admin_token import NAME, ensure_token, read_token

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(data: Path) -> Path:
    data.mkdir()
    return data


def test_it_is_made_at_the_first_use_and_stays(folder: Path) -> None:
    before = os.umask(0)
    try:
        token = ensure_token(folder)
    finally:
        os.umask(before)

    assert len(token) == 43
    assert (folder / NAME).stat().st_mode & 0o7777 == 0o600
    assert [ensure_token(folder), read_token(folder)] == [token, token]
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_two_folders_have_two_tokens(folder: Path) -> None:
    folders = [folder / name for name in "ab"]
    for one in folders:
        one.mkdir()

    assert len({ensure_token(one) for one in folders}) == 2


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o666])
def test_a_file_that_others_can_use_is_refused_by_name(folder: Path, mode: int) -> None:
    ensure_token(folder)
    (folder / NAME).chmod(mode)

    for take in (read_token, ensure_token):
        with pytest.raises(CarnetError, match=rf"{NAME} can be used by others than its owner \(mode {mode:04o}\)"):
            take(folder)


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff" * 43, b"two words " * 5])
def test_a_file_that_holds_no_token_is_refused_and_not_written_over(folder: Path, content: bytes) -> None:
    path = folder / NAME
    path.touch(0o600)
    path.write_bytes(content)

    with pytest.raises(CarnetError, match="holds no token; delete it"):
        ensure_token(folder)
    assert path.read_bytes() == content


def test_a_pipe_in_its_place_is_refused_without_waiting(folder: Path) -> None:
    os.mkfifo(folder / NAME, 0o600)

    with pytest.raises(CarnetError, match="is no plain file"):
        read_token(folder)


def test_reading_makes_none(folder: Path) -> None:
    with pytest.raises(NotFoundError, match="`carnet serve` makes it"):
        read_token(folder)
    assert list(folder.iterdir()) == []
