"""From the spool into the store: oldest first, each batch by one process, judged by the terms as they stand now.

Before a batch is put, the catalogue is told which chunks it is about to become. A process that is killed before it
removed the batch leaves that word behind, and whoever comes next puts what is not there yet, and nothing twice.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.errors import DamagedError, UnreadError
from carnet.model.record import Kept
from carnet.records.putting import UnkeptError, Writer
from carnet.records.spool import Spool, waits
from carnet.records.surveying import asked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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
    waiting: int = 0
    """Drafts that go on waiting, each for a partition whose file is damaged."""
    why: UnkeptError | None = None

    def took(self, answers: Mapping[int, Answer]) -> list[int]:
        """Count what became of a batch, by place; the places of those that go on waiting."""
        unkept = {place: one for place, one in answers.items() if isinstance(one, UnkeptError)}
        kept = sum(isinstance(one, Kept) for one in answers.values())
        self.kept += kept
        self.refused += len(answers) - kept - len(unkept)
        self.waiting += len(unkept)
        self.why = next(iter(unkept.values()), self.why)
        return list(unkept)


def drain(writer: Writer, spool: Spool, now: datetime, most: int | None = None) -> Drained:
    """Put what waits, or its `most` oldest batches, into the store; what is bound for a damaged file goes on waiting.

    Raises CarnetError where the store cannot take it: all of it goes on waiting.
    """
    done = Drained()
    with writer.store.lock():  # so that no other process puts the same batch
        names = [one for one in spool.names() if not spool.rests(one)][:most]
        for name in names:
            try:
                drafts = spool.read(name)
            except DamagedError:
                done.damaged += 1
                spool.remove(name)
            else:
                left = done.took(_put(writer, spool, name, drafts, now))
                _left(spool, name, drafts, left)
        if names:
            writer.store.catalogue.set_fact(_BEGUN, "")
        spool.sweep(time.time() - _TORN_AFTER)
        spool.refresh()
    return done


def _left(spool: Spool, name: str, drafts: Sequence[Draft], left: Sequence[int]) -> None:
    if not left:
        spool.remove(name)
        return
    if len(left) < len(drafts):
        spool.leave(name, [drafts[place] for place in left])
    spool.rest(name)


def _put(writer: Writer, spool: Spool, name: str, drafts: Sequence[Draft], now: datetime) -> dict[int, Answer]:
    """Answers to drafts, by place; what had been put was counted by whoever was killed then, or by nobody."""
    batch = f"{name}/{spool.mark(name)}"
    there = _there(writer.store, batch)
    placed = {place for places in there.values() for place in places}
    left = [place for place in range(len(drafts)) if place not in placed]

    def before(plan: Plan) -> None:
        meant = {uid: [left[place] for place in places] for uid, places in plan.items()}
        writer.store.catalogue.set_fact(_BEGUN, _written(batch, there | meant))

    answers = writer.put([drafts[place] for place in left], now, before) if left else []
    return dict(zip(left, answers, strict=True))


def _there(store: RecordStore, wanted: str) -> Plan:
    """Chunks of this batch that a process before us had written already."""
    said = store.catalogue.fact(_BEGUN)
    batch, begun = _read(said) if said else ("", {})
    if batch != wanted:
        return {}
    found = {uid for _, uids in asked(store, lambda where: where.there(begun), []) for uid in uids}
    return {uid: places for uid, places in begun.items() if uid in found}


def _written(batch: str, plan: Plan) -> str:
    return json.dumps({"batch": batch, "chunks": {uid.hex(): places for uid, places in plan.items()}})


def _read(said: str) -> tuple[str, Plan]:
    words = json.loads(said)
    return words["batch"], {bytes.fromhex(uid): places for uid, places in words["chunks"].items()}


def drain_all(store: RecordStore, now: datetime) -> Drained:
    """The same for whoever has neither writer nor spool: before records are ended or erased.

    Raises UnreadError where something goes on waiting.
    """
    if not waits(store.spool):
        return Drained()
    writer = Writer(store)
    done = drain(writer, Spool(store.spool, writer.keyring.spool_key()), now)
    if done.waiting:
        raise UnreadError(f"{done.waiting} records go on waiting; the last of them: {done.why}")
    return done
