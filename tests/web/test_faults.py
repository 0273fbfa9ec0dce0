from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from carnet.errors import (
    AlreadyThereError,
    BusyError,
    CarnetError,
    ClockError,
    DamagedError,
    GoneError,
    StoreError,
)
from carnet.web.faults import on_carnet_error, sentence
from tests.web import sample

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from carnet.stores.contract import Store

TERMS = "/documents/heron/terms"


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/nowhere", 404, "no page at this address"),
        ("/documents/heron/none", 404, "no document"),
        ("/documents/", 404, "no document"),
        ("/timeline/none", 404, "no collection named none"),
        (f"{TERMS}/at/yesterday", 400, "yesterday"),
        (f"{TERMS}/at/1999-01-01", 404, "1999-01-01"),
        (f"{TERMS}/2026-04-01..soon", 400, "soon"),
        (f"{TERMS}/2026-04-01..2026-04-03?view=upside", 400, "upside"),
        (f"{TERMS}?period=26", 400, "such as 2026"),
        ("/documents/heron/never/at/2026-04-01", 404, "no version"),
        ("/timeline/heron/2026-04-01", 400, "Two instants"),
        ("/timeline/heron/soon..later", 400, "later"),
        ("/search?q=" + "x" * 301, 400, "too long"),
    ],
)
def test_what_cannot_be_answered_is_said_on_a_page(client: TestClient, path: str, status: int, says: str) -> None:
    found = client.get(path)
    assert (found.status_code, found.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert says in found.text
    assert "All documents" in found.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/documents/heron/none.json", 404),
        (f"{TERMS}/at/yesterday.json", 400),
        ("/api/documents/none/timeline", 404),
        ("/api/documents/terms/versions/1999-01-01", 404),
        ("/api/documents/terms/diff/nonsense", 400),
        ("/api/nowhere", 404),
        ("/timeline/none.json", 404),
    ],
)
def test_json_is_refused_in_json(client: TestClient, path: str, status: int) -> None:
    found = client.get(path)
    assert found.status_code == status
    error = found.json()["error"]
    assert error["status"] == status
    assert error["text"]


def test_an_ambiguous_name_lists_what_it_may_stand_for(client: TestClient, store: Store) -> None:
    store.documents.add_document(sample.document("other", "never"))
    found = client.get("/api/documents/never/timeline").json()
    assert found["candidates"] == ["heron/never", "other/never"]
    page = client.get("/documents/never", follow_redirects=False)
    assert page.status_code == 404
    assert 'href="/documents/other/never"' in page.text


def test_markup_in_an_address_stays_text(client: TestClient) -> None:
    found = client.get("/documents/<script>alert(1)</script>")
    assert found.status_code == 404
    assert "<script>alert" not in found.text


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (GoneError("there is no record x"), 404, "Nothing is kept"),
        (AlreadyThereError("taken"), 409, "That name is taken"),
        (BusyError("busy"), 409, "Not now"),
        (ClockError("the clock says"), 503, "The clock was set back"),
        (StoreError("damaged"), 503, "The store cannot be read"),
        (DamagedError("a bit flipped"), 500, "This cannot be vouched for"),
        (CarnetError("else"), 400, "That cannot be answered"),
    ],
)
def test_an_error_has_the_status_that_says_what_it_is(error: CarnetError, status: int, title: str) -> None:
    scope = {"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": []}
    found = on_carnet_error(Request(scope), error)
    assert found.status_code == status
    assert f"<h1>{title}</h1>" in bytes(found.body).decode()


def test_a_fault_is_a_sentence_on_a_page_and_names_stay_as_they_are() -> None:
    assert sentence("there is no organisation") == "There is no organisation"
    assert sentence("web.host is wrong") == "web.host is wrong"
