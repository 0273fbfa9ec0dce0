"""The rules of one flow on one date, compiled for deciding."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from carnet.model.rule import ASPECTS
from carnet.policy.facts import ASSUMED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from carnet.model.rule import Rule, Value
    from carnet.model.verdict import Verdict
    from carnet.policy.facts import Fact

Classes = tuple[str | None, ...]
"""One class for each fact of a table; None where it is not known."""


Conditions = tuple[tuple[tuple[tuple[int, frozenset[str]], ...], "Rule"], ...]
"""((index of the fact, classes for which the condition holds), ...) and the rule, in order."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One aspect's value, the rule that gave it, and the facts that leave it open."""

    value: Value
    rule: Rule | None
    missing: frozenset[str] = frozenset()


UNKNOWN = "unknown"
STOPPED: Mapping[str, Value] = {"recipients": (), "retention": "none", "training": "no"}
"""What follows from a flow being off, whatever else the rules say: nobody receives, keeps or trains."""
UNSTATED = Decided("unstated", None)


@dataclass(frozen=True, slots=True)
class Table:
    """All that decides one flow on one date."""

    flow: str
    facts: tuple[Fact, ...]
    places: tuple[int, ...]
    """Where each fact stands in the list that all tables share."""
    pick: Callable[[Sequence[str | None]], Classes]
    """This table's classes out of the shared list's."""
    rules: Conditions
    groups: tuple[Mapping[str | None, str | None], ...]
    """For each fact, its classes and the one that stands for each: no rule here tells them apart."""
    decided: dict[Classes, dict[str, Decided]] = field(default_factory=dict)
    """Memory of `decide`: few class tuples occur however many contexts are asked."""

    verdicts: dict[Classes, Verdict] = field(default_factory=dict)

    def decide(self, classes: Classes) -> dict[str, Decided]:
        """What each aspect is; an aspect that an unknown fact leaves open is `unknown` and names the fact.

        Exact: every value an unknown fact could take is followed, so a fact is named only where it matters.
        """
        kept = self.decided.get(classes)
        if kept is None:
            kept = self.decided[classes] = self._decide(classes)
        return kept

    def _decide(self, classes: Classes) -> dict[str, Decided]:
        found: dict[str, Decided] = {}
        for tests, rule in self.rules:
            if all(aspect in found for aspect, _ in rule.then):
                continue
            open_fact = _open_fact(tests, classes)
            if open_fact is None:
                continue
            if open_fact >= 0:
                return self._branch(classes, open_fact)
            for aspect, value in rule.then:
                found.setdefault(aspect, Decided(value, rule))
        state = found.get("verdict", UNSTATED)
        if state.value == "off":
            found.update({aspect: Decided(value, state.rule) for aspect, value in STOPPED.items()})
        return found

    def _branch(self, classes: Classes, index: int) -> dict[str, Decided]:
        fact = self.facts[index]
        before, after = classes[:index], classes[index + 1 :]
        branches = [self.decide((*before, value, *after)) for value in fact.classes]
        return {aspect: _merge([b.get(aspect) for b in branches], fact.name) for aspect in ASPECTS}

    def holding(self, classes: Classes) -> list[Rule]:
        """Rules that hold for certain, in order."""
        return [rule for tests, rule in self.rules if _open_fact(tests, classes) == -1]

    def grouped(self, classes: Classes) -> Classes:
        """The classes that stand for these: all that no rule here tells apart share one."""
        return tuple([group[name] for group, name in zip(self.groups, classes, strict=True)])

    def space(self) -> Iterator[tuple[Classes, int]]:
        """Every fully known context of this flow that its rules tell apart, and how many contexts it stands for."""
        sizes = [
            Counter(group[name] for name in fact.classes) for fact, group in zip(self.facts, self.groups, strict=True)
        ]
        for point in product(*sizes):
            yield point, prod(size[name] for size, name in zip(sizes, point, strict=True))


def _open_fact(tests: tuple[tuple[int, frozenset[str]], ...], classes: Classes) -> int | None:
    """-1 where all conditions hold, None where one does not, else the index of a fact that would tell."""
    unknown = -1
    for index, wanted in tests:
        given = classes[index]
        if given is None:
            unknown = index if unknown < 0 else unknown
        elif given not in wanted:
            return None
    return unknown


def _merge(branches: list[Decided | None], fact: str) -> Decided:
    known = [branch or UNSTATED for branch in branches]
    values = {branch.value for branch in known}
    missing = frozenset[str]().union(*(branch.missing for branch in known))
    if len(values) > 1:
        return Decided(UNKNOWN, None, missing | {fact})
    return Decided(UNKNOWN, None, missing) if missing else known[0]


def stars(classes: frozenset[str]) -> frozenset[str]:
    """Classes together with their assumed twins."""
    return classes | {name + ASSUMED for name in classes}
