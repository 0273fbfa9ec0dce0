"""Lines of a transcript, sealed one by one: each vouches for its session and its place in it."""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from carnet.errors import DamagedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
FIELD = "sealed"


class LineSeal:
    """The seal of one session's lines (AES-256-GCM)."""

    def __init__(self, key: bytes, session: str) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - only who seals needs it

        self._key: AESGCM = AESGCM(key)
        self._session = session

    def close(self, number: int, plain: bytes) -> bytes:
        """A line as it is written."""
        nonce = os.urandom(NONCE)
        sealed = nonce + self._key.encrypt(nonce, plain, self._about(number))
        return json.dumps({FIELD: b64encode(sealed).decode()}).encode()

    def open(self, number: int, line: bytes) -> bytes:
        """The plain line. Raises DamagedError where it was changed, moved, or sealed with another key."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415

        try:
            sealed = b64decode(json.loads(line)[FIELD], validate=True)
            return self._key.decrypt(sealed[:NONCE], sealed[NONCE:], self._about(number))
        except (InvalidTag, ValueError, KeyError, TypeError):
            raise DamagedError(f"line {number + 1} was changed, moved or sealed with another key") from None

    def _about(self, number: int) -> bytes:
        return f"{self._session}\n{number}".encode()


def is_sealed(line: bytes) -> bool:
    """Whether a line is a sealed one."""
    return line.startswith(b'{"' + FIELD.encode() + b'":')
