"""The smallest change of the user's settings that makes the verdicts as wanted."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from carnet.agent.want_compare import PERIOD
from carnet.policy.facts import fact_at
from carnet.policy.resolve import classify, resolved, verdict
from carnet.policy.table import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from carnet.model.flow import Control
    from carnet.model.machine import Located, Machine
    from carnet.model.want import Want
    from carnet.policy.compile import Tables
    from carnet.policy.table import Table

ABOVE = ("managed", "flags", "local", "project")
"""Layers that win over the user's settings."""
TOGETHER = 2
"""Controls that are tried together for one flow."""
MOST_TRIED = 4000
"""Combinations that are looked at before the best so far is taken."""
REMOVED = None


@dataclass(frozen=True, slots=True)
class Change:
    """One key of the settings file that gets another value."""

    fact: str
    """`env.NAME` or `settings.KEY`."""
    value: object
    """None takes the key away."""

    @property
    def path(self) -> tuple[str, ...]:
        family, _, name = self.fact.partition(".")
        return ("env", name) if family == "env" else tuple(name.split("."))


@dataclass(frozen=True, slots=True)
class Effect:
    """Something the change does beside what was asked for."""

    what: str
    by: str
    """The control that does it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be changed, what else follows, and what no change of this file can do."""

    changes: tuple[Change, ...] = ()
    effects: tuple[Effect, ...] = ()
    unreachable: tuple[str, ...] = ()
    """Sentences."""


@dataclass(frozen=True, slots=True)
class _Option:
    """One class a fact can be given, and how."""

    fact: str
    name: str
    change: Change


def plan(tables: Tables, machine: Machine, facts: Mapping[str, object], want: Want) -> Plan:
    """The smallest set of controls that makes wanted verdicts true: nothing else changes if that can be,
    then as few controls as can be, then those that are a flow's own.
    """
    fixed, blocked = _demanded(want, machine)
    start = {**facts, **{change.fact: change.value for change in fixed}}
    shared = tuple(classify(tables, start))
    options = list(_options(tables, machine, {change.fact for change in fixed}))
    found = _search(tables, shared, want, options)
    chosen = [*fixed, *(option.change for option in found)]
    after = resolved(tables, _applied(tables, shared, found))
    blocked += [
        _out_of_reach(one.flow, one.verdict, one.missing, want, machine, tables)
        for one in after
        if one.flow in want.flows and one.verdict not in want.flows[one.flow]
    ]
    before = resolved(tables, classify(tables, facts))
    moved = {
        new.flow: f"{new.flow} becomes {new.verdict} (was {old.verdict})"
        for old, new in zip(before, after, strict=True)
        if old.verdict != new.verdict and new.flow not in want.flows
    }
    effects = [Effect(text, _by(flow, chosen, tables)) for flow, text in moved.items()]
    effects += [effect for change in chosen if change.value is not REMOVED for effect in _told(change, tables)]
    return Plan(tuple(chosen), tuple(dict.fromkeys(effects)), tuple(blocked))


def _told(change: Change, tables: Tables) -> list[Effect]:
    """What the pack says a control does beside its purpose."""
    control = tables.rulebook.by_fact.get(change.fact)
    return [] if control is None else [Effect(text, change.fact.partition(".")[2]) for text in control.effects]


def _by(flow: str, chosen: Sequence[Change], tables: Tables) -> str:
    """The changed control that a flow's rules read."""
    table = next(table for table in tables.tables if table.flow == flow)
    read = {fact.name for fact in table.facts}
    return ", ".join(change.fact.partition(".")[2] for change in chosen if change.fact in read)


def _demanded(want: Want, machine: Machine) -> tuple[list[Change], list[str]]:
    """Values the policy names itself."""
    wishes: dict[str, object] = {f"settings.{key}": value for key, value in want.settings.items()}
    wishes |= {f"env.{name}": value for name, value in want.env.items()}
    key, default = PERIOD
    now = machine.settings.get(key)
    days = now.value if now is not None and isinstance(now.value, int) else default
    if want.local_days is not None and days > want.local_days:
        wishes[f"settings.{key}"] = want.local_days
    changes, blocked = [], []
    for fact, value in wishes.items():
        located = located_of(machine, fact)
        if (
            located is not None
            and located.value == value
            and isinstance(located.value, bool) == isinstance(value, bool)
        ):
            continue
        if located is not None and located.layer in ABOVE:
            blocked.append(f"{fact.partition('.')[2]} is set at {located.place}, which wins over the user's settings.")
        else:
            changes.append(Change(fact, value))
    return changes, blocked


def located_of(machine: Machine, fact: str) -> Located | None:
    family, _, name = fact.partition(".")
    return (machine.env if family == "env" else machine.settings).get(name)


def _options(tables: Tables, machine: Machine, taken: set[str]) -> Iterator[_Option]:
    """Every class that a change of the user's settings can give a fact, a flow's own switches first."""
    narrow = sorted(tables.rulebook.controls, key=lambda control: len(control.disables))
    for control in narrow:
        if control.fact in tables.place and control.fact not in taken and "user" in control.scopes:
            located = located_of(machine, control.fact)
            if located is None or located.layer not in ABOVE:
                yield from _values(control, tables, located)


def _values(control: Control, tables: Tables, located: Located | None) -> Iterator[_Option]:
    fact = fact_at(control, tables.day, ())
    tried: list[object] = ["1", REMOVED, "", "0"] if control.fact.startswith("env.") else [True, REMOVED, False]
    if control.kind == "rate":
        tried = [0, REMOVED, 1]
    seen: set[str] = set()
    for value in tried:
        effective = value
        if value is REMOVED:
            if located is None or located.layer != "user":
                continue
            effective = located.shadowed[0].value if located.shadowed else None
        name = fact.absent if effective is None else fact.classify(effective)
        if name is not None and name not in seen:
            seen.add(name)
            yield _Option(control.fact, name, Change(control.fact, value))


def _search(
    tables: Tables, shared: tuple[str | None, ...], want: Want, options: Sequence[_Option]
) -> tuple[_Option, ...]:
    """The cheapest set of options; flows that none can reach are left as they are."""
    wanted = {flow: verdicts for flow, verdicts in want.flows.items() if any(t.flow == flow for t in tables.tables)}
    start = {one.flow: one.verdict for one in resolved(tables, shared)}
    best: tuple[tuple[float, ...], tuple[_Option, ...]] = (_cost(start, start, wanted, (), tables), ())
    stack: list[tuple[_Option, ...]] = [()]
    seen: set[frozenset[_Option]] = {frozenset()}
    while stack and len(seen) < MOST_TRIED:
        chosen = stack.pop()
        for more in _next(tables, shared, wanted, options, chosen):
            tried = (*chosen, *more)
            if frozenset(tried) in seen:
                continue
            seen.add(frozenset(tried))
            after = {one.flow: one.verdict for one in resolved(tables, _applied(tables, shared, tried))}
            cost = _cost(start, after, wanted, tried, tables)
            best = min(best, (cost, tried), key=lambda pair: pair[0])
            stack.append(tried)
    return best[1]


def _next(
    tables: Tables,
    shared: tuple[str | None, ...],
    wanted: Mapping[str, tuple[str, ...]],
    options: Sequence[_Option],
    chosen: tuple[_Option, ...],
) -> Iterator[tuple[_Option, ...]]:
    """Ways to satisfy any flow that is not yet as wanted, with facts that were not yet chosen."""
    now = _applied(tables, shared, chosen)
    used = {option.fact for option in chosen}
    for table in tables.tables:
        if table.flow in wanted and verdict(table, table.pick(now)).verdict not in wanted[table.flow]:
            free = [one for one in options if one.fact not in used and any(f.name == one.fact for f in table.facts)]
            yield from _ways(tables, table, now, wanted[table.flow], free)


def _ways(
    tables: Tables, table: Table, now: tuple[str | None, ...], wanted: Sequence[str], free: Sequence[_Option]
) -> list[tuple[_Option, ...]]:
    """The smallest sets of options that satisfy one flow."""
    for size in range(1, TOGETHER + 1):
        found = [
            some
            for some in combinations(free, size)
            if len({one.fact for one in some}) == size
            and verdict(table, table.pick(_applied(tables, now, some))).verdict in wanted
        ]
        if found:
            return found
    return []


def _applied(tables: Tables, shared: tuple[str | None, ...], options: Sequence[_Option]) -> tuple[str | None, ...]:
    changed = list(shared)
    for option in options:
        changed[tables.place[option.fact]] = option.name
    return tuple(changed)


def _cost(
    start: Mapping[str, str],
    after: Mapping[str, str],
    wanted: Mapping[str, tuple[str, ...]],
    chosen: Sequence[_Option],
    tables: Tables,
) -> tuple[float, ...]:
    """Not as wanted, then what else changes, then how many controls, then how wide they are, then the pack's order."""
    unmet = sum(after[flow] not in verdicts for flow, verdicts in wanted.items())
    liking = sum(verdicts.index(after[flow]) for flow, verdicts in wanted.items() if after[flow] in verdicts)
    beside = sum(after[flow] != start[flow] for flow in start if flow not in wanted)
    controls = [tables.rulebook.by_fact[option.fact] for option in chosen]
    order = sum(tables.rulebook.controls.index(control) for control in controls)
    return (
        unmet,
        beside,
        len(chosen),
        sum(len(c.effects) for c in controls),
        sum(len(c.disables) for c in controls),
        liking,
        order,
    )


def _out_of_reach(flow: str, now: str, missing: Sequence[str], want: Want, machine: Machine, tables: Tables) -> str:
    wanted = " or ".join(want.flows[flow])
    table = next(table for table in tables.tables if table.flow == flow)
    for fact in table.facts:
        located = located_of(machine, fact.name) if fact.name.startswith(("env.", "settings.")) else None
        if located is not None and located.layer in ABOVE:
            name = fact.name.partition(".")[2]
            return f"{flow} stays {now} (wanted {wanted}): {name} is set at {located.place}, which wins."
    if now == UNKNOWN and missing:
        return f"{flow} stays {now} (wanted {wanted}): {', '.join(missing)} not known; give it with --if FACT=VALUE."
    return f"{flow} stays {now} (wanted {wanted}): no control of the user's settings changes that."
