"""Keeping: drafts in, ids out, each as soon as it is durable; what may not be kept is refused and written nowhere."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING

from carnet.errors import CarnetError, StoreError
from carnet.model.record import UID_BYTES, Kept, Refusal
from carnet.records.clock import tick
from carnet.records.deciding import Deciding
from carnet.records.grounding import Grounding
from carnet.records.grouping import Ground, grouped
from carnet.records.keyring import Keyring
from carnet.records.standing import Standing
from carnet.records.tails import Tails
from carnet.records.writing import write_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from carnet.model.record import Draft
    from carnet.records.grouping import Group
    from carnet.stores.records_contract import RecordStore

Answer = Kept | Refusal | CarnetError
"""The id; or why policy forbids it; or what is wrong with the draft."""
_Decided = bytes | Refusal | CarnetError
"""The same before it is written: the id it is to have."""
Plan = dict[bytes, list[int]]
"""Uids of chunks, and the places of the drafts each of them holds."""


class HalfKeptError(StoreError):
    """Raised when the store took some drafts and then no more; `answers` has None for those it did not take."""

    def __init__(self, message: str, answers: Sequence[Answer | None]) -> None:
        super().__init__(message)
        self.answers = answers


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

    def __post_init__(self) -> None:
        self.keyring = Keyring(self.store, self.random)
        self.standing = Standing(self.store)
        self.tails = Tails()

    def put(
        self, drafts: Sequence[Draft], now: datetime, before: Callable[[Plan], object] = lambda _: None
    ) -> list[Answer]:
        """One answer a draft, in order; what is answered with an id is on the disk.

        `before` is told, with the store's lock held, which chunks are about to be written. Raises HalfKeptError where
        some of them were, and whatever the store raises where none was.
        """
        with self.store.lock():  # nobody changes what the decisions rest on before they are carried out
            generation, last = self.store.catalogue.pulse()
            tick(self.store.catalogue, last, now)
            self.standing.as_of(generation)
            answers, groups = self._decided(drafts, now)
            if self._held_anew(groups):
                self.standing.refresh()
                answers, groups = self._decided(drafts, now)
            if groups:
                before(_plan(answers))
                self._write(groups, answers)
        return [_answered(one) for one in answers]

    def _write(self, groups: Sequence[Group], answers: Sequence[_Decided]) -> None:
        kept: set[bytes] = set()

        def wrote(members: Sequence[Group]) -> None:
            kept.update(body.id for one in members for body in one.bodies)

        try:
            with self.keyring.current(self.standing.generation):
                write_groups(self.store, self.keyring, self.tails, groups, self.random, wrote)
        except Exception as error:
            if not kept:
                raise
            some = [_answered(one) if not isinstance(one, bytes) or one in kept else None for one in answers]
            raise HalfKeptError(_words(error), some) from error

    def _decided(self, drafts: Sequence[Draft], now: datetime) -> tuple[list[_Decided], list[Group]]:
        answers, placed = self._placed(drafts, now)
        groups, ids = grouped(placed, self.random)
        made = iter(ids)
        return [next(made) if one is None else one for one in answers], groups

    def _held_anew(self, groups: Sequence[Group]) -> bool:
        """Hold what a held session gets under a repository it had not named before."""
        holds = {(one.organisation, one.account, one.name): hold for one, hold in self.standing.holds.items()}
        found = False
        for session in dict.fromkeys(one.ground.session for one in groups):
            hold = holds.get((session.organisation, session.account, session.name))
            if hold is not None and session not in self.standing.holds:
                self.store.catalogue.add_hold(replace(hold, id=0, session=session))
                found = True
        return found

    def _placed(
        self, drafts: Sequence[Draft], now: datetime
    ) -> tuple[list[Refusal | CarnetError | None], list[tuple[Ground, Draft]]]:
        """What is answered to each draft already (None: it gets an id), and those that get one."""
        grounding = Grounding(self.standing, self._rules(now), now)
        answers: list[Refusal | CarnetError | None] = []
        placed: list[tuple[Ground, Draft]] = []
        for draft in drafts:
            ground = grounding.of(draft)
            if not isinstance(ground, Ground):
                answers.append(ground)
            elif len(draft.body) > self.most_bytes:
                answers.append(_too_large(draft, self.most_bytes))
            else:
                placed.append((ground, draft))
                answers.append(None)
        return answers, placed

    def _rules(self, now: datetime) -> Deciding:
        day = now.astimezone(UTC).date()
        if self._deciding is None or self._deciding[0] != day.isoformat():
            self._deciding = day.isoformat(), Deciding(day)
        return self._deciding[1]


def _answered(one: _Decided) -> Answer:
    return Kept(one.hex()) if isinstance(one, bytes) else one


def _plan(answers: Sequence[_Decided]) -> Plan:
    plan: Plan = {}
    for place, one in enumerate(answers):
        if isinstance(one, bytes):
            plan.setdefault(one[:UID_BYTES], []).append(place)
    return plan


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, CarnetError) else type(error).__name__


def _too_large(draft: Draft, most: int) -> CarnetError:
    return CarnetError(f"body: {len(draft.body)} bytes; the most is {most} (records.max-bytes)")
