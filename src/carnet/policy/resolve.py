"""Flow + context -> verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.model.verdict import Flip, Verdict
from carnet.policy.facts import ASSUMED
from carnet.policy.table import UNKNOWN, UNSTATED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carnet.model.rule import Citation
    from carnet.policy.compile import Tables
    from carnet.policy.facts import Fact
    from carnet.policy.table import Classes, Decided, Table

MOST_KNOWN = 10_000
"""Values remembered a date, so that hostile contexts cannot fill the memory."""


def resolve(tables: Tables, context: Mapping[str, object]) -> list[Verdict]:
    """One verdict a flow, in the pack's order. `context` has dotted keys (see facts.flatten)."""
    return resolved(tables, classify(tables, context))


def resolved(tables: Tables, shared: Sequence[str | None]) -> list[Verdict]:
    """The verdicts of classified facts."""
    return [verdict(table, table.pick(shared)) for table in tables.tables]


def classify(tables: Tables, context: Mapping[str, object]) -> list[str | None]:
    """The class of every fact, in the tables' order; None where it is not known."""
    shared = list(tables.absent)
    place, known = tables.place, tables.known
    for name, raw in implied(context).items():
        at = place.get(name)
        if at is not None and raw is not None:
            key = (name, raw, raw.__class__)
            shared[at] = known[key] if key in known else _learn(tables, name, raw)
    return shared


def _learn(tables: Tables, name: str, raw: object) -> str | None:
    found = tables.facts[tables.place[name]].classify(raw)
    if len(tables.known) < MOST_KNOWN:
        tables.known[(name, raw, raw.__class__)] = found
    return found


def implied(context: Mapping[str, object]) -> Mapping[str, object]:
    """The context, with the sign-in that a Pro or Max tier means unless the context says otherwise."""
    if context.get("tier") in {"pro", "max"} and context.get("credential") is None:
        return {**context, "credential": "subscription"}
    return context


def verdict(table: Table, classes: Classes) -> Verdict:
    """The verdict of one flow, built once for each tuple of classes that its rules tell apart."""
    kept = table.verdicts.get(classes)
    if kept is None:
        same = table.grouped(classes)
        kept = table.verdicts.get(same) or _verdict(table, same)
        if len(table.verdicts) < MOST_KNOWN:
            table.verdicts[classes] = table.verdicts[same] = kept
    return kept


def _verdict(table: Table, classes: Classes) -> Verdict:
    decided = table.decide(classes)
    state = decided.get("verdict", UNSTATED)
    sent = {} if state.value == "off" else decided  # what does not travel is not protected on its way
    return Verdict(
        flow=table.flow,
        verdict=_word(state) if state is not UNSTATED else UNKNOWN,
        necessity=_word(decided.get("necessity", UNSTATED)),
        purposes=_words(decided.get("purposes", UNSTATED)),
        recipients=_words(decided.get("recipients", UNSTATED)),
        retention=_word(decided.get("retention", UNSTATED)),
        training=_word(decided.get("training", UNSTATED)),
        transit=_word(sent.get("transit", UNSTATED)),
        at_rest=_word(sent.get("at_rest", UNSTATED)),
        says=_word(decided["says"]) if "says" in decided else "",
        rule=state.rule.id if state.rule else "",
        means=state.rule.means if state.rule else "",
        citations=_citations(state, decided),
        deciders=tuple((aspect, d.rule.id) for aspect, d in decided.items() if d.rule is not None),
        also=_also(table, classes, state),
        assumed=tuple(f.name for f, c in zip(table.facts, classes, strict=True) if c and c.endswith(ASSUMED)),
        missing=_missing(decided),
    )


def _missing(decided: Mapping[str, Decided]) -> tuple[str, ...]:
    return tuple(sorted(frozenset[str]().union(*(one.missing for one in decided.values()))))


def _word(decided: Decided) -> str:
    return decided.value if isinstance(decided.value, str) else ", ".join(decided.value)


def _words(decided: Decided) -> tuple[str, ...]:
    return decided.value if isinstance(decided.value, tuple) else (decided.value,)


def _citations(state: Decided, decided: Mapping[str, Decided]) -> tuple[Citation, ...]:
    told = (state,) if state.value == "off" else (state, *decided.values())
    rules = [d.rule for d in told if d.rule is not None]
    return tuple(dict.fromkeys(cite for rule in rules for cite in rule.cites))


def _also(table: Table, classes: Classes, state: Decided) -> tuple[str, ...]:
    return tuple(
        rule.id
        for rule in table.holding(classes)
        if rule is not state.rule and dict(rule.then).get("verdict") == state.value
    )


def flips(table: Table, classes: Classes) -> tuple[Flip, ...]:
    """Every one-fact change that gives another verdict; an unknown fact is tried with each of its classes."""
    now = verdict(table, classes).verdict
    found = []
    for index, fact in enumerate(table.facts):
        for other in _others(fact, classes[index]):
            then = verdict(table, (*classes[:index], other, *classes[index + 1 :])).verdict
            if then != now:
                found.append(Flip(fact.name, other, then))
    return tuple(found)


def _others(fact: Fact, given: str | None) -> list[str]:
    now = (given or "").removesuffix(ASSUMED)
    return [name for name in fact.classes if name != now]
