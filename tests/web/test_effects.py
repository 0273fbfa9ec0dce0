from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web import sample

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from carnet.settings import Settings
    from carnet.stores.contract import Store

BOX = 'id="effect"'


def box(client: TestClient, path: str) -> str:
    text = client.get(path).text
    return text.partition(BOX)[2].partition("</section>")[0] if BOX in text else ""


@pytest.fixture
def history(store: Store, settings: Settings, empty: TestClient, bundle: Path) -> TestClient:
    """A client over the real history of one document."""
    from carnet.documents.history.importing import Request, import_history  # noqa: PLC0415 - few tests

    import_history(store, settings, Request(str(bundle), "claude-code", ("*data-usage.md",)))
    return empty


def test_a_comparison_no_pack_covers_has_no_effect(client: TestClient) -> None:
    assert not box(client, "/documents/heron/terms/2026-04-01..2026-04-03")
    assert client.get("/documents/heron/terms/2026-04-01..2026-04-03.json").json()["effect"] is None


def test_sentences_no_rule_cites_are_said_to_be_so(store: Store, empty: TestClient) -> None:
    sample.covered(store)
    assert "No rule cites the changed sentences" in box(
        empty, "/documents/claude-code/data-usage/2026-04-01..2026-04-23"
    )


@pytest.mark.corpus
def test_a_real_change_ends_with_rules_and_shifts(history: TestClient) -> None:
    path = "/documents/claude-code/data-usage/2026-04-22..2026-04-24"
    found = box(history, path)
    assert "Rules that begin" in found
    assert "inference.at-rest-bedrock" in found
    assert "provider bedrock" in found
    assert "in 1 of 7 contexts" in found
    assert "Stale when it came" in found
    answer = history.get(f"{path}.json").json()["effect"]
    assert answer["pack"] == "claude-code"
    assert any(one["aspect"] == "at_rest" for one in answer["flows"])


@pytest.mark.corpus
def test_both_ends_the_same_have_no_effect(history: TestClient) -> None:
    assert not box(history, "/documents/claude-code/data-usage/2026-04-24..2026-04-24")
