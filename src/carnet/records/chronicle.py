"""What is written into the log: commitments to what was done, never whom it was about."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from carnet.records.log.note import Signer
from carnet.records.log.publish import publish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore

NAME = "log.name"
NOBODY = (0, 0)
"""The subject of entries whose opening names nobody."""


@dataclass(frozen=True, slots=True)
class Written:
    """An entry of the log, and what opens its commitment."""

    index: int
    entry: bytes
    salt: str


def commitment(salt: str, details: Mapping[str, object]) -> str:
    """SHA-256 over a salt and what was done: says nothing without the salt, and nothing else with it."""
    words = json.dumps(dict(details), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{salt}\n{words}".encode()).hexdigest()


def entry_of(event: str, at: datetime, committed: str) -> bytes:
    """An entry as the log holds it."""
    words = {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "commitment": committed, "event": event, "v": 1}
    return json.dumps(words, sort_keys=True, separators=(",", ":")).encode()


def write(
    store: RecordStore,
    event: str,
    at: datetime,
    details: Mapping[str, object],
    subject: tuple[int, int] = NOBODY,
    told: Mapping[str, object] | None = None,
    salt: str = "",
) -> Written:
    """Append an entry. Its opening is kept until its subject is erased; `told` keeps only that, and no salt."""
    salt = salt or secrets.token_hex(16)
    entry = entry_of(event, at, commitment(salt, details))
    opening = {"event": event, "at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    kept = opening | dict(told) if told is not None else opening | {"salt": salt, "details": dict(details)}
    return Written(store.catalogue.add_entry(entry, kept, subject), entry, salt)


def signer(store: RecordStore, keyring: Keyring) -> Signer:
    """The log's name and key, made at the first use."""
    with store.lock():
        name = store.catalogue.fact(NAME)
        if name is None:
            name = f"carnet.log/{secrets.token_hex(8)}"
            store.catalogue.set_fact(NAME, name)
        return Signer(name, Ed25519PrivateKey.from_private_bytes(keyring.log_key()))


def publish_log(store: RecordStore, keyring: Keyring) -> Signer:
    """Publish what the log has, and sign it."""
    with store.lock():
        ours = signer(store, keyring)
        publish(store.objects, store.catalogue.entries, store.catalogue.size(), ours)
        return ours
