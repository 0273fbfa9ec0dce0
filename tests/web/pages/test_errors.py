from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.web.pages import errors
from tests.web.pages.test_records import words
from tests.web.reported import HOSTILE, failed

if TYPE_CHECKING:
    import pytest
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf


def test_how_to_send_one_is_told_with_the_address_that_was_asked(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    assert "http://ck_…@127.0.0.1:9417/1" in signed_in.get("http://127.0.0.1:9417/intake/errors").text


def test_with_no_error_it_says_how_to_send_one(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    assert "sentry_sdk.init" in signed_in.get("/intake/errors").text


def test_kinds_are_told_with_how_often_when_and_in_which_releases(signed_in: TestClient, shelf: Shelf) -> None:
    failed(shelf, "KeyError", "RuntimeError", release="tool@1")
    failed(shelf.later(hours=1), "KeyError", "RuntimeError", release="tool@2")
    failed(shelf, "ValueError")
    page = signed_in.get("/intake/errors").text
    assert "3 errors of 2 kinds" in words(page)
    assert "RuntimeError ← KeyError" in words(page)
    assert "2 2026-04-01 09:30 UTC 2026-04-01 10:30 UTC tool@1, tool@2" in words(page)
    assert 'href="/explain/errors?' in page
    first, second = signed_in.get("/intake/errors.json").json()["groups"]
    assert (first["count"], second["count"], first["releases"]) == (2, 1, ["tool@1", "tool@2"])


def test_what_a_client_named_is_text(signed_in: TestClient, shelf: Shelf) -> None:
    failed(shelf, HOSTILE, release=HOSTILE)
    assert "<script>window" not in signed_in.get("/intake/errors").text


def test_pages_lead_from_the_frequent_to_the_rare(
    signed_in: TestClient, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "PAGE", 2)
    for number in range(5):
        failed(shelf, f"Error{number}")
    seen, address = [], "/intake/errors"
    while address:
        assert signed_in.get(address).status_code == 200
        twin = signed_in.get(address.replace("errors", "errors.json", 1)).json()
        seen += [one["group"] for one in twin["groups"]]
        address = twin["older"]
    assert seen == [f"Error{number}" for number in range(5)]
    assert 'rel="prev"' in signed_in.get("/intake/errors?after=4").text
    assert "There are no more" in signed_in.get("/intake/errors?after=90").text
    assert signed_in.get("/intake/errors?after=-1").status_code == 400


def test_of_very_many_reports_the_newest_are_opened_and_it_says_so(
    signed_in: TestClient, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "MOST", 2)
    for number in range(3):
        failed(shelf.later(hours=1), f"Error{number}")
    text = words(signed_in.get("/intake/errors").text)
    assert "Error0" not in text
    assert "of 2 kinds, among the newest 2 reports" in text
