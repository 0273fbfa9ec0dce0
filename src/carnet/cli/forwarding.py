"""Forwarding to sinks in `carnet serve`: a task that does not end until it is cancelled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.settings import Settings
    from carnet.stores.contract import Store

LOOK_EVERY = 2.0
"""Seconds between two looks for sinks that were added or removed."""


async def forward(store: Store, settings: Settings, at: datetime) -> str:
    """Serve the sinks of a store of records, where there is one; else there is nothing to do yet."""
    del at
    if not store.has_records or not store.records.sinks.listed():
        return ""
    from carnet.gateway.intake.sinks import Sinks  # noqa: PLC0415 - most organisations have no sink
    from carnet.records.keyring import Keyring  # noqa: PLC0415

    sinks = Sinks(store.records, Keyring(store.records), settings["net.https-proxy"])
    try:
        while True:
            await sinks.attend()
            await asyncio.sleep(LOOK_EVERY)
    finally:
        await sinks.close()
