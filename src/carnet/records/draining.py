"""From the spool into the store: oldest first, each batch by one process, judged by the terms as they stand now.

Before a batch is put, the catalogue is told which chunks it is about to become. A process that is killed before it
removed the batch leaves that word behind, and whoever comes next puts what is not there yet, and nothing twice.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.errors import DamagedError
from carnet.model.record import Kept
from carnet.records.putting import Writer
from carnet.records.spool import Spool, waits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from carnet.model.record import Draft
    from carnet.records.putting import Answer, Plan
    from carnet.stores.records_contract import RecordStore

_BEGUN = "spool.begun"
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
    """
    done = Drained()
    with writer.store.lock():  # so that no other process puts the same batch
        names = spool.names()[:most]
        for name in names:
            try:
                drafts = spool.read(name)
            except DamagedError:
                done.damaged += 1
            else:
                answers = _put(writer, name, drafts, now)
                done.kept += sum(isinstance(one, Kept) for one in answers)
                done.refused += sum(not isinstance(one, Kept) for one in answers)
            spool.remove(name)
        if names:
            writer.store.catalogue.set_fact(_BEGUN, "")
        spool.sweep(time.time() - _TORN_AFTER)
        spool.refresh()
    return done


def _put(writer: Writer, name: str, drafts: Sequence[Draft], now: datetime) -> Sequence[Answer]:
    """Answers to what had not been put; what had was counted by whoever was killed then, or by nobody."""
    there = _there(writer.store, name)
    placed = {place for places in there.values() for place in places}
    left = [place for place in range(len(drafts)) if place not in placed]

    def before(plan: Plan) -> None:
        meant = {uid: [left[place] for place in places] for uid, places in plan.items()}
        writer.store.catalogue.set_fact(_BEGUN, _written(name, there | meant))

    return writer.put([drafts[place] for place in left], now, before) if left else []


def _there(store: RecordStore, name: str) -> Plan:
    """Chunks of this batch that a process before us had written already."""
    said = store.catalogue.fact(_BEGUN)
    batch, begun = _read(said) if said else ("", {})
    if batch != name:
        return {}
    partitions = [store.partition(one.name) for one in store.catalogue.partitions()]
    return {uid: places for uid, places in begun.items() if any(one.chunk(uid) is not None for one in partitions)}


def _written(name: str, plan: Plan) -> str:
    return json.dumps({"batch": name, "chunks": {uid.hex(): places for uid, places in plan.items()}})


def _read(said: str) -> tuple[str, Plan]:
    words = json.loads(said)
    return words["batch"], {bytes.fromhex(uid): places for uid, places in words["chunks"].items()}


def drain_all(store: RecordStore, now: datetime) -> Drained:
    """The same for whoever has neither writer nor spool: before records are ended or erased."""
    if not waits(store.spool):
        return Drained()
    writer = Writer(store)
    return drain(writer, Spool(store.spool, writer.keyring.spool_key()), now)
