"""Prints: what tells two equal texts from two different ones, and nothing else, to whoever has not this store's key."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

_LABEL = b"carnet intake prints"
DIGITS = 16


@dataclass(frozen=True, slots=True)
class Prints:
    """Prints under one key."""

    key: bytes = field(repr=False)

    @classmethod
    def under(cls, secret: bytes) -> Prints:
        """Under a key of their own, derived from a secret of the store."""
        return cls(hmac.digest(secret, _LABEL, "sha256"))

    def of(self, text: str) -> str:
        """Sixteen hexadecimal digits."""
        return hmac.digest(self.key, text.encode("utf-8", "replace"), "sha256").hex()[:DIGITS]


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
