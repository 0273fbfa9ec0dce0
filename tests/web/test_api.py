from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.sample import FIRST, SECOND

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def test_all_documents_are_listed(client: TestClient) -> None:
    found = {one["name"]: one for one in client.get("/api/documents").json()["documents"]}
    assert found["heron/terms"]["versions"] == 6
    assert found["lark/data-usage"]["example"] is True
    assert found["heron/waiting"]["last"] is None


@pytest.mark.parametrize("name", ["terms", "heron/terms", "heron%2Fterms"])
def test_a_name_may_be_short_or_full(client: TestClient, name: str) -> None:
    found = client.get(f"/api/documents/{name}/versions/2026-04-01").json()
    assert (found["document"], found["text"]) == ("heron/terms", FIRST)


def test_a_date_means_that_day_s_entry_or_what_was_in_force_at_its_end(client: TestClient) -> None:
    on_the_day = client.get("/api/documents/terms/versions/2026-04-03").json()
    the_day_after = client.get("/api/documents/terms/versions/2026-04-04").json()
    assert on_the_day == the_day_after
    assert (on_the_day["at"], on_the_day["text"]) == ("2026-04-03T08:09:00Z", SECOND)


def test_a_version_goes_by_its_digest_too(client: TestClient) -> None:
    digest = client.get("/api/documents/terms/versions/2026-04-03").json()["version"]
    assert client.get(f"/api/documents/terms/versions/{digest[:12]}").json()["version"] == digest


def test_a_difference_has_counts_and_hunks_with_sections_sentences_and_word_marks(client: TestClient) -> None:
    found = client.get("/api/documents/terms/diff/2026-04-01..2026-04-03").json()
    assert (found["document"], found["added"], found["removed"], found["cosmetic"]) == ("heron/terms", 2, 1, False)
    assert (found["old"]["at"], found["new"]["at"]) == ("2026-04-01T07:09:00Z", "2026-04-03T08:09:00Z")
    first, second = found["hunks"]
    assert {"mark": "added", "text": "sixty"} in first["lines"][1]["spans"]
    assert [one["mark"] for one in first["sentences"]] == ["removed", "added"]
    assert second["section"] == ["Telemetry"]


def test_a_timeline_has_one_entry_a_version(client: TestClient) -> None:
    entries = client.get("/api/documents/heron/terms/timeline").json()["entries"]
    assert [(one["added"], one["removed"], one["cosmetic"], one["reverts"]) for one in entries] == [
        (13, 0, False, False),
        (2, 1, False, False),
        (1, 1, True, False),
        (1, 1, False, False),
        (1, 1, False, True),
        (4, 0, True, False),
    ]


def test_a_name_with_slashes_and_markup_is_found_by_its_full_name(client: TestClient) -> None:
    found = client.get("/api/documents/heron/guides/%3Cb%3Ehostile%3C%2Fb%3E/timeline").json()
    assert len(found["entries"]) == 2
