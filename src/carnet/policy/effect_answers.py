"""The effect of a change as plain values: what `carnet effect --json` and `carnet diff --json` say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.instants import written
from carnet.policy.words import aspect_words, where_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from carnet.model.rule import Rule
    from carnet.policy.compile import Tables
    from carnet.policy.effect import RuleChanges, Shift
    from carnet.policy.history import Changed

Answer = dict[str, object]


def shift_answer(shift: Shift, tables: Sequence[Tables]) -> Answer:
    """One aspect of one flow that differs, in how many contexts, and in which."""
    return {
        "flow": shift.flow,
        "aspect": shift.aspect,
        "old": value_answer(shift.old),
        "new": value_answer(shift.new),
        "changed": shift.changed,
        "contexts": shift.contexts,
        "where": places(shift, tables),
    }


def value_answer(value: str | tuple[str, ...]) -> object:
    """An aspect's value as a verdict's JSON writes it."""
    return value if isinstance(value, str) else list(value)


def places(shift: Shift, tables: Sequence[Tables]) -> list[str]:
    """The contexts of a shift in words, one line an alternative; `always` where it is all of them."""
    every = {fact.name: fact.classes for one in tables for fact in one.facts}
    return [where_words(conditions, every) for conditions in shift.where]


def rules_answer(changes: RuleChanges) -> Answer:
    return {
        "added": [rule_answer(rule) for rule in own_rules(changes.added)],
        "ended": [rule_answer(rule) for rule in own_rules(changes.ended)],
        "changed": [rule_answer(rule) for rule in own_rules(changes.recited)],
    }


def own_rules(rules: Sequence[Rule]) -> list[Rule]:
    """Rules without those that only follow another flow's rule of the same list (`FLOW.like/OTHER.rule`)."""
    named = {rule.id for rule in rules}
    return [rule for rule in rules if rule.id.partition("/")[2] not in named]


def rule_answer(rule: Rule) -> Answer:
    return {"rule": rule.id, "flow": rule.flow, "means": rule.means}


def changed_answer(one: Changed, added: int, removed: int) -> Answer:
    return {
        "document": one.document.full_name,
        "old": {"at": written(one.old.at), "version": one.old.digest},
        "new": {"at": written(one.new.at), "version": one.new.digest},
        "added": added,
        "removed": removed,
    }


def effect_answer(
    days: tuple[date, date], documents: Iterable[Answer], changes: RuleChanges, flows: Sequence[Answer]
) -> Answer:
    """All that two dates differ in."""
    old, new = days
    return {
        "old": old.isoformat(),
        "new": new.isoformat(),
        "documents": list(documents),
        "rules": rules_answer(changes),
        "flows": list(flows),
    }


def shift_line(shift: Shift, tables: Sequence[Tables]) -> str:
    """`survey verdict on -> off in 1,536 of 12,288 contexts: provider bedrock and DISABLE_TELEMETRY unset`."""
    told = f"{aspect_words(shift.old)} -> {aspect_words(shift.new)}"
    return (
        f"{shift.flow} {shift.aspect.replace('_', ' ')} {told} in {shift.changed:,} of {shift.contexts:,} "
        f"context{'' if shift.contexts == 1 else 's'}: {'; or '.join(places(shift, tables))}"
    )
