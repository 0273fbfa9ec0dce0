from __future__ import annotations

from carnet.model.verdict import Flip
from carnet.policy.answers import flips_answer, verdict_answer
from tests.policy.books import ask, claude


def test_a_verdict_names_its_citations_by_fingerprint_and_version_and_quotes_nothing() -> None:
    answer = verdict_answer(ask(claude(), "metrics", provider="anthropic", as_of="2026-04-23"))
    cites = answer["citations"]
    assert isinstance(cites, list)
    assert {key for cite in cites for key in cite} == {"document", "section", "fingerprint", "version", "since"}


def test_flips_are_plain_values() -> None:
    assert flips_answer([Flip("env.X", "on", "off")]) == [{"fact": "env.X", "value": "on", "verdict": "off"}]
