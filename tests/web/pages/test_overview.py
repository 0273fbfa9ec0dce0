from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def row(client: TestClient, name: str) -> str:
    rows = (part.partition("</tr>")[0] for part in client.get("/").text.split("<tr data-step>")[1:])
    return next(one for one in rows if f"/documents/heron/{name}" in one)


def test_a_row_has_strip_last_change_last_check_and_state(client: TestClient) -> None:
    text = row(client, "terms")
    assert 'role="img"' in text
    assert "The newest 6 captures: 6 changed" in text
    assert 'href="/documents/heron/terms/2026-04-09T1109..2026-04-11T1209"' in text
    assert "+4" in text
    assert "Watched" in text


def test_a_document_that_was_never_captured_says_why(client: TestClient) -> None:
    assert "Not yet captured" in row(client, "never")
    assert "could not be resolved" in row(client, "never")
    assert "not watched, and nothing was imported" in row(client, "waiting")


def test_what_could_not_be_fetched_is_said_above_the_listing(client: TestClient) -> None:
    above = client.get("/").text.partition('<table class="listing"')[0]
    assert "1 document could not be fetched" in above
    assert "could not be resolved" in above


def test_every_other_state_has_words_of_its_own(client: TestClient) -> None:
    assert "Gone from its address" in row(client, "away")
    assert "Held until confirmed" in row(client, "held")
    assert "97 %" in row(client, "held")


def test_example_data_is_marked(client: TestClient) -> None:
    text = client.get("/").text
    assert "1 document below is invented" in text
    assert "carnet documents remove --example" in text
    assert text.count(">Example<") == 3


def test_the_json_twin_has_the_same_facts(client: TestClient) -> None:
    rows = {one["document"]: one for one in client.get("/index.json").json()["documents"]}
    assert {name: one["state"] for name, one in rows.items()} == {
        "heron/terms": "watched",
        "heron/guides/<b>hostile</b>": "kept",
        "heron/away": "gone",
        "heron/never": "never",
        "heron/held": "held",
        "heron/waiting": "never",
        "lark/data-usage": "kept",
    }
    assert rows["heron/terms"]["last_change"]["at"] == "2026-04-11T12:09:00Z"
    assert rows["heron/never"]["last_check"]["outcome"] == "failed"


def test_a_public_history_of_a_pack_is_offered_with_its_command(empty: TestClient) -> None:
    text = empty.get("/").text
    assert "Histories others keep in public" in text
    assert "carnet import https://" in text
