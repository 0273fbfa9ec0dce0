from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web import sample

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from carnet.settings import Settings
    from carnet.stores.contract import Store

PAGE = "/documents/claude-code/data-usage/annotated/2026-04-23"


@pytest.fixture
def pages(store: Store, empty: TestClient) -> TestClient:
    """A client over an invented text under a name the bundled pack knows."""
    sample.covered(store)
    return empty


def test_rules_whose_sentence_is_not_there_are_stale_and_shown(pages: TestClient) -> None:
    text = pages.get(PAGE).text
    assert "citations are stale" in text
    assert "<code>feedback.kept-5-years</code>" in text
    stale = pages.get(f"{PAGE}.json").json()["stale"]
    assert {"rule", "section", "fingerprint"} == set(stale[0])


def test_a_document_no_pack_speaks_of_is_said_to_be_so(client: TestClient) -> None:
    found = client.get("/documents/heron/terms/annotated/2026-04-01")
    assert found.status_code == 404
    assert "No pack has rules that speak of heron/terms" in found.text


def test_a_version_leads_to_its_rules_and_back(pages: TestClient) -> None:
    text = pages.get("/documents/claude-code/data-usage/at/2026-04-23").text
    assert 'href="/documents/claude-code/data-usage/annotated/2026-04-23T0709">With its rules' in text
    assert 'href="/documents/claude-code/data-usage/at/2026-04-23T0709">Without rules' in pages.get(PAGE).text


@pytest.mark.corpus
def test_the_whole_of_the_founding_page_is_covered(
    store: Store, settings: Settings, empty: TestClient, bundle: Path
) -> None:
    from carnet.documents.history.importing import Request, import_history  # noqa: PLC0415 - one test

    import_history(store, settings, Request(str(bundle), "claude-code", ("*data-usage.md",)))
    path = "/documents/claude-code/data-usage/annotated/2026-04-24"
    answer = empty.get(f"{path}.json").json()
    assert (answer["coverage"], answer["uncovered"], answer["stale"]) == (100.0, [], [])
    text = empty.get(path).text
    assert "100 %" in text
    assert text.count('class="an an-cited"') == len(answer["cited"])
    assert "survey.rating-only" in text
