"""`carnet drift`, and what captures remember for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .test_explain import folder_of

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.stores.contract import Store

    from .conftest import Carnet


@pytest.fixture
def claude(claude_store: Store, data: Path) -> None:
    """The bundled history in the test's data folder."""
    data.symlink_to(folder_of(claude_store))


@pytest.mark.corpus
@pytest.mark.usefixtures("claude")
def test_rules_whose_sentence_vanished_are_stale_and_name_a_successor(carnet: Carnet) -> None:
    shown = carnet("drift", "data-usage", "2026-04-22..2026-04-24", "--json")
    answer = json.loads(shown.out)
    assert (shown.status, answer["cosmetic"]) == (1, False)
    stale = {one["rule"]: one for one in answer["stale_rules"]}
    assert {"inference.tls", "feedback.encrypted"} <= set(stale)
    assert stale["inference.tls"]["successor"]["fingerprint"] != stale["inference.tls"]["fingerprint"]
    assert {"rule", "means", "document", "section", "fingerprint", "reworded", "successor"} <= set(
        stale["inference.tls"]
    )
    assert all({"section", "fingerprint", "text"} <= set(one) for one in answer["uncovered"])


@pytest.mark.corpus
@pytest.mark.usefixtures("claude")
def test_a_cosmetic_version_is_silent(carnet: Carnet) -> None:
    shown = carnet("drift", "data-usage")
    assert (shown.status, shown.out.splitlines()[1]) == (0, "  cosmetic: the sentences are the same")


@pytest.mark.corpus
@pytest.mark.usefixtures("claude")
def test_a_version_that_only_adds_gives_the_second_signal(carnet: Carnet) -> None:
    answer = json.loads(carnet("drift", "data-usage", "2026-02-20..2026-02-25", "--json").out)
    assert (answer["stale_rules"], len(answer["uncovered"])) == ([], 1)


@pytest.mark.corpus
@pytest.mark.usefixtures("claude")
def test_a_comparison_of_a_covered_document_ends_with_its_effect(carnet: Carnet, tmp_path: Path) -> None:
    span = ("diff", "data-usage", "2026-04-22..2026-04-24")
    assert "\nEffect  " in carnet(*span).out
    answer = json.loads(carnet(*span, "--json").out)
    assert "inference.tls" in answer["effect"]["stale_rules"]
    assert "transit" in {one["aspect"] for one in answer["effect"]["flows"]}
    carnet(*span, "--html", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text("utf-8")
    assert page.index('<section class="cn-closing"><h2>Effect</h2>') > page.index("<main>")


@pytest.mark.usefixtures("history")
def test_a_document_no_pack_covers_has_no_effect_and_no_drift(carnet: Carnet) -> None:
    assert json.loads(carnet("diff", "keeping", "--json").out)["effect"] is None
    assert "Effect" not in carnet("diff", "keeping").out
    shown = carnet("drift", "keeping")
    assert shown.status == 2
    assert "no rule speaks of juniper/keeping" in shown.err


def test_without_a_document_what_captures_found_is_listed(carnet: Carnet, data: Path) -> None:
    assert (carnet("drift").out, carnet("drift").status) == ("No capture has put a rule in doubt.\n", 0)
    assert json.loads(carnet("drift", "--json").out) == {"alerts": []}
    assert not data.exists()
