"""Whom to tell what is erased: sinks that were sent some of it know a session by its pseudonym, and by nothing else."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from carnet.model.record import Chunk, Session
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore


def pseudonym(key: bytes, session: Session) -> str:
    """What a session is called at a sink: whoever has not the key cannot tell whose it is."""
    words = [session.organisation, session.account, session.name, session.repository]
    return hmac.digest(key, msgspec.json.encode(words), hashlib.sha256).hex()[:32]


def tell(store: RecordStore, keyring: Keyring, doomed: Sequence[Chunk], now: datetime) -> None:
    """Write down whom to tell, before the rows that say so are gone. Doing it again does no harm."""
    sinks = [one for one in store.sinks.listed() if one.webhook] if doomed else []
    for sink in sinks:
        sessions = {
            one.key.session
            for one in doomed
            if one.key.session.organisation == sink.organisation and one.lane.flow in sink.flows
        }
        if sessions:
            key = keyring.sink_key()
            store.sinks.note(sink.name, {pseudonym(key, one) for one in sessions}, now)
