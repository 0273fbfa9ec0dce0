"""Keeping: drafts in, ids out, each as soon as it is durable; what may not be kept is refused and written nowhere."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.model.record import Kept, Refusal, Session
from carnet.records.clock import TOLERANCE, ticked
from carnet.records.deciding import RATING, Deciding
from carnet.records.grouping import Placed, grouped
from carnet.records.keyring import Keyring
from carnet.records.retention import HELD, expiry, partition_of
from carnet.records.sealing import Body
from carnet.records.standing import Standing
from carnet.records.tails import Tails
from carnet.records.writing import write_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from carnet.model.account import Account, Organisation
    from carnet.model.record import Draft, Lane, Partition
    from carnet.records.grouping import Group
    from carnet.stores.records_contract import RecordStore

Answer = Kept | Refusal | CarnetError
"""The id; or why policy forbids it; or what is wrong with the draft."""


@dataclass(slots=True)
class Writer:
    """Puts drafts into one store. It remembers keys and the last chunks of sessions; nothing it remembers is trusted
    without a look at the store, under the store's lock.
    """

    store: RecordStore
    random: Callable[[int], bytes] = os.urandom
    most_bytes: int = 64_000_000
    keyring: Keyring = field(init=False)
    standing: Standing = field(init=False)
    tails: Tails = field(init=False)
    _deciding: tuple[str, Deciding] | None = None
    _decided: dict[tuple[object, ...], Lane | Refusal] = field(default_factory=dict)
    _endings: dict[tuple[str, datetime], tuple[datetime, Partition]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keyring = Keyring(self.store, self.random)
        self.standing = Standing(self.store)
        self.tails = Tails()

    def put(self, drafts: Sequence[Draft], now: datetime) -> list[Answer]:
        """One answer a draft, in order; what is answered with an id is on the disk."""
        ticked(self.store.catalogue, now)
        while True:
            generation = self._refresh(now)
            answers, placed = self._placed(drafts, now)
            groups = grouped(placed)
            if not groups or self._write(groups, generation):
                return answers

    def _refresh(self, now: datetime) -> int:
        before = self.standing.generation
        generation = self.standing.refresh()
        day = f"{now.astimezone(UTC):%Y-%m-%d}"
        if self._deciding is None or self._deciding[0] != day:
            self._deciding = day, Deciding(now.astimezone(UTC).date())
            self._decided.clear()
        if before != generation:
            self._decided.clear()
        return generation

    def _write(self, groups: Sequence[Group], generation: int) -> bool:
        """False where somebody changed what the decisions rest on: they are to be taken again."""
        with self.store.lock():
            if self.store.catalogue.generation() != generation:
                return False
            write_groups(self.store, self.keyring, self.tails, groups, self.random)
        return True

    def _placed(self, drafts: Sequence[Draft], now: datetime) -> tuple[list[Answer], list[Placed]]:
        self._endings.clear()
        answers: list[Answer] = []
        placed: list[Placed] = []
        for draft in drafts:
            try:
                found = self._place(draft, now)
            except CarnetError as error:
                answers.append(error)
                continue
            if isinstance(found, Refusal):
                answers.append(found)
            else:
                placed.append(found)
                answers.append(Kept(found.body.id.hex()))
        return answers, placed

    def _place(self, draft: Draft, now: datetime) -> Placed | Refusal:
        account = self.standing.account(draft.account)
        organisation = self.standing.organisations.get(account.organisation) if account else None
        if account is None or organisation is None:
            raise CarnetError(f"account: there is no {draft.account!r}; carnet account add EMAIL --org NAME adds one")
        if account.closed:
            return Refusal("the account is being deleted: nothing more is kept for it")
        lane = self._lane(draft, account, organisation)
        if isinstance(lane, Refusal):
            return lane
        if len(draft.body) > self.most_bytes:
            raise CarnetError(f"body: {len(draft.body)} bytes; the most is {self.most_bytes} (records.max-bytes)")
        created, session = _dated(draft, now), _session(draft, account)
        expires, partition = self._ending(lane.retention, created)
        if session in self.standing.holds:
            partition = HELD
        return Placed(partition, session, lane, created, expires, Body(self._id(created), draft.body, draft.form))

    def _lane(self, draft: Draft, account: Account, organisation: Organisation) -> Lane | Refusal:
        asked = (account.id, draft.kind, draft.flow, draft.provider)
        if asked not in self._decided and self._deciding is not None:
            deciding = self._deciding[1]
            deciding.check(draft.kind, draft.flow, draft.provider)
            person = None if draft.kind == RATING else account
            self._decided[asked] = deciding.decide(organisation, person, draft.kind, draft.flow, draft.provider)
        return self._decided[asked]

    def _ending(self, retention: str, created: datetime) -> tuple[datetime, Partition]:
        found = self._endings.get((retention, created))
        if found is None:
            expires = expiry(retention, created)
            found = self._endings[retention, created] = expires, partition_of(retention, expires)
        return found

    def _id(self, created: datetime) -> bytes:
        """Sorted by time, otherwise random: rows come to lie side by side, and no id can be guessed."""
        return struct.pack(">Q", int(created.timestamp() * 1000))[2:] + self.random(10)


def _dated(draft: Draft, now: datetime) -> datetime:
    """When it came about. A rating has its day only: a time would lead back to whoever gave it."""
    created = (draft.at or now).astimezone(UTC)
    if created > now + TOLERANCE:
        raise CarnetError(f"at: {created:%Y-%m-%dT%H:%M:%SZ} has not been yet; a later date would keep it longer")
    if draft.kind == RATING:
        return created.replace(hour=0, minute=0, second=0, microsecond=0)
    return created


def _session(draft: Draft, account: Account) -> Session:
    if draft.kind == RATING:
        return Session(account.organisation, 0, "")
    if not draft.session:
        raise CarnetError("session: give the session's id; only a rating is kept without one")
    return Session(account.organisation, account.id, draft.session, draft.repository)
