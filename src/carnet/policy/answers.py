"""Verdicts as plain values: what the command line's --json and the pages' twins say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.rule import Citation
    from carnet.model.verdict import Flip, Verdict


def verdict_answer(verdict: Verdict) -> dict[str, object]:
    """One verdict, with the fields of the design in their order."""
    return {
        "flow": verdict.flow,
        "verdict": verdict.verdict,
        "necessity": verdict.necessity,
        "purposes": list(verdict.purposes),
        "recipients": list(verdict.recipients),
        "retention": verdict.retention,
        "training": verdict.training,
        "transit": verdict.transit,
        "at_rest": verdict.at_rest,
        "rule": verdict.rule,
        "means": verdict.means,
        "citations": [citation_answer(cite) for cite in verdict.citations],
        "also": list(verdict.also),
        "assumed": list(verdict.assumed),
        "missing": list(verdict.missing),
    }


def citation_answer(cite: Citation) -> dict[str, object]:
    return {
        "document": cite.document,
        "section": cite.section,
        "fingerprint": cite.fingerprint,
        "version": cite.version,
        "since": cite.since.isoformat(),
    }


def flips_answer(flips: Sequence[Flip]) -> list[dict[str, str]]:
    return [{"fact": flip.fact, "value": flip.value, "verdict": flip.verdict} for flip in flips]
