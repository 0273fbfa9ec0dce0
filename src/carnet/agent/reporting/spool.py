"""Parcels that wait on the disk, each sealed in a file of its own: bounded in bytes and days, never in the clear.

Several processes of one program share the folder. The key lies beside the parcels, in a file that only its owner reads:
it keeps them from backups that leave it out and from a glance, not from the owner.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from carnet.agent.alone import alone
from carnet.agent.reporting.nouns import Parcel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE, KEY = 12, 32
SUFFIX, PART, KEY_FILE, LOCK_FILE = ".sealed", ".part", "spool.key", "spool.lock"
DAY = 86_400
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


class Spool:
    """A folder of sealed parcels, the oldest first by name. It is made when the first parcel comes, not before."""

    def __init__(self, folder: Path, to: str, most_bytes: int, days: int) -> None:
        self.folder = folder
        self._to = sha256(to.encode()).hexdigest()[:8]
        """Whose parcels these are: what was meant for one collector goes to no other."""
        self._most, self._days = most_bytes, days
        self._key: AESGCM | None = None

    def add(self, parcel: Parcel, nanoseconds: int) -> bool:
        """Keep a parcel; the oldest make room. False where the disk or the key does not let it."""
        try:
            sealed, name = self._sealed(parcel, nanoseconds)
            if len(sealed) > self._most or not self._make_room(len(sealed)):
                return False
            _write(self.folder, name, sealed)
        except (OSError, ValueError):
            return False
        return True

    def names(self) -> list[str]:
        """What waits for this collector, oldest first."""
        return [name for name in self._all() if _part(name, 2) == self._to]

    def _all(self) -> list[str]:
        try:
            return sorted(path.name for path in self.folder.iterdir() if path.name.endswith(SUFFIX))
        except OSError:
            return []

    def read(self, name: str) -> Parcel | None:
        """A parcel; None where it is gone, damaged or was sealed with another key."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - only who spools needs it

        try:
            raw = (self.folder / name).read_bytes()
            plain = self._sealer().decrypt(raw[:NONCE], raw[NONCE:], name.encode())
            head, _, body = plain.partition(b"\n")
            told = json.loads(head)
            return Parcel(told["flow"], told["path"], told["kind"], body)
        except (OSError, InvalidTag, ValueError, KeyError, TypeError):
            return None

    def remove(self, name: str) -> bool:
        """Take a parcel away, whether it was sent or may not be. Whether it is gone."""
        try:
            (self.folder / name).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def discard(self, flows: Collection[str]) -> int:
        """Take away everything of these flows, unread, whomever it was meant for."""
        doomed = [name for name in self._all() if _part(name, 3) in flows]
        for name in doomed:
            self.remove(name)
        return len(doomed)

    def sweep(self, now: float) -> int:
        """Take away what has waited too long, and what a killed process had begun."""
        oldest = int((now - self._days * DAY) * 1e9)
        doomed = [name for name in self._all() if _since(name) < oldest]
        for name in doomed:
            self.remove(name)
        for name in self._torn(now - DAY):
            self.remove(name)
        return len(doomed)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no other process empties the folder at the moment; it stays so meanwhile.

        Where there are no locks two may send the same, and the collector takes it once.
        """
        try:
            handle = os.open(self.folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield False
            return
        try:
            yield alone(handle)
        finally:
            os.close(handle)

    def _sealed(self, parcel: Parcel, nanoseconds: int) -> tuple[bytes, str]:
        name = f"{nanoseconds:020}-{secrets.token_hex(4)}-{self._to}-{parcel.flow}{SUFFIX}"
        head = json.dumps({"flow": parcel.flow, "path": parcel.path, "kind": parcel.kind}).encode()
        nonce = os.urandom(NONCE)
        return nonce + self._sealer().encrypt(nonce, head + b"\n" + parcel.body, name.encode()), name

    def _make_room(self, size: int) -> bool:
        sizes = [(name, _size(self.folder / name)) for name in self._all()]
        over = sum(length for _, length in sizes) + size - self._most
        for name, length in sizes:
            if over <= 0:
                break
            self.remove(name)
            over -= length
        return over <= 0

    def _sealer(self) -> AESGCM:
        if self._key is None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - only who spools needs it

            self._key = AESGCM(key_of(self.folder))
        return self._key

    def _torn(self, before: float) -> list[str]:
        try:
            with os.scandir(self.folder) as entries:
                return [one.name for one in entries if one.name.endswith(PART) and one.stat().st_mtime < before]
        except OSError:
            return []


def _part(name: str, number: int) -> str:
    """Of a sealed file's name: instant, chance, collector, flow."""
    parts = name.removesuffix(SUFFIX).split("-", 3)
    return parts[number] if len(parts) == 4 else ""


def _since(name: str) -> int:
    stamp = _part(name, 0)
    return int(stamp) if stamp.isdecimal() else 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def key_of(folder: Path) -> bytes:
    """The folder's key, made when there is none. Raises ValueError for a file that others could have read."""
    private(folder)
    path = folder / KEY_FILE
    if not path.exists():
        _offer(path, secrets.token_bytes(KEY))
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if os.name == "posix" and (found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077):
            raise ValueError("the key's file can be read by others")
        return file.read(KEY + 1)


def _offer(path: Path, key: bytes) -> None:
    """Whole or not at all; of two processes the first one's key stays."""
    draft = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}{PART}")
    try:
        _fill(draft, key)
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)


def private(folder: Path) -> None:
    """A folder for its owner alone. Raises ValueError where somebody else owns it or may write in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if os.name == "posix" and (
        found.st_uid != os.geteuid() or found.st_mode & 0o022 or not stat.S_ISDIR(found.st_mode)
    ):
        raise ValueError("its folder is not its owner's alone")


def _write(folder: Path, name: str, data: bytes) -> None:
    draft = folder / f"{name}{PART}"
    try:
        _fill(draft, data)
        draft.replace(folder / name)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _fill(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, _NEW, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
