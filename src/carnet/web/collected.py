"""What intake kept, as pages tell it: rows with the rules that allowed them, and days as bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.gateway.intake.reports import anew, taken
from carnet.model.record import Session
from carnet.records.answers import Names
from carnet.records.scoping import scope_of
from carnet.web.deciders import Decided, Deciders
from carnet.web.record_addresses import of_organisation
from carnet.web.record_rows import class_words

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.gateway.intake.reports import Kept, Recall
    from carnet.records.surveying import Unread
    from carnet.web.deciders import Decider
    from carnet.web.records import Records


@dataclass(frozen=True, slots=True)
class Collected:
    """What was kept of one flow on one day under one decision."""

    kept: Kept
    words: str
    """How long its class is."""
    org: str
    org_href: str
    deciders: tuple[Decider, ...]


@dataclass(frozen=True, slots=True)
class Allowed:
    """Under which class something is kept, and which rules said so."""

    retention: str
    words: str
    deciders: tuple[Decider, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """All that is kept, of one organisation or of all."""

    rows: tuple[Kept, ...]
    """The newest day first."""
    number: int
    """Of the organisation; 0: all."""
    org: str
    names: Names
    deciders: Deciders
    now: datetime

    @property
    def organisations(self) -> list[str]:
        """Names of all there are."""
        return sorted((one.name for one in self.names.organisations.values()), key=str.casefold)

    def of(self, flow: str) -> list[Kept]:
        return [one for one in self.rows if one.flow == flow]

    def told(self, kept: Kept) -> Collected:
        """A row with what a page says of it."""
        known, name = kept.organisation in self.names.organisations, self.names.organisation(kept.organisation)
        asked = Decided(Session(kept.organisation, kept.account, "", ""), kept.lane, kept.since)
        href = of_organisation(name) if known else ""
        return Collected(kept, class_words(kept.retention), name, href, self.deciders.of(asked))

    def allowed(self, flow: str) -> tuple[Allowed, ...]:
        """By class, the rules that allowed what is there of a flow; of each rule the newest day's address."""
        found: dict[str, dict[str, Decider]] = {}
        for one in self.of(flow):
            rules = found.setdefault(one.retention, {})
            if not set(one.rules) <= rules.keys():
                rules |= {rule.rule: rule for rule in self.told(one).deciders if rule.rule not in rules}
        return tuple(Allowed(name, class_words(name), tuple(found[name].values())) for name in sorted(found))

    def by_day(self, flow: str) -> dict[str, dict[str, int]]:
        """Day -> flow -> records, as bars want it."""
        found: dict[str, dict[str, int]] = {}
        for one in self.of(flow):
            day = found.setdefault(one.day, {flow: 0})
            day[flow] += one.records
        return found


def read_collection(
    records: Records, org: str, unread: list[Unread] | None = None, recall: Recall = anew
) -> Collection:
    """Raises CarnetError for an organisation there is not. What cannot be read is added to `unread`."""
    store, names, now = records.store, Names(records.store), records.now()
    number = scope_of(store, org=org).organisation if org else 0
    rows = sorted(taken(store, number, unread, recall), key=lambda one: one.day, reverse=True)
    return Collection(tuple(rows), number, org, names, Deciders(store, names, now), now)
