"""Messages about deletions, signed as the Standard Webhooks specification has it: HMAC-SHA256 of id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from carnet.documents.instants import written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

KIND = "carnet.sessions.deleted"


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted."""

    body: bytes
    headers: tuple[tuple[str, str], ...]


def message(sessions: Sequence[str], secret: bytes, now: datetime) -> Message:
    """The same sessions have the same id, however often they are told."""
    id_ = "msg_" + hashlib.sha256("\n".join(sessions).encode()).hexdigest()[:32]
    body = msgspec.json.encode({"type": KIND, "timestamp": written(now), "data": {"sessions": list(sessions)}})
    time = str(int(now.timestamp()))
    signature = base64.b64encode(hmac.digest(secret, f"{id_}.{time}.".encode() + body, hashlib.sha256)).decode()
    headers = (
        ("Content-Type", "application/json"),
        ("webhook-id", id_),
        ("webhook-timestamp", time),
        ("webhook-signature", f"v1,{signature}"),
    )
    return Message(body, headers)
