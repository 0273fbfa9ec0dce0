"""What is kept already, after consent was withdrawn or an organisation shortened: it may only end sooner."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from carnet.model.record import HOLD, Lane, Work
from carnet.records.deciding import Deciding
from carnet.records.holding import settle
from carnet.records.moving import Move, move
from carnet.records.reading import partitions
from carnet.records.retention import HELD, expiry, partition_of, shorter

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.model.account import Account, Organisation
    from carnet.model.record import Chunk, Scope
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore

RECLASSIFY = "reclassify"


def begin(store: RecordStore, scope: Scope, now: datetime) -> Work:
    """Write down that the records of a scope are to be decided again: before the change they follow from is made."""
    return store.catalogue.add_work(Work(0, RECLASSIFY, scope, now, {}))


def reclassify(store: RecordStore, keyring: Keyring, work: Work, now: datetime) -> int:
    """Decide again and move what must end sooner; how many chunks changed. Nothing ever becomes longer or eligible."""
    changed = 0
    with store.lock():
        settle(store, keyring, now)  # what was held before this is held with the end it had
        asking = _Asking(store, now)
        for partition in partitions(store):
            chunks = store.partition(partition.name).chunks(work.scope)
            moves = [made for one in chunks if (made := asking.move(one, held=partition.name == HOLD)) is not None]
            move(store, keyring, partition, moves)
            changed += len(moves)
        store.catalogue.remove_work(work.id)
    return changed


class _Asking:
    """The rules as they are now, asked about chunks as they were."""

    def __init__(self, store: RecordStore, now: datetime) -> None:
        self._deciding = Deciding(now.astimezone(UTC).date())
        self._organisations: dict[int, Organisation] = {one.id: one for one in store.directory.organisations()}
        self._accounts: dict[int, Account] = {one.id: one for one in store.directory.accounts()}
        self._lanes: dict[tuple[int, int, Lane], Lane] = {}

    def move(self, chunk: Chunk, *, held: bool) -> Move | None:
        """Where a chunk goes, or None where it stays as it is."""
        session = chunk.key.session
        place = session.organisation, session.account, chunk.lane
        if place not in self._lanes:
            self._lanes[place] = self._lane(*place)
        lane = self._lanes[place]
        if lane == chunk.lane:
            return None
        expires = min(chunk.expires, expiry(lane.retention, chunk.created))
        return Move(chunk, HELD if held else partition_of(lane.retention, expires), lane, expires)

    def _lane(self, organisation: int, account: int, lane: Lane) -> Lane:
        whose = self._organisations.get(organisation)
        if whose is None:
            return lane
        now = self._deciding.decide(whose, self._accounts.get(account), lane.kind, lane.flow, lane.provider)
        if not isinstance(now, Lane):
            return replace(lane, training=False)  # what would not be kept today ends when it was to end
        retention = shorter(lane.retention, now.retention)
        rules = lane.rules if retention == lane.retention else now.rules
        training = lane.training and now.training
        purposes = lane.purposes if retention == lane.retention and training == lane.training else now.purposes
        return replace(lane, retention=retention, training=training, rules=rules, purposes=purposes)
