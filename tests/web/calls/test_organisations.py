"""Organisations over the API: what `carnet org` does, by the same functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carnet.model.account import Caps
from carnet.records.receipts import receipt_faults
from tests.records.kept import ACME, ANN, PAT, PEOPLE, Shelf

if TYPE_CHECKING:
    from tests.web.conftest import Script

ALL = "/api/admin/organisations"


def test_they_are_listed_and_shown_with_their_acts(script: Script, shelf: Shelf) -> None:
    shelf.change(ACME, {"dpp": True})
    rows = script.json("GET", ALL)["organisations"]
    assert [(row["name"], row["dpp"], row["accounts"]) for row in rows] == [(ACME, True, 1), (PEOPLE, False, 2)]
    shown = script.json("GET", f"{ALL}/{ACME}")
    assert [(act["what"], act["value"]) for act in shown["acts"]] == [("dpp", "on")]
    assert script.refused("GET", f"{ALL}/nobody")[0] == 404


def test_one_is_added_with_nothing_turned_on(script: Script, shelf: Shelf) -> None:
    body = {"name": "New One", "terms": "commercial", "tier": "team"}
    added = script.json("POST", ALL, body, 201)
    assert (added["zdr"], added["dpp"], added["keep"], added["acts"]) == (False, False, {}, [])
    assert shelf.organisation("New One").tier == "team"
    assert script.refused("POST", ALL, body)[0] == 409


def test_every_act_changes_what_it_says_and_nothing_else(script: Script, shelf: Shelf) -> None:
    body = {
        "zdr": True,
        "product_feedback": False,
        "keep": {"inference": "days7"},
        "recording": "wanted",
        "limits": {"requests_per_minute": 60, "at_once": 0},
    }
    told = script.json("PATCH", f"{ALL}/{ACME}", body)
    one = shelf.organisation(ACME)
    assert (one.zdr, one.dpp, one.product_feedback, one.keep) == (True, False, False, (("inference", "days7"),))
    assert (one.recording, one.caps) == ("wanted", Caps(60, None, 0))
    assert told["limits"] == {"requests_per_minute": 60, "tokens_per_minute": None, "at_once": 0}
    assert len(told["acts"]) == 6
    script.json("PATCH", f"{ALL}/{ACME}", {"zdr": False, "keep": {"inference": ""}, "limits": {"at_once": None}})
    one = shelf.organisation(ACME)
    assert (one.zdr, one.keep, one.caps, one.recording) == (False, (), Caps(60), "wanted")
    assert not shelf.organisation(PEOPLE).zdr


def test_what_is_kept_already_ends_sooner_and_the_answer_counts_it(script: Script, shelf: Shelf) -> None:
    record = shelf.kept()
    assert script.json("PATCH", f"{ALL}/{ACME}", {"keep": {"inference": "days7"}})["ends_sooner"] == 1
    assert {one.lane.retention for one in shelf.listed() if one.id == record} == {"days7"}


REFUSED: tuple[tuple[Any, ...], ...] = (
    ("POST", "", {"name": "", "terms": "commercial", "tier": "team"}, "name"),
    ("POST", "", {"name": "x", "terms": "gold", "tier": "team"}, "terms"),
    ("POST", "", {"name": "x", "terms": "consumer", "tier": "team"}, "tier"),
    ("POST", "", {"name": "x", "terms": "consumer"}, "tier"),
    ("POST", "", {"name": 7, "terms": "consumer", "tier": "pro"}, "name"),
    ("POST", "", {"name": "x", "terms": "consumer", "tier": "pro", "zdr": True}, "zdr"),
    ("PATCH", f"/{PEOPLE}", {"zdr": True}, "zdr"),
    ("PATCH", f"/{PEOPLE}", {"dpp": True}, "dpp"),
    ("PATCH", f"/{ACME}", {"zdr": "on"}, "zdr"),
    ("PATCH", f"/{ACME}", {"zdr": None}, "zdr"),
    ("PATCH", f"/{ACME}", {"keep": {"inference": "years5"}}, "keep"),
    ("PATCH", f"/{ACME}", {"keep": {"nothing": "days7"}}, "keep"),
    ("PATCH", f"/{ACME}", {"keep": ["inference"]}, "keep"),
    ("PATCH", f"/{ACME}", {"recording": "maybe"}, "recording"),
    ("PATCH", f"/{ACME}", {"limits": {"at_once": -1}}, "at_once"),
    ("PATCH", f"/{ACME}", {"limits": {"at_once": 10**30}}, "at_once"),
    ("PATCH", f"/{ACME}", {"limits": {"at_once": 1.5}}, "limits.at_once"),
    ("PATCH", f"/{ACME}", {"limits": {"all": 1}}, "limits.all"),
    ("PATCH", f"/{ACME}", {}, ""),
)


def test_what_cannot_be_is_refused_by_field_and_changes_nothing(script: Script, shelf: Shelf) -> None:
    before = shelf.store.catalogue.generation()
    for method, path, body, field in REFUSED:
        status, named, text = script.refused(method, ALL + path, body)
        assert (status, named) == (400, field), (path, body)
        assert text
        assert "--" not in text
    assert shelf.store.catalogue.generation() == before


def test_one_is_deleted_with_all_that_is_its_own(script: Script, shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    kept = shelf.kept(account=ANN)
    receipt = script.json("DELETE", f"{ALL}/{PEOPLE}")
    assert (receipt["state"], receipt["records"], receipt["scope"]) == ("done", 1, {"organisation": PEOPLE})
    assert receipt_faults(receipt) == []
    assert shelf.ids() == {kept}
    assert script.refused("DELETE", f"{ALL}/{PEOPLE}")[0] == 404
