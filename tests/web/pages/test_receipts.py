from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from carnet.records import holding
from tests.records.kept import ANN
from tests.web.pages.test_deletion import receipt
from tests.web.pages.test_records import words

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf


def look_over(client: TestClient, answer: object) -> str:
    page = client.post("/receipts/check", data={"receipt": json.dumps(answer)})
    assert page.status_code == 200
    return page.text


def test_nothing_erased_yet(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    assert "Nothing has been erased yet" in signed_in.get("/receipts").text
    assert signed_in.get("/receipts.json").json() == {"receipts": []}


def test_past_erasures_are_numbers_and_no_names(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept("x" * 7)
    done = shelf.erase(account=ANN)
    page = signed_in.get("/receipts").text
    assert f"2026-04-01 09:30 UTC {done.answer['receipt']} 0" in words(page)
    assert "carnet records verify --receipt FILE --key carnet.log/" in page
    assert ANN not in page
    (row,) = signed_in.get("/receipts.json").json()["receipts"]
    assert (row["records"], row["bytes"], row["of"], row["receipt"]) == (1, 7, ["account"], done.answer["receipt"])
    assert "salt" not in row


def test_a_receipt_is_looked_over(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    answer = dict(shelf.erase(account=ANN).answer)
    assert "The receipt holds." in look_over(signed_in, answer)
    text = look_over(signed_in, {**answer, "records": 0})
    assert "The receipt does not hold." in text
    assert "not what the log committed to" in text


def test_a_receipt_that_waited_is_made_whole_when_it_is_done(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    queued = dict(shelf.erase(account=ANN).answer)
    assert signed_in.post("/receipts/check", data={"receipt": json.dumps(queued)}).status_code == 404
    signed_in.post("/records/release", data={"account": ANN, "session": "s1", "reason": "over"})
    whole = receipt(look_over(signed_in, queued))
    assert whole["state"] == "done"
    assert "The receipt holds." in look_over(signed_in, whole)


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "3", "{}", '{"state": "queued"}', "[" * 9000, '{"state": "done", "log": {}}']
)
def test_what_is_no_receipt_is_said_so(signed_in: TestClient, shelf: Shelf, text: str) -> None:
    shelf.kept()
    shelf.erase(account=ANN)
    page = signed_in.post("/receipts/check", data={"receipt": text})
    assert page.status_code in {400, 404} or "does not hold" in page.text


def test_before_the_first_erasure_nothing_can_be_looked_over(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    assert signed_in.post("/receipts/check", data={"receipt": '{"state": "done"}'}).status_code == 400


def test_a_page_is_no_receipt(signed_in: TestClient) -> None:
    assert signed_in.post("/receipts/check", content=b"receipt=" + b"x" * 70_000).status_code == 413
