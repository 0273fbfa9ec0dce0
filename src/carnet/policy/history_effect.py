"""What a change of one document does to the rules that cite it, and through them to behaviour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carnet.documents.sentences import sentences
from carnet.policy.compile import compile_tables, stands
from carnet.policy.drift import drift
from carnet.policy.effect import shifts
from carnet.policy.effect_answers import rule_answer, shift_answer, shift_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from carnet.model.document import Version
    from carnet.model.drift import Drift
    from carnet.model.rule import Rule
    from carnet.policy.compile import Tables
    from carnet.policy.effect import Shift
    from carnet.policy.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class DocumentEffect:
    """A document's change, seen from the rules of a pack."""

    pack: str
    touched: tuple[Rule, ...]
    """Rules that cite a sentence which came or went."""
    drift: Drift
    """What was in doubt when it happened."""
    shifts: tuple[Shift, ...]
    """What changed in behaviour, in flows whose rules rest on this document."""
    tables: tuple[Tables, Tables]


def document_effect(
    book: Rulebook, name: str, versions: tuple[Version, Version], texts: tuple[bytes, bytes]
) -> DocumentEffect:
    """The effect of one document's change between two of its versions."""
    old, new = (version.at.date() for version in versions)
    tables = compile_tables(with_only(book, name, old, old), old), compile_tables(with_only(book, name, old, new), old)
    return DocumentEffect(
        pack=book.pack,
        touched=_touched(book, name, max(old, new), texts),
        drift=drift(name, *texts, book.rules, old),
        shifts=tuple(shifts(*tables)),
        tables=tables,
    )


def with_only(book: Rulebook, name: str, old: date, new: date) -> Rulebook:
    """The rules of one day, with those that rest on one document as they are on another day.

    Other documents change in the same span; what follows from them is not this one's doing.
    """
    rules = (
        replace(rule, since=old, until=None)
        for rule in book.rules
        if stands(rule, new if any(cite.document == name for cite in rule.cites) else old)
    )
    return replace(book, rules=tuple(rules), changes=(old,))


def _touched(book: Rulebook, name: str, day: date, texts: tuple[bytes, bytes]) -> tuple[Rule, ...]:
    before, after = ({one.fingerprint for one in sentences(text)} for text in texts)
    changed = before ^ after
    return tuple(
        rule
        for rule in book.rules
        if "/" not in rule.id
        and any(c.document == name and c.fingerprint in changed and c.since <= day for c in rule.cites)
    )


def document_effect_answer(effect: DocumentEffect) -> dict[str, object]:
    """The key `effect` of a comparison's JSON."""
    return {
        "pack": effect.pack,
        "touched": [rule_answer(rule) for rule in effect.touched],
        "stale_rules": _ids(effect, reworded=False),
        "reworded_rules": _ids(effect, reworded=True),
        "uncovered": len(effect.drift.uncovered),
        "flows": [shift_answer(one, effect.tables) for one in effect.shifts],
    }


def effect_lines(effect: DocumentEffect) -> list[str]:
    """What a reader is told below a comparison, first of all whether any rule is touched."""
    return [*_rules(effect), *(shift_line(one, effect.tables) for one in effect.shifts)]


def _rules(effect: DocumentEffect) -> Iterator[str]:
    quiet = "" if effect.shifts else "; no verdict changes"
    if effect.touched:
        ids = ", ".join(rule.id for rule in effect.touched)
        yield f"{_counted(len(effect.touched), 'rule')} touched{quiet}: {ids}"
    else:
        yield f"no rule cites the changed sentences{quiet}"
    if stale := _ids(effect, reworded=False):
        yield f"{len(stale)} stale when it came: {', '.join(stale)}"
    if effect.drift.uncovered:
        yield f"{_counted(len(effect.drift.uncovered), 'new sentence')} no rule covered then"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _ids(effect: DocumentEffect, *, reworded: bool) -> list[str]:
    return list(dict.fromkeys(one.rule.id for one in effect.drift.stale if one.reworded is reworded))
