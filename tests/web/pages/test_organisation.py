from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.model.account import Caps
from carnet.records import holding
from carnet.web.pages.organisation import switches_of
from tests.records.kept import ACME
from tests.web.pages.test_records import words

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf

PAGE = "/accounts/organisation?org=acme"
SET = "/accounts/organisation/set"


def test_it_says_what_was_decided_when_and_what_is_kept(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept("x" * 9)
    shelf.kept(session="held")
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("held"), "case", shelf.now)
    shelf.later(days=1).change(ACME, {"dpp": True}, {"metrics": "days7"})
    text = words(signed_in.get(PAGE).text)
    assert "2 records, 14 bytes" in text
    assert "30 days days30 1 none 9 bytes" in text
    assert "until released held 1 none 5 bytes" in text
    assert "2026-04-02 09:30 UTC Keeps metrics: days7 2026-04-02 09:30 UTC Partner programme on" in text
    assert "2026-04-01 09:30 UTC Added" in text
    twin = signed_in.get(PAGE.replace("?", ".json?")).json()
    assert (twin["dpp"], twin["keep"], [act["what"] for act in twin["acts"]]) == (
        True,
        {"metrics": "days7"},
        ["dpp", "keep"],
    )
    assert {name: one["records"] for name, one in twin["kept"].items()} == {"days30": 1, "held": 1}


def test_a_switch_is_turned_and_only_that_one(signed_in: TestClient, shelf: Shelf) -> None:
    record = shelf.kept()
    turned = signed_in.post(SET, data={"org": ACME, "dpp": "on"})
    assert turned.headers["location"] == "/accounts/organisation?org=acme&done=set&ended=0"
    one = shelf.organisation(ACME)
    assert (one.zdr, one.dpp, one.product_feedback) == (False, True, True)
    assert shelf.ids() == {record}
    signed_in.post(SET, data={"org": ACME, "dpp": "off"})
    assert [act.value for act in shelf.store.directory.acts(one.id, 0)] == ["on", "off"]


def test_zero_data_retention_says_what_it_leaves(signed_in: TestClient, shelf: Shelf) -> None:
    record = shelf.kept()
    turned = signed_in.post(SET, data={"org": ACME, "zdr": "on"})
    page = signed_in.get(turned.headers["location"]).text
    assert "Nothing more is kept of acme from now on" in page
    assert 'href="/records/delete?org=acme"' in page
    assert shelf.ids() == {record}


def test_shorter_is_taken_and_longer_refused(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    taken = signed_in.post(SET, data={"org": ACME, "flow": "inference", "class": "days7"})
    assert taken.headers["location"].endswith("done=set&ended=1")
    assert "will end sooner" in signed_in.get(taken.headers["location"]).text
    assert [one.lane.retention for one in shelf.everything()] == ["days7"]
    refused = signed_in.post(SET, data={"org": ACME, "flow": "inference", "class": "years5"})
    assert (refused.status_code, "never lengthen" in refused.text) == (400, True)
    signed_in.post(SET, data={"org": ACME, "flow": "inference", "class": ""})
    assert shelf.organisation(ACME).keep == ()


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"org": ACME}, 400),
        ({"org": ACME, "zdr": "maybe"}, 400),
        ({"org": "people", "zdr": "on"}, 400),
        ({"org": "people", "dpp": "on"}, 400),
        ({"org": ACME, "flow": "nothing", "class": "days7"}, 400),
        ({"org": ACME, "flow": "metrics", "class": "soon"}, 400),
        ({"org": "nowhere", "dpp": "on"}, 404),
    ],
)
def test_what_is_no_change_changes_nothing(
    signed_in: TestClient, shelf: Shelf, form: dict[str, str], status: int
) -> None:
    before = shelf.store.directory.organisations()
    assert signed_in.post(SET, data=form).status_code == status
    assert shelf.store.directory.organisations() == before


def test_a_switch_that_is_not_for_it_is_explained_and_not_offered(signed_in: TestClient, shelf: Shelf) -> None:
    whys = {word: bool(why) for word, _, _, why in switches_of(shelf.organisation("people"))}
    assert whys == {"zdr": True, "dpp": True, "product-feedback": False}
    page = signed_in.get("/accounts/organisation?org=people").text
    assert 'name="zdr"' not in page
    assert 'name="product-feedback" value="off"' in page


def test_an_organisation_that_is_being_deleted_offers_nothing_more(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    signed_in.post("/accounts/delete", data={"org": ACME})
    page = signed_in.get(PAGE).text
    assert "being deleted" in page
    assert "/accounts/add-account" not in page
    assert "/accounts/delete" not in page


def test_nobody_of_that_name(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    assert signed_in.get("/accounts/organisation?org=nowhere").status_code == 404
    assert signed_in.get("/accounts/organisation").status_code == 404


def test_limits_are_set_from_the_page_and_stand_in_its_history(signed_in: TestClient, shelf: Shelf) -> None:
    form = {"org": ACME, "requests-per-minute": "600", "tokens-per-minute": "", "at-once": "0"}
    assert signed_in.post("/accounts/organisation/limits", data=form).status_code == 303
    assert shelf.organisation(ACME).caps == Caps(600, None, 0)
    text = signed_in.get(PAGE).text
    assert "requests per minute: 600" in text
    assert "Requests a minute <strong>600</strong>" in text
    assert signed_in.post("/accounts/organisation/limits", data={**form, "at-once": "x"}).status_code == 400
