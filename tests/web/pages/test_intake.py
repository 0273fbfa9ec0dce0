"""What came in and what did not, with the rules."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from carnet.gateway.intake.counting import Counts
from carnet.gateway.intake.sifting import Tally
from carnet.web.pages import intake
from tests.records.kept import ACME, PAT
from tests.web.pages.test_records import words
from tests.web.reported import failed, measured, rated, wrote

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf

ADDRESSES = ("/intake", "/intake/survey", "/intake/errors", "/intake/feedback", "/intake/feedback/report")


@pytest.mark.parametrize("address", ADDRESSES)
def test_they_are_closed_to_strangers(stranger: TestClient, address: str) -> None:
    assert stranger.get(address).status_code == 303
    assert stranger.get(f"{address}.json").status_code == 401


def test_with_nothing_it_says_how_to_send(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    text = words(signed_in.get("/intake").text)
    assert "Nothing that agents reported is kept" in text
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in text
    assert "docs/intake.md" in text


def test_flows_and_days_are_told_with_class_provider_and_rule(signed_in: TestClient, shelf: Shelf) -> None:
    measured(shelf, "anthropic")
    measured(shelf)
    shelf.later(days=1)
    failed(shelf, "ValueError", account=PAT)
    wrote(shelf, "it stopped", [])
    page = signed_in.get("/intake").text
    assert "4 reports that agents sent" in words(page)
    assert "2 reports of the last 30 days, at most 2 a day" in page
    assert "2026-04-01 Usage metrics anthropic acme 1" in words(page)
    assert "5 years the last until 2031-04-02" in words(page)
    twin = signed_in.get("/intake.json").json()
    rows = [(one["day"], one["flow"], one["retention"], one["provider"], one["records"]) for one in twin["kept"]]
    assert rows == [
        ("2026-04-02", "errors", "days30", None, 1),
        ("2026-04-02", "feedback", "years5", None, 1),
        ("2026-04-01", "metrics", "days30", None, 1),
        ("2026-04-01", "metrics", "days30", "anthropic", 1),
    ]
    for one in twin["kept"]:
        assert set(one["explain"]) == set(one["rules"])
        for address in one["explain"].values():
            assert signed_in.get(address).status_code == 200


def test_one_organisation_is_shown_alone(signed_in: TestClient, shelf: Shelf) -> None:
    rated(shelf, 3)
    measured(shelf, account=PAT)
    twin = signed_in.get(f"/intake.json?org={ACME}").json()
    assert [one["flow"] for one in twin["kept"]] == ["survey"]
    assert signed_in.get("/intake?org=nowhere").status_code == 404


def test_pages_are_of_whole_days(signed_in: TestClient, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "PAGE", 1)
    for _ in range(3):
        measured(shelf)
        failed(shelf, "ValueError")
        shelf.later(days=1)
    seen, address = [], "/intake.json"
    while address:
        twin = signed_in.get(address).json()
        seen.append([(one["day"][-2:], one["flow"]) for one in twin["kept"]])
        address = (twin["older"] or "").replace("/intake?", "/intake.json?")
    assert seen == [[(day, "errors"), (day, "metrics")] for day in ("03", "02", "01")]
    assert signed_in.get("/intake?before=yesterday").status_code == 400


def test_what_was_not_kept_is_told_with_why_and_never_a_value(signed_in: TestClient, shelf: Shelf) -> None:
    counts, day = Counts(), f"{shelf.now:%Y-%m-%d}"
    counts.add(day, "feedback", "forbidden:feedback.product-feedback-off", 3)
    counts.add(day, "metrics", "forbidden:provider-default")
    counts.add(day, "metrics", "repeated", 2)
    counts.add(day, "sentry", "refused:401")
    counts.add(day, "otlp", "overloaded", 5)
    counts.add_dropped(day, "sentry", Tally(Counter({"sentry.event.<b>": 4})))
    counts.flush(shelf.store.catalogue)
    assert signed_in.get("/intake.json").json()["not_kept"] == {
        "days": 30,
        "forbidden": [
            {"flow": "feedback", "rule": "feedback.product-feedback-off", "times": 3},
            {"flow": "metrics", "rule": "provider-default", "times": 1},
        ],
        "refused": [{"by": "sentry", "status": "401", "times": 1}],
        "dropped": {"sentry.event.<b>": 4},
        "repeated": 2,
        "overloaded": 5,
    }
    page = signed_in.get("/intake").text
    assert "The organisation allows no product feedback" in page
    assert 'href="/explain/feedback?pack=carnet&amp;as_of=2026-04-01&amp;org.product_feedback=off"' in page
    assert "&lt;b&gt;" in page


def test_every_page_names_intake_in_its_navigation(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    for address in ("/", "/about", "/records", "/domains", "/intake/survey"):
        assert '<a href="/intake"' in signed_in.get(address).text
    assert 'href="/domains"' in signed_in.get("/intake").text
