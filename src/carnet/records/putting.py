"""Keeping: drafts in, ids out, each as soon as it is durable; what may not be kept is refused and written nowhere."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC
from itertools import groupby
from typing import TYPE_CHECKING, cast

from carnet.errors import CarnetError, StoreError
from carnet.model.record import Kept, Refusal
from carnet.records.clock import tick
from carnet.records.deciding import Deciding
from carnet.records.grounding import ALIKE, Grounding
from carnet.records.grouping import Ground, Stretch, grouped
from carnet.records.keyring import Keyring
from carnet.records.standing import Standing
from carnet.records.tails import Tails
from carnet.records.writing import write_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime

    from carnet.model.record import Draft
    from carnet.records.grounding import Decided
    from carnet.records.grouping import Group
    from carnet.stores.records_contract import RecordStore

Answer = Kept | Refusal | CarnetError
"""The id; or why policy forbids it; or what is wrong with the draft."""
Plan = dict[bytes, list[int]]
"""Uids of chunks, and the places of the drafts each of them holds."""
_MOST_DECIDED = 10_000


class UnkeptError(StoreError):
    """The answer to a draft whose partition's file is damaged: nothing is wrong with it, and others are kept."""

    def __init__(self, why: CarnetError) -> None:
        super().__init__(f"not kept now: {why}; give it again when that is repaired")


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
    tails: Tails = field(default_factory=Tails)
    _deciding: tuple[str, Deciding] | None = None
    _decided_as_of: tuple[int, date] | None = None
    _decided_before: Decided = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keyring = Keyring(self.store, self.random)
        self.standing = Standing(self.store)

    def put(
        self, drafts: Sequence[Draft], now: datetime, before: Callable[[Plan], object] = lambda _: None
    ) -> list[Answer]:
        """One answer a draft, in order; what is answered with an id is on the disk.

        `before` is told, with the store's lock held, which chunks are about to be written. UnkeptError answers what is
        bound for a partition whose file is damaged. Raises HalfKeptError where some were written and then no more could
        be, and whatever the store raises where none was.
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
                before({one.uid: one.places for one in groups})
                self._write(groups, answers)
        return cast("list[Answer]", answers)

    def _write(self, groups: Sequence[Group], answers: list[Answer | None]) -> None:
        """Fill in the answers to what is kept."""

        def wrote(members: Sequence[Group]) -> None:
            for one in members:
                chunk = one.uid.hex()
                for at, place in enumerate(one.places):
                    answers[place] = Kept(f"{chunk}{at:08x}")  # see `record_id`

        def lost(members: Sequence[Group], why: CarnetError) -> None:
            for one in members:
                for place in one.places:
                    answers[place] = UnkeptError(why)

        try:
            with self.keyring.current(self.standing.generation):
                write_groups(self.store, self.keyring, self.tails, groups, self.random, wrote, lost)
        except Exception as error:
            if not any(isinstance(one, Kept) for one in answers):
                raise
            raise HalfKeptError(_words(error), answers) from error

    def _decided(self, drafts: Sequence[Draft], now: datetime) -> tuple[list[Answer | None], list[Group]]:
        """What is answered to each draft already (None: it gets an id), and the groups of those that get one."""
        grounding = Grounding(self.standing, self._rules(now), now, self._memory(now))
        answers: list[Answer | None] = [None] * len(drafts)
        stretches: list[Stretch] = []
        at = 0
        for words, some in groupby(drafts, ALIKE):
            alike = list(some)
            ground = grounding.of_alike(words, alike[0])
            if not isinstance(ground, Ground):
                answers[at : at + len(alike)] = [ground] * len(alike)
            elif max([len(one.body) for one in alike]) <= self.most_bytes:
                stretches.append(Stretch(ground, at, alike))
            else:
                stretches += self._sifted(ground, at, alike, answers)
            at += len(alike)
        return answers, grouped(stretches, self.random)

    def _sifted(
        self, ground: Ground, first: int, alike: Sequence[Draft], answers: list[Answer | None]
    ) -> Iterator[Stretch]:
        """Those drafts that are not too large; the others are answered."""
        for place, draft in enumerate(alike, first):
            if len(draft.body) > self.most_bytes:
                answers[place] = _too_large(draft, self.most_bytes)
            else:
                yield Stretch(ground, place, [draft])

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

    def _memory(self, now: datetime) -> Decided:
        """What was decided on this day already, while nothing that decides has changed."""
        as_of = self.standing.generation, now.astimezone(UTC).date()
        if self._decided_as_of != as_of or len(self._decided_before) > _MOST_DECIDED:
            self._decided_as_of, self._decided_before = as_of, {}
        return self._decided_before

    def _rules(self, now: datetime) -> Deciding:
        day = now.astimezone(UTC).date()
        if self._deciding is None or self._deciding[0] != day.isoformat():
            self._deciding = day.isoformat(), Deciding(day)
        return self._deciding[1]


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, CarnetError) else type(error).__name__


def _too_large(draft: Draft, most: int) -> CarnetError:
    return CarnetError(f"body: {len(draft.body)} bytes; the most is {most} (records.max-bytes)")
