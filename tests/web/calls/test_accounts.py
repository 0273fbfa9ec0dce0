"""Accounts over the API: what `carnet account` does, by the same functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carnet.records.receipts import receipt_faults
from tests.records.kept import ACME, ANN, PAT, PEOPLE, QUINN, Shelf

if TYPE_CHECKING:
    from tests.web.conftest import Script

ALL = "/api/admin/accounts"


def test_they_are_listed_by_organisation_and_shown_with_their_history(script: Script) -> None:
    assert [row["email"] for row in script.json("GET", ALL)["accounts"]] == [ANN, PAT, QUINN]
    assert [row["email"] for row in script.json("GET", f"{ALL}?org={PEOPLE}")["accounts"]] == [PAT, QUINN]
    shown = script.json("GET", f"{ALL}/{PAT}")
    assert (shown["model_improvement"], [act["value"] for act in shown["history"]]) == ("on", ["on"])
    assert script.refused("GET", f"{ALL}?org=nobody")[0] == 404
    assert script.refused("GET", f"{ALL}?organisation={PEOPLE}")[:2] == (400, "organisation")


def test_one_is_added_and_consent_that_is_not_given_is_none(script: Script, shelf: Shelf) -> None:
    added = script.json("POST", ALL, {"email": "a/b+c@acme.test", "org": ACME}, 201)
    assert (added["model_improvement"], added["history"], added["tier"]) == ("off", [], "enterprise")
    assert script.json("GET", f"{ALL}/a/b+c@acme.test")["email"] == "a/b+c@acme.test"
    given = script.json("POST", ALL, {"email": "z@people.test", "org": PEOPLE, "model_improvement": "on"}, 201)
    assert (given["model_improvement"], len(given["history"])) == ("on", 1)
    assert not shelf.account("a/b+c@acme.test").consent
    assert script.refused("POST", ALL, {"email": ANN.upper(), "org": ACME})[0] == 409


def test_a_withdrawn_consent_takes_effect_at_once(script: Script, shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    told = script.json("PATCH", f"{ALL}/{PAT}", {"model_improvement": "off"})
    assert (told["model_improvement"], told["ends_sooner"]) == ("off", 1)
    assert {(one.lane.retention, one.lane.training) for one in shelf.listed(account=PAT)} == {("days30", False)}
    assert [act["value"] for act in told["history"]] == ["on", "off"]


REFUSED: tuple[tuple[Any, ...], ...] = (
    ("POST", "", {"email": "no address", "org": ACME}, "email"),
    ("POST", "", {"email": "a@b.test\r\nX: y", "org": ACME}, "email"),
    ("POST", "", {"email": "a@b.test", "org": ACME, "tier": "pro"}, "tier"),
    ("POST", "", {"email": "a@b.test"}, "org"),
    ("POST", "", {"email": "a@b.test", "org": ACME, "model_improvement": True}, "model_improvement"),
    ("PATCH", f"/{PAT}", {"model_improvement": "perhaps"}, "model_improvement"),
    ("PATCH", f"/{PAT}", {}, "model_improvement"),
    ("PATCH", f"/{PAT}", {"model_improvement": "on", "email": "x@y.test"}, "email"),
)


def test_what_cannot_be_is_refused_by_field_and_changes_nothing(script: Script, shelf: Shelf) -> None:
    before = shelf.store.catalogue.generation()
    for method, path, body, field in REFUSED:
        assert script.refused(method, ALL + path, body)[:2] == (400, field), (path, body)
    assert shelf.store.catalogue.generation() == before


def test_one_is_deleted_and_nobody_else(script: Script, shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    kept = shelf.kept(account=QUINN)
    receipt = script.json("DELETE", f"{ALL}/{PAT}")
    assert (receipt["records"], receipt["scope"], receipt_faults(receipt)) == (1, {"account": PAT}, [])
    assert shelf.ids() == {kept}
    assert shelf.store.directory.account(PAT) is None
