"""Which rules a new version of a document puts in doubt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carnet.documents.noise import cosmetic
from carnet.documents.sentences import sentences
from carnet.model.drift import Drift, Stale

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from carnet.model.document import Sentence
    from carnet.model.rule import Citation, Rule

NEAR = 55
"""Likeness (0 to 100) from which a new sentence is proposed as the successor of a vanished one."""
SAME = 95
"""Likeness (0 to 100) from which a vanished sentence counts as reworded; set on the history of one document."""
_NUMBER = re.compile(r"\d[\d.]*")
_NEGATION = re.compile(r"\b(?:not|never|no|none|without|unless|except|cannot)\b|n't\b", re.IGNORECASE)


def drift(
    document: str, old: bytes, new: bytes, rules: Sequence[Rule], day: date, passages: frozenset[str] = frozenset()
) -> Drift:
    """What one transition puts in doubt, judged by the rules known on `day`, the old version's.

    `passages` are fingerprints of sentences judged to state no rule.
    """
    if cosmetic(old, new):
        return Drift((), (), cosmetic=True)
    before, after = sentences(old), sentences(new)
    cited = known_citations(document, rules, day)
    gone = _missing(before, after)
    come = _missing(after, before)
    sections = {one.section for one in (*before, *after) if one.fingerprint in cited}
    lost = [(sentence, nearest(sentence, come)) for sentence in gone if sentence.fingerprint in cited]
    stale = tuple(
        Stale(rule, cite, sentence, successor, reworded(sentence, successor))
        for sentence, successor in lost
        for rule, cite in _each_rule_once(cited[sentence.fingerprint], sentence)
    )
    fresh = (one for one in come if one.fingerprint not in cited and one.fingerprint not in passages)
    return Drift(stale, tuple(one for one in fresh if one.section in sections), cosmetic=False)


def known_citations(document: str, rules: Sequence[Rule], day: date) -> Mapping[str, list[tuple[Rule, Citation]]]:
    """By fingerprint: the rules of a day and their citations of one document, written down by that day."""
    found: dict[str, list[tuple[Rule, Citation]]] = {}
    for rule in rules:
        if rule.since <= day and "/" not in rule.id:
            for cite in rule.cites:
                if cite.document == document and cite.since <= day:
                    found.setdefault(cite.fingerprint, []).append((rule, cite))
    return found


def _each_rule_once(cited: Sequence[tuple[Rule, Citation]], sentence: Sentence) -> list[tuple[Rule, Citation]]:
    """Each rule with one citation of a sentence: that of the section it stood in last, else the newest."""
    here = sentence.section[-1] if sentence.section else ""
    ordered = sorted(cited, key=lambda pair: (pair[1].section == here, pair[1].since))
    return list({rule.id: (rule, cite) for rule, cite in ordered}.values())


def nearest(vanished: Sentence, among: Sequence[Sentence]) -> Sentence | None:
    """The sentence most like a vanished one, if any is near; one in the same section goes first among equals."""
    from rapidfuzz import fuzz  # noqa: PLC0415 - only where something vanished

    best, score = None, float(NEAR)
    for one in among:
        likeness = fuzz.token_sort_ratio(vanished.text, one.text) + (5 if one.section == vanished.section else 0)
        if likeness > score:
            best, score = one, likeness
    return best


def reworded(vanished: Sentence, successor: Sentence | None) -> bool:
    """Whether the successor says nearly the same: alike, no number exchanged for another, no negation come or gone."""
    from rapidfuzz import fuzz  # noqa: PLC0415 - only where something vanished

    if successor is None or fuzz.ratio(vanished.text, successor.text) < SAME:
        return False
    old, new = (set(_NUMBER.findall(one.text)) for one in (vanished, successor))
    denials = [len(_NEGATION.findall(one.text)) for one in (vanished, successor)]
    return not (old - new and new - old) and denials[0] == denials[1]


def _missing(these: Iterable[Sentence], those: Iterable[Sentence]) -> list[Sentence]:
    """Sentences of one version that the other has nowhere, each once."""
    other = {sentence.fingerprint for sentence in those}
    return list({one.fingerprint: one for one in these if one.fingerprint not in other}.values())
