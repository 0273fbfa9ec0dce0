"""Reads a pack's flows, controls and rules, and refuses what contradicts itself, naming file and rule."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import date  # noqa: TC003 - msgspec reads the annotation
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import msgspec

from carnet.errors import CarnetError
from carnet.model.flow import Control, Flow, Reading
from carnet.model.rule import ASPECTS, Citation, Rule, Test

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from carnet.model.rule import Value
    from carnet.packs import Pack

T = TypeVar("T")
BASES = ("documented", "observed", "silent", "inferred", "own")


class _Cite(msgspec.Struct, forbid_unknown_fields=True):
    document: str
    section: str
    fingerprint: str
    version: str
    since: date | None = None
    until: date | None = None


class _Rule(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    flow: str
    since: date
    means: str
    when: dict[str, object] = {}
    then: dict[str, str | list[str]] = {}
    like: str = ""
    until: date | None = None
    basis: str = "documented"
    conflict: str = ""
    supersedes: list[str] = []
    cites: list[_Cite] = []


class _Reading(msgspec.Struct, forbid_unknown_fields=True):
    reads: str
    on: list[str] = []
    off: list[str] = []
    since: date | None = None
    until: date | None = None


class _Control(msgspec.Struct, forbid_unknown_fields=True):
    fact: str
    title: str
    kind: str = "switch"
    reading: list[_Reading] = []
    classes: list[str] = []
    scopes: list[str] = []
    default: str | None = None
    disables: list[str] = []
    effects: list[str] = []
    since: date | None = None
    until: date | None = None


class _Flow(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    title: str
    data: str


@dataclass(frozen=True, eq=False)
class Rulebook:
    """A pack's flows, controls and rules. Compared by identity, so that compiled tables can be kept for it."""

    pack: str
    flows: tuple[Flow, ...]
    controls: tuple[Control, ...]
    rules: tuple[Rule, ...]
    changes: tuple[date, ...]
    """Every day on which a rule, a citation or a reading begins or ends, ascending."""

    by_fact: Mapping[str, Control]
    """The controls by the fact they set."""

    def control(self, fact: str) -> Control:
        return self.by_fact[fact]

    def epoch(self, day: date) -> date:
        """The last change on or before a day: all days of one epoch have the same rules."""
        return max((change for change in self.changes if change <= day), default=day)


@cache
def rulebook(pack: Pack) -> Rulebook:
    """The pack's rulebook. Raises CarnetError naming file and rule for what cannot be used."""
    return read_rulebook(pack.id, pack.folder)


def read_rulebook(pack: str, folder: Path) -> Rulebook:
    """Read flows.toml, controls.toml and rules/*.toml of a pack's folder."""
    flows = tuple(Flow(f.id, f.title, f.data) for f in _rows(folder / "flows.toml", "flow", _Flow))
    controls = tuple(
        _control(c, folder / "controls.toml") for c in _rows(folder / "controls.toml", "control", _Control)
    )
    read = [(file, row) for file in sorted((folder / "rules").glob("*.toml")) for row in _rows(file, "rule", _Rule)]
    known = {flow.id for flow in flows}
    facts = {control.fact for control in controls}
    rules = [_rule(row, file, known, facts) for file, row in read]
    _judge(rules, read)
    expanded = tuple(_expanded(rules, [row.like for _, row in read]))
    return Rulebook(pack, flows, controls, expanded, _changes(expanded, controls), {c.fact: c for c in controls})


def _rows(file: Path, key: str, kind: type[T]) -> list[T]:
    try:
        tree = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CarnetError(f"{file}: the pack's file cannot be read: {error}") from error
    listed = tree.get(key, [])
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise CarnetError(f"{file}: {key} must be a list of tables, each begun with [[{key}]]")
    rows = []
    for number, row in enumerate(listed, 1):
        try:
            rows.append(msgspec.convert(row, kind))
        except msgspec.ValidationError as error:
            name = row.get("id") or row.get("fact") or f"number {number}"
            raise CarnetError(f"{file}: {key} {name}: {error}") from error
    return rows


def _control(row: _Control, file: Path) -> Control:
    if any(reading.reads not in {"set", "nonempty", "truthy", "value"} for reading in row.reading):
        raise CarnetError(f"{file}: control {row.fact}: reads must be set, nonempty, truthy or value")
    readings = tuple(Reading(r.reads, tuple(r.on), tuple(r.off), r.since, r.until) for r in row.reading)
    return Control(
        row.fact,
        row.title,
        readings,
        tuple(row.classes),
        tuple(row.scopes),
        row.kind,
        row.default,
        tuple(row.disables),
        tuple(row.effects),
        row.since,
        row.until,
    )


def _rule(row: _Rule, file: Path, flows: set[str], facts: set[str]) -> Rule:
    where = f"{file}: rule {row.id}"
    if row.flow not in flows:
        raise CarnetError(f"{where}: unknown flow {row.flow!r}; flows.toml lists them")
    if unknown := sorted(set(row.when) - facts):
        raise CarnetError(f"{where}: unknown fact {unknown[0]!r} in when; controls.toml lists them")
    if unknown := sorted(set(row.then) - set(ASPECTS)):
        raise CarnetError(f"{where}: unknown aspect {unknown[0]!r} in then; there are: {', '.join(ASPECTS)}")
    if not row.then and not row.like:
        raise CarnetError(f"{where}: decides nothing; give it a then")
    if row.until is not None and row.until <= row.since:
        raise CarnetError(f"{where}: until {row.until} is not after since {row.since}")
    if row.basis not in BASES:
        raise CarnetError(f"{where}: basis must be one of {', '.join(BASES)}")
    if not row.cites and row.basis == "documented":
        raise CarnetError(f"{where}: cites nothing; cite a sentence, or mark its basis as observed, silent or own")
    return Rule(
        row.id,
        row.flow,
        tuple(_test(fact, wanted, where) for fact, wanted in row.when.items()),
        tuple((aspect, _value(value)) for aspect, value in row.then.items()),
        row.means,
        tuple(
            Citation(c.document, c.section, c.fingerprint, c.version, c.since or row.since, c.until) for c in row.cites
        ),
        row.since,
        row.until,
        tuple(row.supersedes),
        row.basis,
        row.conflict,
        where,
    )


def _value(value: str | list[str]) -> Value:
    return value if isinstance(value, str) else tuple(value)


def _test(fact: str, wanted: object, where: str) -> Test:
    classes = [wanted] if not isinstance(wanted, list) else wanted
    words = [("on" if one else "off") if isinstance(one, bool) else one for one in classes]
    if not words or not all(isinstance(word, str) for word in words):
        raise CarnetError(f"{where}: when.{fact} must be a word or a list of words")
    return Test(fact, frozenset(str(word) for word in words))


def _judge(rules: Sequence[Rule], read: Sequence[tuple[Path, _Rule]]) -> None:
    """Refuse twice-given ids, supersedes that lead nowhere or in a circle, and `like` of an unknown flow."""
    by_id: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in by_id:
            raise CarnetError(f"{rule.where}: the id is taken by {by_id[rule.id].where}")
        by_id[rule.id] = rule
    flows = {rule.flow for rule in rules}
    for rule, (_, row) in zip(rules, read, strict=True):
        if row.like and (row.like not in flows or row.like == row.flow):
            raise CarnetError(f"{rule.where}: like {row.like!r} must name another flow with rules")
        for old in rule.supersedes:
            if old not in by_id:
                raise CarnetError(f"{rule.where}: supersedes unknown rule {old!r}")
        if _reaches(rule, rule.id, by_id, set()):
            raise CarnetError(f"{rule.where}: supersedes itself in a circle")


def _reaches(rule: Rule, wanted: str, by_id: dict[str, Rule], seen: set[str]) -> bool:
    for old in rule.supersedes:
        if old == wanted:
            return True
        if old not in seen and old in by_id:
            seen.add(old)
            if _reaches(by_id[old], wanted, by_id, seen):
                return True
    return False


def _expanded(rules: Sequence[Rule], like: Sequence[str]) -> Iterator[Rule]:
    """Rules in order; one that says `like FLOW` stands for all of that flow's rules, but what they say of the state."""
    for rule, other in zip(rules, like, strict=True):
        if not other:
            yield rule
        for twin in rules:
            if other and twin.flow == other:
                yield from _as_twin(rule, twin)


def _as_twin(rule: Rule, twin: Rule) -> Iterator[Rule]:
    then = tuple(
        (aspect, value) for aspect, value in twin.then if aspect not in {"verdict", "necessity", "purposes", "says"}
    )
    since = max(rule.since, twin.since)
    until = min((end for end in (rule.until, twin.until) if end is not None), default=None)
    if then and (until is None or since < until):
        yield replace(
            twin,
            id=f"{rule.id}/{twin.id}",
            flow=rule.flow,
            then=then,
            since=since,
            until=until,
            cites=(*rule.cites, *twin.cites),
            means=f"{rule.means} {twin.means}",
        )


def _changes(rules: Sequence[Rule], controls: Sequence[Control]) -> tuple[date, ...]:
    days = {day for rule in rules for day in (rule.since, rule.until)}
    days |= {day for rule in rules for cite in rule.cites for day in (cite.since, cite.until)}
    days |= {day for control in controls for reading in control.readings for day in (reading.since, reading.until)}
    return tuple(sorted(day for day in days if day is not None))
