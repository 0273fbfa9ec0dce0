"""From the spool into the store: oldest first, each batch by one process, judged by the terms as they stand now."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.errors import DamagedError
from carnet.model.record import Kept
from carnet.records.putting import Writer
from carnet.records.spool import Spool, waits

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.stores.records_contract import RecordStore

_TORN_AFTER = 60.0
"""Seconds after which nobody writes on a file that was begun."""


@dataclass(slots=True)
class Drained:
    """What became of drafts that waited."""

    kept: int = 0
    refused: int = 0
    """By policy, or because whose they were is gone."""
    damaged: int = 0
    """Batches whose seal did not vouch for them."""


def drain(writer: Writer, spool: Spool, now: datetime, most: int | None = None) -> Drained:
    """Put what waits, or its `most` oldest batches, into the store.

    Raises CarnetError where the store cannot take it: it goes on waiting.

    A process killed between the store's answer and the removal of a batch leaves it to be put once more: a record may
    then stand there twice, never not at all.
    """
    done = Drained()
    with writer.store.lock():  # so that no other process puts the same batch
        for name in spool.names()[:most]:
            try:
                drafts = spool.read(name)
            except DamagedError:
                done.damaged += 1
            else:
                answers = writer.put(drafts, now)
                done.kept += sum(isinstance(one, Kept) for one in answers)
                done.refused += sum(not isinstance(one, Kept) for one in answers)
            spool.remove(name)
        spool.sweep(time.time() - _TORN_AFTER)
        spool.refresh()
    return done


def drain_all(store: RecordStore, now: datetime) -> Drained:
    """The same for whoever has neither writer nor spool: before records are ended or erased."""
    if not waits(store.spool):
        return Drained()
    writer = Writer(store)
    return drain(writer, Spool(store.spool, writer.keyring.spool_key()), now)
