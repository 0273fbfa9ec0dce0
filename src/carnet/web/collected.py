"""What intake kept, as pages tell it: rows with the rules that allowed them, and days as bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.gateway.intake.reports import taken
from carnet.records.answers import Names
from carnet.records.scoping import scope_of
from carnet.web.deciders import Decided, Deciders
from carnet.web.record_addresses import of_organisation
from carnet.web.record_rows import class_words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from carnet.gateway.intake.reports import Kept
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

    rows: tuple[Collected, ...]
    """The newest day first."""
    number: int
    """Of the organisation; 0: all."""
    org: str
    organisations: tuple[str, ...]
    now: datetime

    def of(self, flow: str) -> tuple[Collected, ...]:
        return tuple(one for one in self.rows if one.kept.flow == flow)

    def by_day(self, flow: str) -> dict[str, dict[str, int]]:
        """Day -> flow -> records, as bars want it."""
        found: dict[str, dict[str, int]] = {}
        for one in self.of(flow):
            day = found.setdefault(one.kept.day, {flow: 0})
            day[flow] += one.kept.records
        return found


def read_collection(records: Records, org: str, unread: list[Unread] | None = None) -> Collection:
    """Raises CarnetError for an organisation there is not. What cannot be read is added to `unread`."""
    store, names, now = records.store, Names(records.store), records.now()
    number = scope_of(store, org=org).organisation if org else 0
    deciders = Deciders(store, names, now)
    kept = sorted(taken(store, number, unread), key=lambda one: one.day, reverse=True)
    rows = tuple(_collected(one, names, deciders) for one in kept)
    known = sorted((one.name for one in names.organisations.values()), key=str.casefold)
    return Collection(rows, number, org, tuple(known), now)


def _collected(kept: Kept, names: Names, deciders: Deciders) -> Collected:
    known = kept.organisation in names.organisations
    name, sample = names.organisation(kept.organisation), kept.sample
    asked = Decided(sample.key.session, sample.lane, sample.created)
    href = of_organisation(name) if known else ""
    return Collected(kept, class_words(kept.retention), name, href, deciders.of(asked))


def allowed(rows: Iterable[Collected]) -> tuple[Allowed, ...]:
    """By class, the rules that allowed these; of each rule the newest day's address."""
    found: dict[str, dict[str, Decider]] = {}
    words = {}
    for one in rows:
        words[one.kept.retention] = one.words
        for rule in one.deciders:
            found.setdefault(one.kept.retention, {}).setdefault(rule.rule, rule)
    return tuple(Allowed(name, words[name], tuple(found[name].values())) for name in sorted(found))
