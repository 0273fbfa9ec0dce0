"""`carnet effect`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .test_explain import folder_of

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.stores.contract import Store

    from .conftest import Carnet


def test_a_change_of_behaviour_ends_with_1_and_names_the_contexts(carnet: Carnet, data: Path) -> None:
    shown = carnet("effect", "2026-03-13..2026-03-17", "--json")
    answer = json.loads(shown.out)
    assert (shown.status, answer["old"], answer["new"]) == (1, "2026-03-13", "2026-03-17")
    came_on = next(one for one in answer["flows"] if one["flow"] == "survey" and one["new"] == "on")
    assert (came_on["aspect"], came_on["old"], len(came_on["where"])) == ("verdict", "off", 1)
    assert came_on["where"][0].startswith("provider bedrock, vertex or foundry and ")
    assert 0 < came_on["changed"] < came_on["contexts"]
    assert "survey.default" in [one["rule"] for one in answer["rules"]["added"]]
    assert "survey.off-on-clouds" in [one["rule"] for one in answer["rules"]["ended"]]
    assert (answer["documents"], data.exists()) == ([], False)


def test_the_same_day_twice_has_no_effect(carnet: Carnet) -> None:
    shown = carnet("effect", "2026-04-23..2026-04-23")
    assert shown.status == 0
    assert "none: no flow's verdict" in shown.out


def test_text_tells_rules_and_effect(carnet: Carnet) -> None:
    shown = carnet("effect", "2026-04-22..2026-04-23")
    assert "Rule added  inference.tls12" in shown.out
    assert "Rule ended  inference.tls " in shown.out
    assert "  inference transit TLS -> TLS 1.2+ in 1 of 1 context: always" in shown.out


@pytest.mark.parametrize(
    ("span", "told"),
    [
        ("2026-04-22", "is no span of days"),
        ("..2026-04-22", "is no span of days"),
        ("2026-04-23..2026-04-22", "later than the second; write 2026-04-22..2026-04-23"),
        ("yesterday..today", "is no date"),
    ],
)
def test_a_span_that_is_none_is_refused(carnet: Carnet, span: str, told: str) -> None:
    shown = carnet("effect", span)
    assert shown.status == 2
    assert told in shown.err


@pytest.mark.corpus
def test_documents_come_with_their_lines(carnet: Carnet, claude_store: Store, data: Path) -> None:
    data.symlink_to(folder_of(claude_store))
    answer = json.loads(carnet("effect", "2026-04-22..2026-04-24", "--json").out)
    found = next(one for one in answer["documents"] if one["document"] == "claude-code/data-usage")
    assert (found["added"], found["removed"]) == (13, 4)
