"""Keys wrapped by keys: AES-256-GCM, 64 bytes each: epoch, nonce, wrapped key and tag."""

from __future__ import annotations

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES, NONCE_BYTES = 32, 12


def wrap(by: bytes, key: bytes, what: str, epoch: int, nonce: bytes) -> bytes:
    """A key as 64 bytes. `what` says which key it is: it opens as no other."""
    head = struct.pack(">I", epoch)
    return head + nonce + AESGCM(by).encrypt(nonce, key, head + what.encode())


def unwrap(by: bytes, wrapped: bytes, what: str) -> bytes | None:
    """The key, or None where this is not that key wrapped by this one."""
    try:
        return AESGCM(by).decrypt(wrapped[4:16], wrapped[16:], wrapped[:4] + what.encode())
    except InvalidTag:
        return None


def epoch_of(wrapped: bytes) -> int:
    return int(struct.unpack(">I", wrapped[:4])[0])


def combined(organisation: bytes, partition: bytes) -> bytes:
    """The key that wraps an organisation's session keys in one partition: without either of the two there is none."""
    return HKDF(SHA256(), KEY_BYTES, salt=partition, info=b"carnet session keys 1").derive(organisation)
