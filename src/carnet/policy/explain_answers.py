"""An explanation as a plain value: what `carnet explain --json` says, and the pages' twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.instants import written
from carnet.policy.answers import citation_answer, verdict_answer
from carnet.policy.words import UNSET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.explanation import Explanation, Quote, Quoted
    from carnet.model.flow import Control
    from carnet.model.rule import Rule

Answer = dict[str, object]


def explanation_answer(found: Explanation, quotes: Sequence[Quoted], pack: str) -> Answer:
    """The verdict's fields, then why it is so."""
    return {
        **verdict_answer(found.verdict),
        "pack": pack,
        "as_of": found.day.isoformat(),
        "says": found.verdict.says,
        "controls": [_control(one) for one in found.controls],
        "since": found.spell.since.isoformat() if found.spell else None,
        "since_earliest": found.spell.earliest if found.spell else False,
        "before": found.spell.before or None if found.spell else None,
        "rule_since": found.rule.since.isoformat() if found.rule else None,
        "basis": found.rule.basis if found.rule else None,
        "conflict": found.rule.conflict or None if found.rule else None,
        "holds": [_rule(rule) for rule in found.holds],
        "tried": [{**_rule(one.rule), "why": list(one.why), "open": one.open} for one in found.tried],
        "would_flip": [
            {
                "fact": one.fact,
                "value": UNSET if one.value is None else one.value,
                "verdict": one.verdict,
                "words": one.words,
            }
            for one in found.ways
        ],
        "would_tell": [
            {"fact": one.fact, "values": list(one.values), "words": one.words, "gives": dict(one.gives)}
            for one in found.branches
        ],
        "quotes": [quoted_answer(one) for one in quotes],
    }


def quoted_answer(one: Quoted) -> Answer:
    """A citation with its sentence; `text` is None where it was never captured here."""
    return {**citation_answer(one.citation), **(_quote(one.quote) if one.quote else _NOT_HERE)}


_NOT_HERE: Answer = {"text": None, "captured": None, "first": None, "last": None, "link": None, "found_in": None}


def _quote(quote: Quote) -> Answer:
    return {
        "text": quote.text,
        "captured": written(quote.captured),
        "first": written(quote.first),
        "last": written(quote.last),
        "link": quote.link or None,
        "found_in": {"document": quote.document, "section": list(quote.section), "version": quote.version},
    }


def _rule(rule: Rule) -> Answer:
    return {"rule": rule.id, "means": rule.means, "then": dict(rule.then)}


def _control(control: Control) -> Answer:
    return {"fact": control.fact, "title": control.title, "effects": list(control.effects)}
