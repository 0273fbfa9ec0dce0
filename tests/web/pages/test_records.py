from __future__ import annotations

import json
import re
import shlex
from html import unescape
from typing import TYPE_CHECKING

import pytest

from carnet.accounts.people import add_account, new_account
from carnet.records import holding
from carnet.web import record_rows
from tests.records.kept import ACME, ANN, PAT, QUINN

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf


def listed(client: TestClient, query: str = "") -> list[str]:
    return [one["id"] for one in client.get(f"/records.json{query}").json()["records"]]


def words(text: str) -> str:
    """A page's text, without tags, with single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", text.replace("<wbr>", "")).split())


def test_an_empty_store_says_how_to_begin(signed_in: TestClient) -> None:
    text = signed_in.get("/records").text
    for command in ("carnet org add", "carnet account add", "carnet records put"):
        assert command in text
    assert signed_in.get("/records.json").json()["records"] == []


def test_totals_by_class_say_when_the_next_go(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept("x" * 10)
    shelf.later(hours=6).kept("x" * 20)
    shelf.kept("x" * 5, PAT)
    text = words(signed_in.get("/records").text)
    assert "3 records, 35 bytes, of 2 organisations" in text
    assert "30 days days30 2 none 30 bytes 2026-05-01 09:30 UTC in 29 days" in text
    assert "5 years years5 1 1 5 bytes 2031-04-01 15:30 UTC in 5 years" in text
    twin = signed_in.get("/records.json").json()
    assert twin["next_ends"] == {"days30": "2026-05-01T09:30:00Z", "years5": "2031-04-01T15:30:00Z"}
    assert twin["classes"] == [
        {"retention": "days30", "records": 2, "bytes": 30},
        {"retention": "years5", "records": 1, "bytes": 5},
    ]


def test_numbers_by_organisation_and_kind_lead_to_those_records(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    feedback = shelf.kept(account=ANN, kind="feedback", flow="feedback")
    shelf.kept(account=PAT, kind="feedback", flow="feedback")
    text = signed_in.get("/records").text
    assert 'href="/records?org=acme&amp;kind=feedback#newest"' in text
    assert listed(signed_in, "?org=acme&kind=feedback") == [feedback]


def test_filters_narrow_each_other(signed_in: TestClient, shelf: Shelf) -> None:
    one = shelf.kept(account=ANN, session="s1", repository="r1")
    two = shelf.later(minutes=1).kept(account=PAT, session="s1", repository="r2")
    three = shelf.later(minutes=1).kept(account=QUINN, session="s2", repository="r1")
    assert listed(signed_in) == [three, two, one]
    assert listed(signed_in, "?session=s1") == [two, one]
    assert listed(signed_in, "?repository=r1") == [three, one]
    assert listed(signed_in, "?org=people") == [three, two]
    assert listed(signed_in, f"?org=people&account={PAT}&kind=exchange") == [two]
    assert listed(signed_in, f"?account={PAT}&kind=metric") == []


def test_a_row_says_whose_it_is_until_when_and_what_decided(signed_in: TestClient, shelf: Shelf) -> None:
    record = shelf.kept("x" * 2_500, PAT, "s7", repository="git@example:r")
    text = words(signed_in.get("/records").text)
    for part in (record, "exchange inference, anthropic", PAT, "s7", "git@", "2.5 kB", "2031-04-01 09:30 UTC"):
        assert part in text
    assert "years5 , may train" in text
    assert "inference.consumer.consent" in text


def test_what_is_held_says_so_instead_of_an_end(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case 17", shelf.now)
    text = words(signed_in.get("/records").text)
    assert "Held until released the rules say 2026-05-01" in text
    assert "1 session held" in text
    assert "all held" in text
    assert signed_in.get("/records.json").json()["records"][0]["hold"] == "case 17"


def test_pages_lead_from_one_to_the_next(signed_in: TestClient, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_rows, "PAGE", 2)
    ids = [shelf.later(minutes=1).kept(f"body {number}", session="a&b") for number in range(5)]
    found: list[str] = []
    address = "/records?session=a%26b"
    while address:
        assert signed_in.get(address).status_code == 200
        twin = signed_in.get(address.replace("?", ".json?")).json()
        found += [one["id"] for one in twin["records"]]
        address = twin["older"]
    assert found == ids[::-1]


def test_fields_left_empty_make_a_short_address(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    found = signed_in.get("/records?org=&account=&session=s1&repository=&kind=")
    assert (found.status_code, found.headers["location"]) == (303, "/records?session=s1")


@pytest.mark.parametrize("query", ["?account=nobody@x.test", "?org=nowhere", f"?org={ACME}&account={PAT}"])
def test_a_filter_that_means_nobody_is_said_beside_the_form(signed_in: TestClient, shelf: Shelf, query: str) -> None:
    shelf.kept()
    page = signed_in.get(f"/records{query}")
    assert page.status_code == 404
    assert 'name="account"' in page.text
    assert signed_in.get(f"/records.json{query}").status_code == 404


@pytest.mark.parametrize("query", ["?kind=secrets", "?before=xyz", "?before=" + "g" * 32])
def test_what_is_no_filter_is_refused(signed_in: TestClient, shelf: Shelf, query: str) -> None:
    shelf.kept()
    assert signed_in.get(f"/records{query}").status_code == 400


def test_what_is_filtered_can_be_deleted_as_a_whole(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept(repository="r1")
    text = signed_in.get(f"/records?account={ANN}&repository=r1").text
    assert 'href="/records/delete?account=ann%40acme.test&amp;repository=r1"' in text
    assert "/records/delete" not in signed_in.get("/records?kind=exchange").text


def test_no_address_breaks_out_of_a_command_that_is_shown(signed_in: TestClient, shelf: Shelf) -> None:
    email = "a';id;$(id)`id`@x.test"
    directory = shelf.store.directory
    for one in directory.accounts():
        directory.remove_account(one.id)
    add_account(directory, new_account(email, shelf.organisation(ACME), "", shelf.now), "", shelf.now)
    empty = unescape(signed_in.get("/records").text)
    command = re.search(r"echo (.+) \\\n  \| carnet records put", empty)
    assert command
    assert [json.loads(word)["account"] for word in shlex.split(command[1])] == [email]
    own = unescape(signed_in.get("/accounts/account", params={"email": email}).text)
    shown = re.search(r"(carnet records export --subject .+)</code>", own)
    assert shown
    assert shlex.split(shown[1])[-1] == email


def test_a_store_with_people_and_no_record_says_how_to_put_one(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    text = signed_in.get("/records").text
    assert "carnet records put" in text
    assert "carnet org add" not in text
