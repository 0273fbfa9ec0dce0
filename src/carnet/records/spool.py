"""What waits for the store while it is away: drafts in sealed files of their own, bounded in bytes.

The key lies in the ring like the others, and was read while the store was there: nothing is ever written in the clear.
Several processes share a folder. Whoever takes batches out of it holds the store's lock (see draining.py).
"""

from __future__ import annotations

import os
import secrets
import time
from typing import TYPE_CHECKING, BinaryIO

import msgspec
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from carnet.errors import DamagedError, StoreError
from carnet.model.record import Draft

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NONCE = 12
MOST_BYTES = 1 << 30
REST = 30.0
"""Seconds before a batch is tried again whose records are bound for a damaged file."""
_SUFFIX, _PART = ".sealed", ".part"
_LARGEST = 1 << 30
_LOOK_SHARE = 20
"""Looking at what others wrote takes this share of the time at most: one in so many."""


class Spool:
    """A folder of sealed batches, the oldest first by name."""

    def __init__(self, folder: Path, key: bytes, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._key = AESGCM(key)
        self._most = most_bytes
        self._last = 0
        self._look_at = 0.0
        self._resting: dict[str, float] = {}
        self.size = 0
        """Bytes that wait, as this process knows them; `refresh` looks again."""
        self.refresh()

    def refresh(self) -> int:
        """Count again what waits, others' batches included."""
        began = time.monotonic()
        self.size = sum(map(_size, self._files()))
        now = time.monotonic()
        self._look_at = now + _LOOK_SHARE * (now - began)
        return self.size

    def add(self, drafts: Sequence[Draft], nanoseconds: int) -> bool:
        """Write a batch, durable when this returns; False where there is no room for it.

        Processes that write at the same moment may exceed the bound by a batch each.
        """
        packed = _packed(drafts)
        if time.monotonic() >= self._look_at:
            self.refresh()
        if self.size + len(packed) + NONCE + 16 > self._most:
            return False
        self._last = max(nanoseconds, self._last + 1)
        name = f"{self._last:020}-{secrets.token_hex(4)}{_SUFFIX}"
        sealed = self._sealed(name, packed)
        try:
            _write(self._folder, name, sealed)
        except OSError as error:
            raise StoreError(f"{self._folder}: the spool cannot be written: {error.strerror}") from error
        self.size += len(sealed)
        return True

    def _sealed(self, name: str, packed: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._key.encrypt(nonce, packed, name.encode())

    def names(self) -> list[str]:
        """What waits, oldest first."""
        return [path.name for path in self._files()]

    def read(self, name: str) -> list[Draft]:
        """The drafts of a batch. Raises DamagedError where the seal does not vouch for them."""
        try:
            sealed = (self._folder / name).read_bytes()
            packed = self._key.decrypt(sealed[:NONCE], sealed[NONCE:], name.encode())
            plain = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_LARGEST)
            return msgspec.msgpack.decode(plain, type=list[Draft])
        except (InvalidTag, ValueError, zstandard.ZstdError, msgspec.DecodeError):
            raise DamagedError(
                f"{self._folder / name}: this batch of the spool is damaged; nothing of it is kept"
            ) from None

    def mark(self, name: str) -> str:
        """Of what a batch holds now: another once it was left with less."""
        with (self._folder / name).open("rb") as stream:
            return stream.read(NONCE).hex()

    def leave(self, name: str, drafts: Sequence[Draft]) -> None:
        """Leave a batch with these of its drafts alone, in one step."""
        path, before = self._folder / name, _size(self._folder / name)
        with path.open("r+b") as old:
            try:
                _write(self._folder, name, self._sealed(name, _packed(drafts)))
            except OSError as error:
                raise StoreError(f"{self._folder}: the spool cannot be written: {error.strerror}") from error
            _wipe(old)  # what it was lies on the disk still, and opens no more
        self.size += _size(path) - before

    def rest(self, name: str) -> None:
        """Let a batch lie for a while: trying it again at once would only fail again."""
        self._resting[name] = time.monotonic() + REST

    def rests(self, name: str) -> bool:
        return self._resting.get(name, 0.0) > time.monotonic()

    def remove(self, name: str) -> None:
        """Take a batch away for good: its nonce is overwritten in place, without which no key opens what is left."""
        path = self._folder / name
        self._resting.pop(name, None)
        self.size -= _size(path)
        _blot(path)
        path.unlink(missing_ok=True)
        _sync(self._folder)

    def sweep(self, before: float) -> int:
        """Take away what a process that was killed had begun to write, before an instant of the file system's."""
        torn = [path for path in self._folder.glob(f"*{_PART}") if _modified(path) < before]
        for path in torn:
            _blot(path)
            path.unlink(missing_ok=True)
        return len(torn)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_SUFFIX}")) if self._folder.is_dir() else []


def waits(folder: Path) -> bool:
    """Whether anything lies in a spool, whole or torn."""
    return folder.is_dir() and any(folder.iterdir())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # another process has just taken it out
        return 0


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _blot(path: Path) -> None:
    try:
        with path.open("r+b") as stream:
            _wipe(stream)
    except FileNotFoundError:
        return


def _wipe(stream: BinaryIO) -> None:
    stream.seek(0)
    stream.write(bytes(NONCE))
    stream.flush()
    os.fsync(stream.fileno())


def _packed(drafts: Sequence[Draft]) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(msgspec.msgpack.encode(drafts))


def _write(folder: Path, name: str, data: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f"{name}{_PART}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(folder / name)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    _sync(folder)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
