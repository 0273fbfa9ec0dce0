"""What an explanation tells beside the rule that decides."""

from __future__ import annotations

from carnet.policy.contexts import read_context
from carnet.policy.explain import explain
from tests.policy.books import DAY, claude


def test_a_default_that_no_document_says_anything_is_not_told_beside_rules_that_say_something() -> None:
    rules = claude()
    found = explain(rules, "metrics", read_context({"as_of": "2026-04-23", "provider": "anthropic"}, rules, DAY))
    assert "metrics.silent" in {rule.id for rule in found.holds}
    assert "metrics.silent" not in {rule.id for rule in found.besides}
    assert "metrics.to-statsig" in {rule.id for rule in found.besides}
