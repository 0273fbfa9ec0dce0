from __future__ import annotations

from typing import TYPE_CHECKING

from tests.records.kept import ACME, ANN, PAT
from tests.web.pages.test_records import words
from tests.web.reported import rated

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf


def test_with_no_rating_it_says_how_to_send_one(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    assert "/api/survey" in signed_in.get("/intake/survey").text


def test_ratings_are_a_chart_with_the_same_numbers_in_a_table(signed_in: TestClient, shelf: Shelf) -> None:
    for rating in (3, 3, 1, "dismiss"):
        rated(shelf, rating)
    rated(shelf.later(days=1), 2, PAT)
    page = signed_in.get("/intake/survey").text
    assert page.count("<rect class=") == 4
    assert 'role="img" aria-label="Answers on each of the last 31 days, at most 4 on one day"' in page
    for part in ("Rated 3: 2 (50%)", "Dismissed: 1", "2026-04-01 2 – 1 1 4", "2026-04-02 – 1 – – 1"):
        assert part in words(page)
    assert ANN not in page
    assert 'href="/explain/survey?' in page
    twin = signed_in.get("/intake/survey.json").json()
    assert twin["ratings"] == {"3": 2, "2": 1, "1": 1, "dismiss": 1}
    assert twin["days"][0] == {"day": "2026-04-01", "3": 2, "2": 0, "1": 1, "dismiss": 1}


def test_one_organisation_is_counted_alone(signed_in: TestClient, shelf: Shelf) -> None:
    rated(shelf, 3)
    rated(shelf, 1, PAT)
    assert signed_in.get(f"/intake/survey.json?org={ACME}").json()["ratings"]["1"] == 0
