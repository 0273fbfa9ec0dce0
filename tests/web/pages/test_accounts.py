from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.records.kept import ACME, ANN, PAT, QUINN
from tests.web.pages.test_records import words

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf


def test_with_nobody_it_says_how_to_begin(signed_in: TestClient) -> None:
    text = signed_in.get("/accounts").text
    assert "No organisation yet" in text
    assert "carnet org add" in text
    assert signed_in.get("/accounts.json").json() == {"organisations": [], "accounts": []}


def test_organisations_stand_with_terms_and_their_people_with_consent(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.change(ACME, {"zdr": True}, {"inference": "days7"})
    text = words(signed_in.get("/accounts").text)
    assert "2 organisations, 3 accounts" in text
    assert "commercial terms enterprise zero data retention inference kept days7" in text
    assert "pat@people.test pro consent given" in text
    assert "quinn@people.test pro no consent" in text
    twin = signed_in.get("/accounts.json").json()
    assert [one["name"] for one in twin["organisations"]] == [ACME, "people"]
    assert {one["email"]: one["model_improvement"] for one in twin["accounts"]} == {ANN: "off", PAT: "on", QUINN: "off"}


def test_an_organisation_is_added_with_everything_off(signed_in: TestClient, shelf: Shelf) -> None:
    added = signed_in.post("/accounts/add-organisation", data={"name": "ne\u202ew", "tier": "commercial/team"})
    assert added.status_code == 400  # a name may not turn the page around
    added = signed_in.post("/accounts/add-organisation", data={"name": " new-co ", "tier": "commercial/team"})
    assert added.headers["location"] == "/accounts/organisation?org=new-co&done=added"
    assert signed_in.get(added.headers["location"]).status_code == 200
    one = shelf.organisation("new-co")
    assert (one.terms, one.tier, one.zdr, one.dpp, one.keep) == ("commercial", "team", False, False, ())


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"name": "x"}, 400),
        ({"name": "x", "tier": "consumer/enterprise"}, 400),
        ({"name": "x", "tier": "none/pro"}, 400),
        ({"name": "<>", "tier": "commercial/team"}, 400),
        ({"name": ACME, "tier": "commercial/team"}, 409),
    ],
)
def test_what_is_no_organisation_is_not_added(
    signed_in: TestClient, shelf: Shelf, form: dict[str, str], status: int
) -> None:
    assert signed_in.post("/accounts/add-organisation", data=form).status_code == status
    assert len(shelf.store.directory.organisations()) == 2


@pytest.mark.parametrize("name", ["AT&T", "O'Reilly", '<b onclick="x">Co</b>'])
def test_a_name_is_text_and_nothing_else_on_every_page_that_has_it(
    signed_in: TestClient, shelf: Shelf, name: str
) -> None:
    added = signed_in.post("/accounts/add-organisation", data={"name": name, "tier": "commercial/team"})
    assert shelf.organisation(name).name == name
    for address in (added.headers["location"], "/accounts", "/records"):
        page = signed_in.get(address)
        assert page.status_code == 200
        assert "<b onclick" not in page.text


def test_an_account_is_added_and_consent_not_given_is_none(signed_in: TestClient, shelf: Shelf) -> None:
    form = {"org": "people", "email": " new@people.test ", "tier": "max"}
    added = signed_in.post("/accounts/add-account", data=form)
    assert added.headers["location"] == "/accounts/account?email=new@people.test&done=added"
    one = shelf.account("new@people.test")
    assert (one.tier, one.consent) == ("max", False)
    assert shelf.store.directory.acts(one.organisation, one.id) == []
    signed_in.post("/accounts/add-account", data={"org": "people", "email": "b@people.test", "consent": "on"})
    assert shelf.account("b@people.test").consent


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"org": "people"}, 400),
        ({"org": "people", "email": "no address"}, 400),
        ({"org": "people", "email": "a@x.test", "tier": "enterprise"}, 400),
        ({"org": "people", "email": "a@x.test", "consent": "maybe"}, 400),
        ({"org": "nowhere", "email": "a@x.test"}, 404),
        ({"org": "people", "email": "ANN@acme.test"}, 409),
    ],
)
def test_what_is_no_account_is_not_added(
    signed_in: TestClient, shelf: Shelf, form: dict[str, str], status: int
) -> None:
    assert signed_in.post("/accounts/add-account", data=form).status_code == status
    assert len(shelf.store.directory.accounts()) == 3
