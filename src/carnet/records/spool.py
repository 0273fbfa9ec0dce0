"""What waits for the store while it is away: drafts in sealed files of their own, bounded in bytes.

The key lies in the ring like the others, and was read while the store was there: nothing is ever written in the clear.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

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
_SUFFIX = ".sealed"
_LARGEST = 1 << 30


class Spool:
    """A folder of sealed batches, the oldest first by name."""

    def __init__(self, folder: Path, key: bytes, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._key = AESGCM(key)
        self._most = most_bytes
        self._last = 0
        self.size = sum(path.stat().st_size for path in self._files())

    def add(self, drafts: Sequence[Draft], nanoseconds: int) -> bool:
        """Write a batch, durable when this returns; False where there is no room for it."""
        packed = zstandard.ZstdCompressor(level=1).compress(msgspec.msgpack.encode(drafts))
        if self.size + len(packed) + NONCE + 16 > self._most:
            return False
        self._last = max(nanoseconds, self._last + 1)
        name = f"{self._last:020}-{secrets.token_hex(4)}{_SUFFIX}"
        nonce = os.urandom(NONCE)
        sealed = nonce + self._key.encrypt(nonce, packed, name.encode())
        try:
            _write(self._folder, name, sealed)
        except OSError as error:
            raise StoreError(f"{self._folder}: the spool cannot be written: {error.strerror}") from error
        self.size += len(sealed)
        return True

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

    def remove(self, name: str) -> None:
        path = self._folder / name
        self.size -= path.stat().st_size
        path.unlink()
        _sync(self._folder)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_SUFFIX}")) if self._folder.is_dir() else []


def _write(folder: Path, name: str, data: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f"{name}.part"
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
