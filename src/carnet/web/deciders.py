"""Which rules decided a record, with the address that explains each in the context it was decided in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import quote

from carnet.accounts.organisations import SWITCHES
from carnet.model.account import CONSENT
from carnet.records.deciding import PACK, Deciding, facts_of
from carnet.web.record_addresses import of_organisation, with_query

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from carnet.model.account import Account, Act, Organisation
    from carnet.model.record import Lane, Record, Session
    from carnet.records.answers import Names
    from carnet.stores.records_contract import RecordStore

OWN = "organisation.keep"
"""What stands among the rules where an organisation keeps shorter than they say."""

OPERATION = "kind.operation"
"""What stands among them where something that is no content is kept no longer than such things are."""


@dataclass(frozen=True, slots=True)
class Decider:
    """A rule that decided."""

    rule: str
    href: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What is asked of a record, and of a chunk of records alike."""

    session: Session
    lane: Lane
    created: datetime


class Deciders:
    """Asks the rules again, as of when each record was decided; many records of a page share their answers."""

    def __init__(self, store: RecordStore, names: Names, now: datetime) -> None:
        self._store = store
        self._names = names
        self._now = now
        self._acts: dict[tuple[int, int], list[Act]] = {}
        self._known: dict[tuple[object, ...], tuple[Decider, ...]] = {}

    def of(self, record: Record | Decided) -> tuple[Decider, ...]:
        """The rules of a record; without an address where its organisation is not known any more."""
        session, lane = record.session, record.lane
        asked = (session.organisation, session.account, lane, record.created.astimezone(UTC).date())
        if asked not in self._known:
            self._known[asked] = self._deciders(record)
        return self._known[asked]

    def _deciders(self, record: Record | Decided) -> tuple[Decider, ...]:
        organisation = self._names.organisations.get(record.session.organisation)
        if organisation is None:
            return tuple(Decider(rule, "") for rule in record.lane.rules)
        account = self._names.accounts.get(record.session.account)
        href = self._explained(record, organisation, account)
        own = of_organisation(organisation.name)
        return tuple(Decider(rule, own if rule == OWN else href) for rule in record.lane.rules)

    def _explained(self, record: Record | Decided, organisation: Organisation, account: Account | None) -> str:
        """The context in which the rules say what they said: that of its creation, or of a change since then."""
        lane, said = record.lane, set(record.lane.rules) - {OWN, OPERATION}
        instants = [record.created, *self._changes(record), self._now]
        for at in instants:
            then = self._organisation_at(organisation, at)
            person = self._account_at(account, at)
            found = Deciding(at.astimezone(UTC).date()).verdict(then, person, lane.flow, lane.provider)
            if {rule for _, rule in found.deciders} == said:
                return _address(lane.flow, at, then, person, lane.provider)
        first = self._organisation_at(organisation, record.created), self._account_at(account, record.created)
        return _address(lane.flow, record.created, *first, lane.provider)

    def _changes(self, record: Record | Decided) -> list[datetime]:
        """Since its creation, of its organisation or its account, newest last."""
        session = record.session
        acts = [*self._acts_of(session.organisation, 0), *self._acts_of(session.organisation, session.account)]
        return sorted({one.at for one in acts if one.at > record.created})

    def _organisation_at(self, organisation: Organisation, at: datetime) -> Organisation:
        acts = self._acts_of(organisation.id, 0)
        fields = {name: _standing(acts, word, at, name == "product_feedback") for word, name in SWITCHES.items()}
        return replace(organisation, closed=False, **fields)  # type: ignore[arg-type]

    def _account_at(self, account: Account | None, at: datetime) -> Account | None:
        if account is None:
            return None
        given = _standing(self._acts_of(account.organisation, account.id), CONSENT, at, before=False)
        return replace(account, closed=False, consent=given)

    def _acts_of(self, organisation: int, account: int) -> list[Act]:
        if (organisation, account) not in self._acts:
            self._acts[organisation, account] = self._store.directory.acts(organisation, account)
        return self._acts[organisation, account]


def _standing(acts: Sequence[Act], what: str, at: datetime, before: bool) -> bool:  # noqa: FBT001 - a switch's value
    """How a switch stood at an instant."""
    for act in acts:
        if act.what == what and act.at <= at:
            before = act.value == "on"
    return before


def _address(flow: str, at: datetime, organisation: Organisation, account: Account | None, provider: str) -> str:
    facts = {name: str(value) for name, value in facts_of(organisation, account, provider).items()}
    day = at.astimezone(UTC).date().isoformat()
    return with_query(f"/explain/{quote(flow)}", **{"pack": PACK, "as_of": day, **facts})
