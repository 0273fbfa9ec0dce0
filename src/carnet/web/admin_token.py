"""The token that scripts show instead of signing in: one file in the data folder, for its owner alone."""

from __future__ import annotations

import os
import re
import secrets
import stat
import tempfile
from typing import TYPE_CHECKING

from carnet.errors import CarnetError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "admin.token"
LONGEST = 1000


def ensure_token(data: Path) -> str:
    """The token of this data folder, made at the first use."""
    try:
        return read_token(data)
    except NotFoundError:
        _write(data / NAME, secrets.token_urlsafe(32))
        return read_token(data)


def read_token(data: Path) -> str:
    """The token. Raises NotFoundError where there is none, CarnetError where others than its owner may read it."""
    path = data / NAME
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe in its place is not waited for
    except FileNotFoundError:
        raise NotFoundError(f"{path}: no such file; `carnet serve` makes it at its first start") from None
    with os.fdopen(number, "rb", buffering=0) as file:
        _check(path, os.fstat(number).st_mode)
        token = (file.read(LONGEST) or b"").decode("ascii", "replace").strip()
    if not re.fullmatch(r"[!-~]{32,}", token):
        raise CarnetError(f"{path} holds no token; delete it, and the next `carnet serve` makes a new one")
    return token


def _check(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise CarnetError(f"{path} is no plain file; take it away, and the next `carnet serve` makes a new one")
    if mode & 0o077:
        raise CarnetError(
            f"{path} can be used by others than its owner (mode {stat.S_IMODE(mode):04o}), so the token in it may be "
            "known. Delete it, and the next `carnet serve` makes a new one; if nobody saw it: chmod 600"
        )


def _write(path: Path, token: str) -> None:
    """Put the file there whole or not at all."""
    number, draft = tempfile.mkstemp(prefix=f"{NAME}-", dir=path.parent)  # mode 0600
    with os.fdopen(number, "w", encoding="ascii") as file:
        file.write(f"{token}\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)  # noqa: PTH105 - both are names in one folder
