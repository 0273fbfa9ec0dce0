"""Writing a changed settings file: backed up, atomic, and not through a link that leads out of the home."""

from __future__ import annotations

import contextlib
import difflib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.agent.files import read
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

MARK = "\ufeff"
PRIVATE = 0o600
EMPTY = "{}\n"


@dataclass(frozen=True, slots=True)
class Target:
    """A settings file as it was found."""

    path: Path
    """The file itself, behind any link."""
    raw: bytes | None
    """Its bytes; None where there is none yet."""

    @property
    def text(self) -> str:
        """What it says, without the mark some editors begin a file with; an empty object where it says nothing."""
        told = (self.raw or b"").decode("utf-8").removeprefix(MARK)
        return told if told.strip() else EMPTY

    def encoded(self, text: str) -> bytes:
        mark = MARK if (self.raw or b"").decode("utf-8").startswith(MARK) else ""
        return (mark + text).encode()


def find_target(file: Path, home: Path, follow: frozenset[Path] = frozenset()) -> Target:
    """The file to change. Raises CarnetError where it cannot be read, is no text, or a link leads out of the home.

    `follow` are links that the user said may be followed wherever they lead.
    """
    path = Path(os.path.realpath(file))
    if file.is_symlink() and file not in follow and not path.is_relative_to(Path(os.path.realpath(home))):
        raise CarnetError(
            f"{file}: is a symbolic link to {path}, outside of {home}; "
            "give --follow to change the file it leads to. Nothing was changed"
        )
    content = read(path)
    if content.raw is None and content.why:
        raise CarnetError(f"{file}: {content.why}. Nothing was changed")
    try:
        (content.raw or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise CarnetError(f"{file}: holds bytes that are no UTF-8 ({error.reason}). Nothing was changed") from error
    return Target(path, content.raw)


def patch(target: Target, text: str) -> str:
    """A unified diff from the file as it is."""
    old = _lines(target.text) if (target.raw or b"").strip() else []
    name = str(target.path)
    return "".join(_ended(difflib.unified_diff(old, _lines(text), name, name)))


def _lines(text: str) -> list[str]:
    """Lines as `patch` counts them: only a line feed ends one."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def write(target: Target, text: str, now: datetime) -> Path | None:
    """Put the text in the file's place; the backup's path. The file is the old one or the new one at every instant."""
    folder = target.path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        backup = _backup(target, now)
        try:
            _replace(target, target.encoded(text))
        except BaseException:
            if backup is not None:
                backup.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CarnetError(f"{target.path}: {error.strerror or error}. The file is as it was") from error
    return backup


def _backup(target: Target, now: datetime) -> Path | None:
    if target.raw is None:
        return None
    mode = stat.S_IMODE(target.path.stat().st_mode)
    path = target.path.with_name(f"{target.path.name}.carnet-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}")
    try:
        _create(path, target.raw, mode, target.path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _create(path: Path, raw: bytes, mode: int, like: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        if like.exists():
            owner = like.stat()
            if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)


def _replace(target: Target, raw: bytes) -> None:
    mode = stat.S_IMODE(target.path.stat().st_mode) if target.raw is not None else PRIVATE
    temporary = target.path.with_name(f".{target.path.name}.carnet-{secrets.token_hex(6)}")
    try:
        _create(temporary, raw, mode, target.path)
        _still(target)
        temporary.replace(target.path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _settle(target.path.parent)


def _still(target: Target) -> None:
    if read(target.path).raw != target.raw:
        raise CarnetError(f"{target.path}: was changed by somebody else meanwhile; run it again")


def _settle(folder: Path) -> None:
    """The new name reaches the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
