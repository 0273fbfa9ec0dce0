"""Why a flow's verdict is what it is: the rules that hold, those that do not and why, what would flip it."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from carnet.errors import NotFoundError
from carnet.model.explanation import Branch, Explanation, Spell, Tried, Way
from carnet.model.rule import ASPECTS
from carnet.policy.compile import compile_tables
from carnet.policy.facts import ASSUMED
from carnet.policy.resolve import classify, verdict
from carnet.policy.table import UNKNOWN, UNSTATED
from carnet.policy.words import aspect_words, condition_words, given_words, settable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from carnet.model.flow import Flow, Reading
    from carnet.model.rule import Rule
    from carnet.model.verdict import Verdict
    from carnet.policy.compile import Tables
    from carnet.policy.contexts import Context
    from carnet.policy.facts import Fact
    from carnet.policy.rulebook import Rulebook
    from carnet.policy.table import Classes, Decided, Table


def explain(book: Rulebook, name: str, context: Context) -> Explanation:
    """All there is to say about one flow. Raises NotFoundError naming the near ones for an unknown flow."""
    flow = find_flow(book, name)
    tables = compile_tables(book, context.day)
    table, classes = _place(tables, flow.id, context.facts)
    found = verdict(table, classes)
    holding = table.holding(classes)
    decider = next((rule for rule in holding if rule.id == found.rule), None)
    return Explanation(
        flow=flow.id,
        title=flow.title,
        day=context.day,
        verdict=found,
        rule=decider,
        also=tuple(rule for rule in holding if rule.id in found.also),
        holds=tuple(rule for rule in holding if rule is not decider and rule.id not in found.also),
        tried=tuple(_tried(table, classes)),
        ways=tuple(_ways(tables, table, context.facts)),
        branches=tuple(_branches(table, classes)),
        spell=_spell(book, flow.id, context),
        controls=tuple(control for control in book.controls if flow.id in control.disables),
    )


def find_flow(book: Rulebook, name: str) -> Flow:
    """The flow of that id. Raises NotFoundError naming near ones."""
    flows = {flow.id: flow for flow in book.flows}
    if name in flows:
        return flows[name]
    near = get_close_matches(name.casefold(), list(flows), 3, 0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(flows)}"
    raise NotFoundError(f"no flow {name!r} in the pack {book.pack}; {hint}")


def _place(tables: Tables, flow: str, facts: Mapping[str, object]) -> tuple[Table, Classes]:
    table = next(table for table in tables.tables if table.flow == flow)
    return table, tuple(table.pick(classify(tables, facts)))


def _tried(table: Table, classes: Classes) -> Iterator[Tried]:
    for tests, rule in table.rules:
        failed = [(at, wanted) for at, wanted in tests if classes[at] is not None and classes[at] not in wanted]
        unknown = [at for at, _ in tests if classes[at] is None]
        if failed:
            told = [_unmet(table.facts[at], classes[at], wanted) for at, wanted in failed]
            yield Tried(rule, tuple(told), open=False)
        elif unknown:
            yield Tried(rule, tuple(given_words(table.facts[at].name, None) for at in unknown), open=True)


def _unmet(fact: Fact, given: str | None, wanted: frozenset[str]) -> str:
    if fact.kind in {"switch", "days", "rate"}:
        return given_words(fact.name, given)
    needed = [one for one in fact.classes if one in wanted]
    return f"{given_words(fact.name, given)}; it is for {condition_words(fact.name, needed, fact.classes)}"


def _ways(tables: Tables, table: Table, facts: Mapping[str, object]) -> Iterator[Way]:
    """Every one-fact change of the context that gives another verdict, tried as a person would make it."""
    shared = classify(tables, facts)
    now = verdict(table, table.pick(shared)).verdict
    for fact, given in zip(table.facts, table.pick(shared), strict=True):
        for one in fact.classes:
            if one == (given or "").removesuffix(ASSUMED):
                continue
            try:
                value = settable(fact, one)
            except LookupError:
                continue
            then = verdict(table, table.pick(classify(tables, {**facts, fact.name: value}))).verdict
            if then != now:
                yield Way(fact.name, value, one, then, condition_words(fact.name, (one,), fact.classes))


def _branches(table: Table, classes: Classes) -> Iterator[Branch]:
    """What each value of each missing fact would settle, alike values together."""
    decided = table.decide(classes)
    for name in sorted(frozenset[str]().union(*(one.missing for one in decided.values()))):
        at = next(at for at, fact in enumerate(table.facts) if fact.name == name)
        hanging = [aspect for aspect in ASPECTS[:-1] if name in decided.get(aspect, UNSTATED).missing]
        settled: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for one in table.facts[at].classes:
            then = table.decide((*classes[:at], one, *classes[at + 1 :]))
            settled.setdefault(tuple((aspect, _word(aspect, then)) for aspect in hanging), []).append(one)
        every = table.facts[at].classes
        for gives, values in settled.items():
            yield Branch(name, tuple(values), condition_words(name, values, every), gives)


def _word(aspect: str, decided: Mapping[str, Decided]) -> str:
    one = decided.get(aspect, UNSTATED)
    return UNKNOWN if one is UNSTATED and aspect == "verdict" else aspect_words(one.value)


def _spell(book: Rulebook, flow: str, context: Context) -> Spell | None:
    """Walk back the epochs while the same context gives the same verdict."""
    alone = _alone(book, flow)
    now = _verdict_on(alone, flow, context, context.day)
    since = None
    for day in (change for change in reversed(alone.changes) if change <= context.day):
        then = _verdict_on(alone, flow, context, day)
        if then.verdict != now.verdict:
            return None if since is None else Spell(since, earliest=False, before=then.verdict)
        since = day
    return None if since is None else Spell(since, earliest=True, before="")


@lru_cache(maxsize=64)
def _alone(book: Rulebook, flow: str) -> Rulebook:
    """One flow's rules, without their citations: what is needed to walk back a flow's verdict quickly."""
    rules = tuple(replace(rule, cites=()) for rule in book.rules if rule.flow == flow)
    read = {test.fact for rule in rules for test in rule.when}
    dated: list[Rule | Reading] = [*rules, *(one for name in read for one in book.control(name).readings)]
    days = {day for one in dated for day in (one.since, one.until) if day is not None}
    return replace(book, rules=rules, changes=tuple(sorted(days)))


def _verdict_on(book: Rulebook, flow: str, context: Context, day: date) -> Verdict:
    return verdict(*_place(compile_tables(book, day), flow, context.facts))
