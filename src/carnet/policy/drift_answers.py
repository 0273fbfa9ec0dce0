"""Drift as plain values: what `carnet drift --json` says, and the pages' twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.instants import written

if TYPE_CHECKING:
    from carnet.model.document import Sentence, Version
    from carnet.model.drift import Drift, Stale

Answer = dict[str, object]


def drift_answer(document: str, old: Version, new: Version, found: Drift) -> Answer:
    """One transition of one document, seen from the rules known before it."""
    return {
        "document": document,
        "old": {"at": written(old.at), "version": old.digest},
        "new": {"at": written(new.at), "version": new.digest},
        "stale_rules": [_stale(one) for one in found.stale],
        "uncovered": [_sentence(one) for one in found.uncovered],
        "cosmetic": found.cosmetic,
        "alarming": found.alarming,
    }


def _stale(one: Stale) -> Answer:
    return {
        "rule": one.rule.id,
        "flow": one.rule.flow,
        "means": one.rule.means,
        "document": one.citation.document,
        "section": one.citation.section,
        "fingerprint": one.citation.fingerprint,
        "text": one.sentence.text,
        "reworded": one.reworded,
        "successor": _sentence(one.successor) if one.successor else None,
    }


def _sentence(one: Sentence) -> Answer:
    return {
        "section": one.section[-1] if one.section else "",
        "fingerprint": one.fingerprint,
        "text": one.text,
        "line": one.line,
    }
