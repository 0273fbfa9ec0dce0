"""What is kept already, after consent was withdrawn or an organisation shortened: it may only end sooner."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from itertools import groupby
from typing import TYPE_CHECKING, Any

from msgspec import structs

from carnet.errors import CarnetError, DamagedError
from carnet.model.record import HOLD, Lane, Work
from carnet.records.deciding import Deciding
from carnet.records.holding import settle
from carnet.records.moving import Move, move
from carnet.records.removing import AT_ONCE
from carnet.records.retention import HELD, expiry, partition_of, shorter
from carnet.records.surveying import Unread, hand_over, partitions
from carnet.records.works import RECLASSIFY, unread_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from carnet.model.account import Account, Organisation
    from carnet.model.record import Chunk, Partition, Scope
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore


_VERIFY = "carnet records verify names them"


def begin(store: RecordStore, scope: Scope, now: datetime) -> Work:
    """Write down that the records of a scope are to be decided again: before the change they follow from is made."""
    return store.catalogue.add_work(Work(0, RECLASSIFY, scope, now, {}))


def reclassify(
    store: RecordStore, keyring: Keyring, work: Work, now: datetime, unread: list[Unread] | None = None
) -> int:
    """Decide again and move what must end sooner; how many chunks changed. Nothing ever becomes longer or eligible.

    What cannot be read or written is added to `unread` (or raised at the end), and decided when it can be: by the terms
    as they are now and as they are then, so that nothing that is taken back is forgotten meanwhile.
    """
    changed, found = 0, list[Unread]()
    with store.lock():
        settle(store, keyring, now, [])  # what was held before this is held with the end it had
        asking = _Asking(store, work, now)
        for partition in partitions(store):
            if unread_of(work) and partition.name not in {*unread_of(work), HOLD}:
                continue  # what lay in those may have been brought to what is held, and is nowhere else
            try:
                more, left = _decided(store, keyring, partition, asking)
                changed += more
                if left:
                    found.append(
                        Unread(partition.name, DamagedError(f"{left} chunks of it cannot be opened; {_VERIFY}"))
                    )
            except CarnetError as error:
                found.append(Unread(partition.name, error))
        if found:
            done = {"unread": [one.name for one in found], "terms": asking.terms}
            store.catalogue.change_work(replace(work, done=done))
        else:
            store.catalogue.remove_work(work.id)
    hand_over(found, unread)
    return changed


def _decided(store: RecordStore, keyring: Keyring, partition: Partition, asking: _Asking) -> tuple[int, int]:
    """Decide a partition's chunks again, few at a time; how many changed, and how many should have and could not."""
    changed = stayed = 0
    for some in _whole_sessions(store.partition(partition.name).by_session(asking.scope)):
        moves = [made for one in some if (made := asking.move(one, held=partition.name == HOLD)) is not None]
        left = move(store, keyring, partition, moves)
        changed, stayed = changed + len(moves) - left, stayed + left
    return changed, stayed


def _whole_sessions(chunks: Iterator[Chunk]) -> Iterator[list[Chunk]]:
    """Chunks that are moved together: a chunk rests on others of its session, and on none of another's."""
    some: list[Chunk] = []
    for _, more in groupby(chunks, lambda one: one.key.session):
        some += more
        if len(some) >= AT_ONCE:
            yield some
            some = []
    if some:
        yield some


class _Asking:
    """The rules as they are now, asked about chunks as they were."""

    def __init__(self, store: RecordStore, work: Work, now: datetime) -> None:
        self._deciding = Deciding(now.astimezone(UTC).date())
        self._organisations: dict[int, Organisation] = {one.id: one for one in store.directory.organisations()}
        self._accounts: dict[int, Account] = {one.id: one for one in store.directory.accounts()}
        self._lanes: dict[tuple[int, int, Lane], Lane] = {}
        self.scope = work.scope
        self._earlier = work.done.get("terms")
        """Terms when this was begun, where something could not be read then."""

    @property
    def terms(self) -> object:
        """Those that decide, as they stand: for whoever comes back to what cannot be read."""
        whose = self._organisations.get(self.scope.organisation)
        if self._earlier is not None or whose is None:
            return self._earlier
        person = self._accounts.get(self.scope.account)
        facts = {name: getattr(whose, name) for name in ("zdr", "dpp", "product_feedback")}
        return facts | {"keep": [list(pair) for pair in whose.keep], "consent": person.consent if person else None}

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
        whose, person = self._organisations.get(organisation), self._accounts.get(account)
        if whose is None:
            return lane
        if isinstance(self._earlier, dict):
            lane = self._shortened(*_as_of(whose, person, dict(self._earlier)), lane)
        return self._shortened(whose, person, lane)

    def _shortened(self, whose: Organisation, person: Account | None, lane: Lane) -> Lane:
        now = self._deciding.decide(whose, person, lane.kind, lane.flow, lane.provider)
        if not isinstance(now, Lane):
            return structs.replace(lane, training=False)  # what would not be kept today ends when it was to end
        retention = shorter(lane.retention, now.retention)
        rules = lane.rules if retention == lane.retention else now.rules
        training = lane.training and now.training
        purposes = lane.purposes if retention == lane.retention and training == lane.training else now.purposes
        return structs.replace(lane, retention=retention, training=training, rules=rules, purposes=purposes)


def _as_of(whose: Organisation, person: Account | None, terms: dict[str, Any]) -> tuple[Organisation, Account | None]:
    """Both as they stood when something could not be read."""
    consent, keep = terms.pop("consent"), tuple((flow, one) for flow, one in terms.pop("keep"))
    if person is not None and consent is not None:
        person = replace(person, consent=consent)
    return replace(whose, keep=keep, **terms), person
