"""The keeper's round in `carnet serve`: due every minute, tidying up at its first and then once an hour."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.records.keeping import Round
    from carnet.records.keyring import Keyring
    from carnet.settings import Settings
    from carnet.stores.contract import Store

TIDY_EVERY = timedelta(hours=1)


class Keeper:
    """Does what is due on a store of records, where there is one: serving pages makes none."""

    def __init__(self) -> None:
        self._keyring: Keyring | None = None
        self._tidied: datetime | None = None

    async def __call__(self, store: Store, settings: Settings, at: datetime) -> str:
        """One round, and what it did in a line."""
        if not store.has_records:
            return ""
        return await asyncio.to_thread(self._round, store, settings, at)

    def _round(self, store: Store, settings: Settings, at: datetime) -> str:
        from carnet.records.keeping import attend, tidy  # noqa: PLC0415 - it pays for the cryptography
        from carnet.records.keyring import Keyring  # noqa: PLC0415
        from carnet.records.surveying import refuse_unread  # noqa: PLC0415

        if self._keyring is None:
            self._keyring = Keyring(store.records)
        done = attend(store.records, self._keyring, at, settings.duration("records.idle"))
        swept = 0
        if self._tidied is None or at >= self._tidied + TIDY_EVERY:
            swept = tidy(store.records, self._keyring)
            self._tidied = at
        refuse_unread(done.unread, line(done, swept) or "the rest was attended to")
        return line(done, swept)


def line(done: Round, swept: int) -> str:
    """What a round did, in words; empty where nothing was due."""
    parts = (
        (done.ended.records, "record", "ended"),
        (len(done.ended.partitions), "partition", "dropped whole"),
        (len(done.receipts), "erasure", "finished"),
        (done.packed, "object", "packed"),
        (swept, "thing", "left by a crash removed"),
    )
    return ", ".join(f"{number} {noun}{'' if number == 1 else 's'} {words}" for number, noun, words in parts if number)
