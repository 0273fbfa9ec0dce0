"""Prints: what tells two equal texts from two different ones, and nothing else, to whoever has not this store's key."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

_LABEL = b"carnet intake prints"
DIGITS = 16
_BLOCK = 64
"""Bytes of a block of SHA-256."""


@dataclass(frozen=True, slots=True)
class Prints:
    """Prints under one key."""

    key: bytes = field(repr=False)
    _begun: tuple[hashlib._Hash, hashlib._Hash] = field(init=False, repr=False, compare=False)
    """HMAC's two hashes as they are after the key."""

    def __post_init__(self) -> None:
        if len(self.key) > _BLOCK:
            raise ValueError("a key of prints is no longer than a block of SHA-256")
        key = self.key.ljust(_BLOCK, b"\0")
        begun = tuple(hashlib.sha256(bytes(one ^ pad for one in key)) for pad in (0x36, 0x5C))
        object.__setattr__(self, "_begun", begun)

    @classmethod
    def under(cls, secret: bytes) -> Prints:
        """Under a key of their own, derived from a secret of the store."""
        return cls(hmac.digest(secret, _LABEL, "sha256"))

    def of(self, text: str) -> str:
        """Sixteen hexadecimal digits."""
        inner, outer = self._begun[0].copy(), self._begun[1].copy()
        inner.update(text.encode("utf-8", "replace"))
        outer.update(inner.digest())
        return outer.hexdigest()[:DIGITS]


def digest_of(body: bytes) -> bytes:
    """What tells one body from another."""
    return hashlib.blake2b(body, digest_size=32).digest()


def mark(*parts: str | bytes) -> bytes:
    """What a retry shares with what it repeats."""
    found = []
    for part in parts:
        data = part.encode("utf-8", "replace") if isinstance(part, str) else part
        found += [len(data).to_bytes(8, "big"), data]
    return hashlib.blake2b(b"".join(found), digest_size=16).digest()
