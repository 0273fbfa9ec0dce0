"""What a change of rules changes: which verdicts, in how many contexts, and in which."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from carnet.model.rule import Value  # noqa: TC001 - part of a public noun
from carnet.policy.compile import column
from carnet.policy.cubes import Conditions, describe
from carnet.policy.table import UNSTATED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.rule import Rule
    from carnet.policy.compile import Tables
    from carnet.policy.facts import Fact
    from carnet.policy.table import Classes, Table

EFFECTS = ("verdict", "recipients", "retention", "training", "transit", "at_rest", "cache")
"""Aspects whose change is an effect on data; necessity and purposes follow from the documents' words."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One aspect of one flow that differs between two dates."""

    flow: str
    aspect: str
    old: Value
    new: Value
    changed: int
    """Contexts in which it differs so."""
    contexts: int
    """All contexts that the facts read here make."""
    where: tuple[Conditions, ...]
    """Smallest description of the contexts: any of these; one with no condition means all of them."""


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """Rules that began, ended or changed their citations between two dates."""

    added: tuple[Rule, ...]
    ended: tuple[Rule, ...]
    recited: tuple[Rule, ...]
    """Rules that stand at both dates on other sentences."""


def rule_changes(old: Tables, new: Tables) -> RuleChanges:
    before = {rule.id: rule for table in old.tables for _, rule in table.rules}
    after = {rule.id: rule for table in new.tables for _, rule in table.rules}
    return RuleChanges(
        tuple(rule for name, rule in after.items() if name not in before),
        tuple(rule for name, rule in before.items() if name not in after),
        tuple(rule for name, rule in after.items() if name in before and rule.cites != before[name].cites),
    )


def shifts(old: Tables, new: Tables) -> list[Shift]:
    """Every aspect of every flow that differs in some context, walked over the whole space it depends on."""
    found = []
    for before, after in zip(old.tables, new.tables, strict=True):
        for aspect in EFFECTS:
            found += _shifts(column(old, before, aspect), column(new, after, aspect), aspect)
    return found


def _shifts(before: Table, after: Table, aspect: str) -> list[Shift]:
    if before.rules == after.rules:
        return []
    axes = [_Axis.of(name, before, after) for name in dict.fromkeys(f.name for f in (*before.facts, *after.facts))]
    changed: dict[tuple[Value, Value], list[tuple[int, ...]]] = {}
    for point in product(*(range(len(axis.groups)) for axis in axes)):
        was = before.decide(_at(before, axes, point, 0)).get(aspect, UNSTATED).value
        now = after.decide(_at(after, axes, point, 1)).get(aspect, UNSTATED).value
        if was != now:
            changed.setdefault((was, now), []).append(point)
    everything = prod(sum(len(group) for group in axis.groups) for axis in axes)
    return [
        Shift(before.flow, aspect, was, now, _weight(points, axes), everything, _described(points, axes))
        for (was, now), points in changed.items()
    ]


@dataclass(frozen=True, slots=True)
class _Axis:
    """One fact in both tables: the classes that neither tells apart, together."""

    name: str
    groups: tuple[tuple[str, ...], ...]
    stands: tuple[tuple[str | None, str | None], ...]
    """For each group the class that stands for it in the old and in the new table."""

    @classmethod
    def of(cls, name: str, before: Table, after: Table) -> _Axis:
        sides = [_side(table, name) for table in (before, after)]
        classes = dict.fromkeys(c for fact, _ in filter(None, sides) for c in fact.classes)
        groups: dict[tuple[str | None, str | None], list[str]] = {}
        for one in classes:
            stand = [None if side is None else side[1][side[0].nearest(one)] for side in sides]
            groups.setdefault((stand[0], stand[1]), []).append(one)
        return cls(name, tuple(tuple(group) for group in groups.values()), tuple(groups))


def _side(table: Table, name: str) -> tuple[Fact, dict[str | None, str | None]] | None:
    for fact, group in zip(table.facts, table.groups, strict=True):
        if fact.name == name:
            return fact, dict(group)
    return None


def _at(table: Table, axes: Sequence[_Axis], point: Sequence[int], side: int) -> Classes:
    given = {axis.name: axis.stands[index][side] for axis, index in zip(axes, point, strict=True)}
    return tuple([given[fact.name] for fact in table.facts])


def _weight(points: Sequence[tuple[int, ...]], axes: Sequence[_Axis]) -> int:
    return sum(prod(len(axis.groups[i]) for axis, i in zip(axes, point, strict=True)) for point in points)


def _described(points: Sequence[tuple[int, ...]], axes: Sequence[_Axis]) -> tuple[Conditions, ...]:
    return describe(points, [(axis.name, axis.groups) for axis in axes])
