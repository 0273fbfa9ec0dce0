from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def test_every_document_that_differs_is_shown_with_its_changes(client: TestClient) -> None:
    text = client.get("/timeline/heron/2026-04-01T0709..2026-04-03T0809").text
    assert "2 documents changed" in text
    assert "4 documents the same" in text
    assert "sixty" in text
    assert "<script>" not in text


def test_dates_are_set_back_to_the_entries_in_force(client: TestClient) -> None:
    found = client.get("/timeline/heron/2026-04-02..2026-04-04.json").json()
    assert (found["old"], found["new"]) == ("2026-04-01T07:09:00Z", "2026-04-03T08:09:00Z")


def test_two_instants_in_the_wrong_order_are_put_right(client: TestClient) -> None:
    there = client.get("/timeline/heron/2026-04-01..2026-04-03.json").json()
    back = client.get("/timeline/heron/2026-04-03..2026-04-01.json").json()
    assert there == back


def test_from_the_start_every_document_is_new(client: TestClient) -> None:
    found = client.get("/timeline/heron/start..2026-04-01.json").json()
    assert found["old"] is None
    assert {(one["document"], one["old"]) for one in found["documents"]} == {
        ("away", None),
        ("guides/<b>hostile</b>", None),
        ("held", None),
        ("terms", None),
    }
    assert [one["added"] for one in found["documents"] if one["document"] == "terms"] == [13]


def test_a_stretch_without_a_change_says_so(client: TestClient) -> None:
    assert "has the same text at both instants" in client.get("/timeline/heron/2026-04-12..2026-04-13").text


def test_entries_before_and_after_are_one_step_away(client: TestClient) -> None:
    text = client.get("/timeline/heron/2026-04-03..2026-04-05").text
    assert 'rel="prev" href="/timeline/heron/2026-04-01T0709..2026-04-03T0809"' in text
    assert 'rel="next" href="/timeline/heron/2026-04-05T0909..2026-04-07T1009"' in text
