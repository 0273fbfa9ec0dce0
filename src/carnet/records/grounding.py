"""Where a draft goes, or why it goes nowhere: decided once for all drafts of a batch that are alike."""

from __future__ import annotations

from datetime import UTC
from operator import attrgetter
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.model.record import Refusal, Session
from carnet.records.clock import TOLERANCE
from carnet.records.deciding import RATING, Deciding
from carnet.records.grouping import Ground
from carnet.records.retention import HELD, ending

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.model.account import Account
    from carnet.model.record import Draft, Lane
    from carnet.records.standing import Standing

Grounded = Ground | Refusal | CarnetError
"""Where it goes; or why policy forbids it; or what is wrong with it."""


ALIKE = attrgetter("account", "session", "kind", "flow", "provider", "repository", "at")
"""Drafts that have the same of all these have one ground."""

Decided = dict[tuple[str, str, str, str], "tuple[Account, Lane] | Refusal"]
"""What was decided of an account's drafts of a kind, a flow and a provider."""


class Grounding:
    """Grounds of one batch, at one instant, by organisations and accounts as they stood."""

    def __init__(self, standing: Standing, deciding: Deciding, now: datetime, decided: Decided | None = None) -> None:
        """`decided` is what was decided already on this day, while nothing that decides has changed."""
        self._standing = standing
        self._deciding = deciding
        self._now = now
        self._decided: Decided = {} if decided is None else decided
        self._grounds: dict[tuple[object, ...], Grounded] = {}

    def of(self, draft: Draft) -> Grounded:
        """The same object for drafts that are alike and say nothing of when they came about."""
        return self.of_alike(ALIKE(draft), draft)

    def of_alike(self, alike: tuple[object, ...], draft: Draft) -> Grounded:
        """The same, where it is known what drafts must have in common with this one to be alike."""
        found = self._grounds.get(alike) if draft.at is None else None  # what came about at one instant stands together
        if found is None:
            try:
                found = self._ground(draft)
            except CarnetError as error:
                found = error
            if draft.at is None:
                self._grounds[alike] = found
        return found

    def _ground(self, draft: Draft) -> Ground | Refusal:
        asked = draft.account, draft.kind, draft.flow, draft.provider
        found = self._decided.get(asked)
        if found is None:
            found = self._decided[asked] = self._decide(draft)
        if isinstance(found, Refusal):
            return found
        return self._placed(draft, *found)

    def _decide(self, draft: Draft) -> tuple[Account, Lane] | Refusal:
        account = self._standing.account(draft.account)
        organisation = self._standing.organisations.get(account.organisation) if account else None
        if account is None or organisation is None:
            raise CarnetError("account: there is none of this address; carnet account add EMAIL --org NAME adds one")
        if account.closed:
            return Refusal("the account is being deleted: nothing more is kept for it")
        self._deciding.check(draft.kind, draft.flow, draft.provider)
        person = None if draft.kind == RATING else account
        lane = self._deciding.decide(organisation, person, draft.kind, draft.flow, draft.provider)
        return lane if isinstance(lane, Refusal) else (account, lane)

    def _placed(self, draft: Draft, account: Account, lane: Lane) -> Ground | Refusal:
        created, session = dated(draft, self._now), session_of(draft, account)
        expires, partition = ending(lane.retention, created)
        if expires <= self._now:
            return Refusal(
                f"kept as {lane.retention} from when it came about, it would have ended at {expires:%Y-%m-%d %H:%M:%S} "
                "UTC already; nothing of it is written"
            )
        held = session in self._standing.holds
        return Ground(HELD if held else partition, session, lane, created, expires)


def dated(draft: Draft, now: datetime) -> datetime:
    """When it came about. A rating has its day only: a time would lead back to whoever gave it."""
    created = (draft.at or now).astimezone(UTC)
    if created > now + TOLERANCE:
        raise CarnetError(f"at: {created:%Y-%m-%dT%H:%M:%SZ} has not been yet; a later date would keep it longer")
    if draft.kind == RATING:
        return created.replace(hour=0, minute=0, second=0, microsecond=0)
    return created


def session_of(draft: Draft, account: Account) -> Session:
    """Whose key it is sealed under: nobody's for a rating."""
    if draft.kind == RATING:
        return Session(account.organisation, 0, "")
    if not draft.session:
        raise CarnetError("session: give the session's id; only a rating is kept without one")
    return Session(account.organisation, account.id, draft.session, draft.repository)
