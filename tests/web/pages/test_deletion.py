from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

import pytest

from carnet.records import holding
from carnet.records.receipts import receipt_faults
from tests.records.kept import ACME, ANN, PAT, QUINN
from tests.web.pages.test_records import words

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from tests.records.kept import Shelf


def receipt(text: str) -> dict[str, object]:
    """The receipt behind the download."""
    found = re.search(r'href="data:application/json;base64,([^"]+)" download="carnet-receipt-[0-9a-f]+\.json"', text)
    assert found, text
    answer = json.loads(base64.b64decode(found[1]))
    assert isinstance(answer, dict)
    return answer


def test_looking_deletes_nothing_and_says_the_right_numbers(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept("x" * 100, session="s1")
    shelf.kept("x" * 200, session="s2")
    shelf.kept("x" * 999, account=PAT)
    before = shelf.ids()
    text = words(signed_in.get(f"/records/delete?account={ANN}").text)
    assert "Delete all records of account ann@acme.test?" in text
    assert "Records 2 Sessions 2 Size 300 bytes Of ann@acme.test Would end by itself 2026-05-01" in text
    assert "nothing and nobody can bring them back" in text
    assert "Held, and therefore waits" not in text
    twin = signed_in.get(f"/records/delete.json?account={ANN}").json()
    assert (twin["scope"], twin["sessions"], twin["gone"]["records"], twin["gone"]["bytes"], twin["waits"]) == (
        {"account": ANN},
        2,
        2,
        300,
        [],
    )
    assert shelf.ids() == before


def test_what_is_held_is_said_to_wait(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept("x" * 100, session="s1")
    shelf.kept("x" * 200, session="s2")
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s2"), "case", shelf.now)
    text = words(signed_in.get(f"/accounts/delete?account={ANN}").text)
    assert "Records 1 Sessions 1 Size 100 bytes" in text
    assert "1 session stays readable until released, and is deleted then. The account stays until then" in text
    twin = signed_in.get(f"/accounts/delete.json?account={ANN}").json()
    assert (twin["removes"], [one["session"] for one in twin["waits"]]) == ("account", ["s2"])


def test_the_form_deletes_just_that_and_shows_a_receipt_that_holds(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept("x" * 100, session="s1")
    kept = {shelf.kept(session="s2"), shelf.kept(account=PAT, session="s1")}
    page = signed_in.post("/records/delete", data={"org": ACME, "account": ANN, "session": "s1"})
    assert page.status_code == 200
    answer = receipt(page.text)
    assert (answer["records"], answer["sessions"], answer["bytes"]) == (1, 1, 100)
    assert answer["scope"] == {"organisation": ACME, "account": ANN, "session": "s1"}
    assert receipt_faults(answer) == []
    assert f"Deleted: session s1, account {ANN}, organisation {ACME}" in words(page.text)
    assert "Shown once" in page.text
    assert "keeps no copy" in page.text
    assert shelf.ids() == kept
    assert shelf.faults() == []
    assert {one.email for one in shelf.store.directory.accounts()} == {ANN, PAT, QUINN}


def test_the_salt_is_in_the_answer_and_in_no_page_after_it(signed_in: TestClient, shelf: Shelf, data: Path) -> None:
    shelf.kept()
    salt = str(receipt(signed_in.post("/records/delete", data={"account": ANN}).text)["salt"])
    for path in ("/receipts", "/receipts.json", "/log", "/log.json", "/holds.json", "/records"):
        assert salt not in signed_in.get(path).text
    shelf.keep()
    assert not any(salt.encode() in file.read_bytes() for file in data.rglob("*") if file.is_file())


def test_sending_it_again_finds_nothing_and_writes_nothing(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    for form in ({"account": ANN}, {"org": ACME, "account": ANN, "session": "s1"}):
        entries = shelf.store.catalogue.size()
        answers = [signed_in.post("/records/delete", data=form).status_code for _ in range(2)]
        assert answers[-1] == 404
        assert shelf.store.catalogue.size() - entries == answers.count(200)


def test_a_deletion_that_waits_is_not_asked_for_twice(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    first = signed_in.post("/records/delete", data={"account": ANN})
    assert receipt(first.text)["state"] == "queued"
    assert "1 session of it is held and goes when released" in words(first.text)
    assert signed_in.post("/records/delete", data={"account": ANN}).status_code == 409
    again = signed_in.get(f"/records/delete?account={ANN}").text
    assert "This was asked for before" in again
    assert f"The deletion of account {ANN} waits" in words(again)
    assert not any(text in again for text in ("Delete for good", "Gone at once", "Nothing has been deleted"))
    assert len(shelf.store.catalogue.works()) == 1
    assert shelf.shown(*shelf.ids()) == b"words"


def test_an_account_goes_with_its_consent_history(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    page = signed_in.post("/accounts/delete", data={"account": PAT})
    assert receipt(page.text)["records"] == 1
    assert shelf.store.directory.account(PAT) is None
    assert signed_in.post("/accounts/delete", data={"account": PAT}).status_code == 404


def test_an_organisation_goes_with_its_accounts(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    kept = {shelf.kept()}
    text = words(signed_in.get("/accounts/delete?org=people").text)
    assert "Delete the organisation people with all its records?" in text
    assert "The organisation itself and its 2 accounts" in text
    assert receipt(signed_in.post("/accounts/delete", data={"org": "people"}).text)["records"] == 1
    assert [one.name for one in shelf.store.directory.organisations()] == [ACME]
    assert shelf.ids() == kept


def test_a_name_that_two_people_have_deletes_nobody_s(signed_in: TestClient, shelf: Shelf) -> None:
    before = {shelf.kept(account=PAT, session="same"), shelf.kept(account=QUINN, session="same")}
    assert signed_in.get("/records/delete?session=same").status_code == 404
    assert signed_in.post("/records/delete", data={"session": "same"}).status_code == 404
    assert shelf.ids() == before


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/records/delete", {}, 400),
        ("/records/delete", {"org": "", "account": ""}, 400),
        ("/accounts/delete", {}, 400),
        ("/accounts/delete", {"org": ACME, "account": ANN}, 400),
        ("/accounts/delete", {"session": "s1"}, 400),
        ("/records/delete", {"org": "people", "account": ANN}, 400),
        ("/records/delete", {"account": "nobody@x.test"}, 404),
    ],
)
def test_what_does_not_say_what_deletes_nothing(
    signed_in: TestClient, shelf: Shelf, path: str, form: dict[str, str], status: int
) -> None:
    record = shelf.kept()
    assert signed_in.get(path, params=form).status_code == status
    assert signed_in.post(path, data=form).status_code == status
    assert shelf.ids() == {record}
    assert shelf.account(ANN).closed is False


def test_a_script_gets_the_receipt_as_data(stranger: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    bearer = {"Authorization": "Bearer " + "s" * 43}
    answer = stranger.post("/records/delete.json", data={"account": ANN}, headers=bearer).json()
    assert [receipt_faults(one) for one in answer["receipts"]] == [[]]


def test_a_repository_of_two_organisations_is_not_deleted_until_it_is_said_whose(
    signed_in: TestClient, shelf: Shelf
) -> None:
    shelf.kept(repository="r")
    theirs = shelf.kept(account=PAT, repository="r")
    ended = signed_in.get("/records/delete?repository=r")
    assert ended.status_code == 404
    assert "several organisations have a repository" in words(ended.text)
    text = words(signed_in.get(f"/records/delete?repository=r&org={ACME}").text)
    assert "Records 1 " in text
    assert theirs in shelf.ids()
