"""A pack's rules made ready for one date."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING

from carnet.policy.facts import ASSUMED, Fact, fact_at, version_key_or_zero
from carnet.policy.table import Classes, Conditions, Table, stars

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from carnet.model.rule import Citation, Rule, Test
    from carnet.policy.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Tables:
    """One table a flow, in the pack's order, over one shared list of facts."""

    rulebook: Rulebook
    day: date
    facts: tuple[Fact, ...]
    place: Mapping[str, int]
    """Where a fact stands in `facts`."""
    absent: tuple[str | None, ...]
    """The classes of a context that gives no fact."""
    tables: tuple[Table, ...]
    known: dict[tuple[str, object, type], str | None] = field(default_factory=dict)
    """Memory of classified values: contexts repeat a few."""


def compile_tables(rulebook: Rulebook, day: date) -> Tables:
    """Tables of the rules that hold on a day; the same object for all days between two changes of rules."""
    return _compiled(rulebook, rulebook.epoch(day))


@lru_cache(maxsize=64)
def _compiled(rulebook: Rulebook, day: date) -> Tables:
    rules = [_cited(rule, day) for rule in rulebook.rules if stands(rule, day)]
    floors = [
        c.lstrip("<>=") for rule in rules for test in rule.when if test.fact == "client_version" for c in test.classes
    ]
    names = sorted({test.fact for rule in rules for test in rule.when})
    facts = tuple(fact_at(rulebook.control(name), day, floors) for name in names)
    place = {fact.name: index for index, fact in enumerate(facts)}
    tables = tuple(
        _table(flow.id, [rule for rule in rules if rule.flow == flow.id], facts, place) for flow in rulebook.flows
    )
    return Tables(rulebook, day, facts, place, tuple(fact.absent for fact in facts), tables)


def stands(dated: Rule | Citation, day: date) -> bool:
    """Whether a rule or a citation holds on a day."""
    return dated.since <= day and (dated.until is None or day < dated.until)


def _cited(rule: Rule, day: date) -> Rule:
    return replace(rule, cites=tuple(cite for cite in rule.cites if stands(cite, day)))


def _table(flow: str, rules: list[Rule], facts: tuple[Fact, ...], place: Mapping[str, int]) -> Table:
    names = list(dict.fromkeys(test.fact for rule in rules for test in rule.when))
    own = tuple(facts[place[name]] for name in names)
    where = {name: index for index, name in enumerate(names)}
    ready = tuple((tuple((where[t.fact], expand(t, own[where[t.fact]])) for t in rule.when), rule) for rule in rules)
    places = tuple(place[name] for name in names)
    return Table(flow, own, places, _picker(places), ready, _groups(own, ready))


def _picker(places: tuple[int, ...]) -> Callable[[Sequence[str | None]], Classes]:
    if not places:
        return lambda _: ()
    if len(places) == 1:
        only = places[0]
        return lambda shared: (shared[only],)
    return itemgetter(*places)


def column(tables: Tables, table: Table, aspect: str) -> Table:
    """The table of one aspect alone: it reads fewer facts, so its whole space is small."""
    rules = [
        replace(r, then=tuple(t for t in r.then if t[0] == aspect)) for _, r in table.rules if aspect in dict(r.then)
    ]
    return _table(table.flow, rules, tables.facts, tables.place)


def _groups(facts: tuple[Fact, ...], rules: Conditions) -> tuple[Mapping[str | None, str | None], ...]:
    """For each fact: its classes, each with the first one that no rule of the table tells it from."""
    found = []
    for index, fact in enumerate(facts):
        wanted = [classes for tests, _ in rules for at, classes in tests if at == index]
        first: dict[tuple[bool, ...], str] = {}
        group: dict[str | None, str | None] = {None: None}
        for name in fact.classes:
            group[name] = first.setdefault(tuple(name in classes for classes in wanted), name)
            group[name + ASSUMED] = name + ASSUMED
        found.append(group)
    return tuple(found)


def expand(test: Test, fact: Fact) -> frozenset[str]:
    """Classes a condition means: `!x` is every other class, `>=V` and `<V` are versions."""
    wanted: set[str] = set()
    for text in test.classes:
        if text.startswith("!"):
            wanted |= set(fact.classes) - {text[1:]}
        elif text.startswith(">="):
            wanted |= {c for c in fact.classes if version_key_or_zero(c) >= version_key_or_zero(text[2:])}
        elif text.startswith("<"):
            wanted |= {c for c in fact.classes if version_key_or_zero(c) < version_key_or_zero(text[1:])}
        else:
            wanted.add(text)
    return stars(frozenset(wanted))
