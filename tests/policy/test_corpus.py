"""The bundled pack against the real history it was written from."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from carnet.cli.pack_check import examine
from carnet.documents.compare import version_text
from carnet.documents.lookup import find_document
from carnet.packs import named
from carnet.policy.drift import drift
from carnet.policy.history_effect import document_effect
from carnet.policy.quoting import Quotes

from .books import claude

if TYPE_CHECKING:
    from carnet.model.drift import Drift
    from carnet.stores.contract import Store

pytestmark = pytest.mark.corpus

SEMANTIC = {4, 6, 8, 9, 12, 13, 16, *range(20, 35), 37, 40, 41}
ADDITIONS = {8, 23, 37}
"""Semantic versions that only add: no cited sentence vanishes."""


@pytest.fixture(scope="module")
def replayed(claude_store: Store) -> dict[int, Drift]:
    """Every transition of data-usage, judged by the rules known before it."""
    store = claude_store.documents
    document = find_document(store, "claude-code/data-usage")
    return {
        new.number - 1: drift(
            document.name, version_text(store, old), version_text(store, new), claude().rules, old.at.date()
        )
        for old, new in pairwise(store.versions(document.id))
    }


def test_every_semantic_version_is_caught_by_one_of_the_two_signals(replayed: dict[int, Drift]) -> None:
    assert {n for n in SEMANTIC if not (replayed[n].alarming or replayed[n].uncovered)} == set()


def test_vanished_citations_alarm_at_every_semantic_version_that_is_no_pure_addition(
    replayed: dict[int, Drift],
) -> None:
    assert {n for n in SEMANTIC if not replayed[n].alarming} == ADDITIONS


def test_at_most_one_other_version_alarms(replayed: dict[int, Drift]) -> None:
    assert len({n for n, found in replayed.items() if found.alarming} - SEMANTIC) <= 1


def test_eleven_cosmetic_versions_are_silent(replayed: dict[int, Drift]) -> None:
    assert {n for n, found in replayed.items() if found.cosmetic} == {1, 2, 5, 7, 10, 11, 18, 19, 35, 38, 42}


def test_every_citation_is_quoted_from_the_version_it_names(claude_store: Store) -> None:
    quotes = Quotes(claude_store.documents)
    for cite in {cite for rule in claude().rules for cite in rule.cites}:
        found = quotes.quote(cite)
        assert found is not None, cite
        assert found.version.startswith(cite.version)
        assert found.first <= found.last


def test_the_pack_passes_its_own_check(claude_store: Store) -> None:
    report = examine(named("claude-code"), claude_store.documents, datetime.now(UTC).date())
    assert [finding.text for finding in report.findings] == []
    assert report.unchecked == 0


def test_the_survey_came_on_for_three_clouds(claude_store: Store) -> None:
    store = claude_store.documents
    versions = store.versions(find_document(store, "claude-code/data-usage").id)
    old, new = versions[11], versions[12]
    effect = document_effect(claude(), "data-usage", (old, new), (version_text(store, old), version_text(store, new)))
    turned_on = next(one for one in effect.shifts if (one.flow, one.old, one.new) == ("survey", "off", "on"))
    assert [dict(where)["provider"] for where in turned_on.where] == [("bedrock", "vertex", "foundry")]
