from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def test_a_phrase_is_found_with_when_it_appeared_and_vanished(client: TestClient) -> None:
    text = client.get("/search?q=thirty+days").text
    assert "heron/terms" in text
    assert 'href="/documents/heron/terms/at/2026-04-01T0709"' in text
    assert 'href="/documents/heron/terms/..2026-04-03T0809"' in text
    assert client.get("/documents/heron/terms/..2026-04-03T0809").status_code == 200


def test_a_phrase_that_came_back_says_so(client: TestClient) -> None:
    text = client.get("/search?q=Heron+keeps&collection=heron").text
    assert "Came back" in text
    assert "still there" in text


def test_a_search_can_be_kept_to_a_collection(client: TestClient) -> None:
    assert "lark/data-usage" in client.get("/search?q=telemetry").text
    assert "lark/data-usage" not in client.get("/search?q=telemetry&collection=heron").text


def test_words_that_were_never_there_are_said_to_be_missing(client: TestClient) -> None:
    assert "No version of any document holds" in client.get("/search?q=pelican").text


def test_markup_in_the_words_and_in_the_results_stays_text(client: TestClient) -> None:
    text = client.get("/search", params={"q": "<script>window.pwned"}).text
    assert "<script>window" not in text
    assert "&lt;script&gt;" in text
    assert "<mark>" in text


def test_the_json_twin_has_the_same_finds(client: TestClient) -> None:
    found = client.get("/search.json?q=thirty+days").json()
    assert found["words"] == "thirty days"
    assert {one["document"] for one in found["found"]} == {"heron/terms", "lark/data-usage"}
    assert client.get("/search.json").json()["found"] == []
