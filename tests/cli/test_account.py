"""`carnet account`: people, their consent with its history, and their going."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from .shelf import ANN, BOB, CID, HOME, JUNIPER, line

if TYPE_CHECKING:
    from .conftest import Carnet
    from .shelf import Shelf

FIELDS = {"email", "org", "tier", "created", "model_improvement", "closed"}


def test_an_account_is_of_an_organisation_and_consented_to_nothing(shelf: Shelf) -> None:
    ended = shelf.carnet("account", "add", "dee@home.example", "--org", HOME)
    answer = shelf.json("account", "show", "dee@home.example")

    assert ended.out == f"Added dee@home.example to {HOME}; model improvement off.\n"
    assert set(answer) == {*FIELDS, "history"}
    assert (answer["org"], answer["tier"], answer["model_improvement"], answer["history"]) == (HOME, "pro", "off", [])


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("x@home.example", "--org", "Nowhere"), "there is no organisation 'Nowhere'"),
        (("x@home.example", "--org", HOME, "--tier", "team"), "'team' is not under consumer terms"),
        (("x@home.example", "--org", JUNIPER, "--tier", "max"), "'max' is not under commercial terms"),
        (("x@home.example",), "--org"),
        (("x@home.example", "--org", HOME, "--model-improvement", "maybe"), "'maybe' is not one of"),
        ((ANN, "--org", HOME), "there is already an account"),
        ((ANN.upper(), "--org", HOME), "there is already an account"),
    ],
)
def test_what_contradicts_is_refused(shelf: Shelf, args: tuple[str, ...], said: str) -> None:
    ended = shelf.carnet("account", "add", *args)

    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert len(shelf.json("account", "list")["accounts"]) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address",
    ["", "x", "@", "a@", "@b", "a b@c", "a@b\n", "a\x1b[31m@b", "a@b\x00", "a@b@c", "x" * 65 + "@b", "\udc80@b"],
)
def test_what_is_no_address_is_refused(shelf: Shelf, address: str) -> None:
    ended = shelf.carnet("account", "add", "--org", HOME, "--", address)

    assert (ended.status, ended.out) == (2, "")
    assert "\x1b" not in ended.err


def test_an_address_with_odd_signs_does_no_harm(shelf: Shelf) -> None:
    odd = "<b>\u202eo'dd\u2066@home.example"
    outs = [
        shelf.carnet("account", "add", odd, "--org", HOME),
        shelf.carnet("account", "show", odd),
        shelf.carnet("account", "list"),
        shelf.carnet("account", "consent", odd, "on"),
        shelf.carnet("account", "delete", odd),
    ]
    for ended in outs:
        assert ended.status in {0, 2}
        assert "\u202e" not in ended.out
        assert "\u2066" not in ended.out


def test_a_tier_of_its_own_counts(shelf: Shelf) -> None:
    shelf.carnet("account", "add", "max@home.example", "--org", HOME, "--tier", "max")

    assert shelf.json("account", "show", "max@home.example")["tier"] == "max"


def test_consent_under_commercial_terms_says_that_it_makes_nothing_eligible(shelf: Shelf) -> None:
    out = shelf.carnet("account", "consent", ANN, "on").out
    shelf.kept(line())

    assert "Under commercial terms that makes nothing eligible for training" in out
    assert f"carnet org set '{JUNIPER}' --dpp on" in out
    assert [row["training"] for row in shelf.listed()] == ["no"]
    shelf.carnet("org", "set", JUNIPER, "--dpp", "on")
    assert "Under commercial" not in shelf.carnet("account", "consent", ANN, "on").out


def test_consent_is_a_dated_history(shelf: Shelf) -> None:
    for consent in ("on", "off", "off", "on"):
        ended = shelf.carnet("account", "consent", CID, consent)
        assert ended.out.startswith(f"{CID}: model improvement {consent}, since {datetime.now(UTC):%Y-%m-%d} ")
    answer = shelf.json("account", "show", CID)
    history = answer["history"]
    assert isinstance(history, list)

    assert answer["model_improvement"] == "on"
    assert [(act["what"], act["value"]) for act in history] == [
        ("model-improvement", one) for one in ("on", "off", "on")
    ]
    assert [act["at"] for act in history] == sorted(act["at"] for act in history)
    assert len(shelf.carnet("account", "show", CID).out.splitlines()) == 4


def test_saying_the_same_again_keeps_the_date(shelf: Shelf) -> None:
    now = datetime.now(UTC)
    shelf.at(now + timedelta(days=3))
    out = shelf.carnet("account", "consent", BOB, "on").out

    assert f"since {now:%Y-%m-%d}" in out
    assert f"{now + timedelta(days=3):%Y-%m-%d}" not in out


def test_turning_consent_off_takes_effect_at_once(shelf: Shelf) -> None:
    exchange, report = shelf.kept(line(BOB), line(BOB, kind="feedback", flow="feedback"))
    before = {row["id"]: row for row in shelf.listed()}
    out = shelf.carnet("account", "consent", BOB, "off").out
    after = {row["id"]: row for row in shelf.listed()}

    assert "what the consent kept longer ends sooner:\n" in out
    assert f"carnet records list --account {BOB}\n" in out
    assert [row["training"] for row in before.values()] == ["yes", "yes"]
    assert [row["training"] for row in after.values()] == ["no", "no"]
    created = datetime.fromisoformat(str(after[exchange]["created"]))
    assert datetime.fromisoformat(str(after[exchange]["expires"])) == created + timedelta(days=30)
    assert (after[exchange]["retention"], after[report]["retention"]) == ("days30", "years5")
    assert after[report]["expires"] == before[report]["expires"]
    assert len(shelf.carnet("records", "export", "--training").out.splitlines()) == 1

    shelf.carnet("account", "consent", BOB, "on")
    assert {row["id"]: row for row in shelf.listed()} == after


def test_a_withdrawal_reaches_what_is_held(shelf: Shelf) -> None:
    shelf.kept(line(BOB))
    shelf.carnet("records", "hold", "--session", "s1", "--reason", "case")
    shelf.carnet("account", "consent", BOB, "off")

    assert [(row["retention"], row["training"], row["hold"]) for row in shelf.listed()] == [("days30", "no", "case")]


def test_accounts_are_listed_by_organisation(shelf: Shelf) -> None:
    assert shelf.carnet("account", "list", "--org", JUNIPER).out == (
        f"{ANN}  {JUNIPER}  enterprise  model improvement off\n"
    )
    assert [set(row) for row in shelf.json("account", "list")["accounts"]] == [FIELDS] * 3  # type: ignore[attr-defined]
    assert len(shelf.carnet("account", "list").out.splitlines()) == 3
    assert shelf.carnet("account", "list", "--org", "Nowhere").status == 2
    unset = shelf.carnet("account", "list", "--org", "")
    assert (unset.status, unset.out) == (2, "")
    assert "it is empty" in unset.err


def test_where_there_is_none_it_says_how_to_add_one(carnet: Carnet) -> None:
    assert "carnet account add EMAIL --org NAME" in carnet("account", "list").out
    carnet("org", "add", "Juniper", "--terms", "commercial", "--tier", "team")
    assert carnet("account", "list", "--org", "Juniper").out.startswith("Juniper has no accounts yet.")
    assert json.loads(carnet("account", "list", "--json").out) == {"accounts": []}


@pytest.mark.parametrize("args", [("show",), ("consent",), ("delete",)])
def test_an_unknown_account_is_said(shelf: Shelf, args: tuple[str, ...]) -> None:
    ended = shelf.carnet("account", *args, "who@nowhere.example", *(["off"] if args == ("consent",) else []))

    assert (ended.status, ended.out) == (2, "")
    assert "there is no account 'who@nowhere.example'" in ended.err


def test_an_account_goes_with_its_records_and_its_history(shelf: Shelf) -> None:
    shelf.kept(line(BOB), line(BOB, "s2"), line(CID))
    ended = shelf.carnet("account", "delete", BOB)

    assert ended.out.startswith(f"Erased the account {BOB} and all its records: 2 records of 2 sessions, 10 B.\n")
    assert [row["account"] for row in shelf.listed()] == [CID]
    assert shelf.carnet("account", "show", BOB).status == 2
    assert BOB.encode() not in shelf.bytes_of_all_files()
    assert shelf.json("records", "verify") == {"faults": []}
    shelf.carnet("account", "add", BOB, "--org", HOME)
    assert shelf.json("account", "show", BOB)["history"] == []
    assert shelf.listed("--account", BOB) == []


def test_while_something_is_held_the_account_stays_closed_and_goes_at_the_release(shelf: Shelf) -> None:
    shelf.kept(line(BOB))
    shelf.carnet("records", "hold", "--session", "s1", "--reason", "case")
    queued = shelf.json("account", "delete", BOB)
    assert (queued["state"], queued["held"]) == ("queued", 1)
    assert shelf.carnet("account", "show", BOB).out.splitlines()[0].endswith("model improvement on, being deleted.")
    assert shelf.carnet("account", "list", "--org", HOME).out.splitlines()[0].endswith("on, being deleted")
    assert list(json.loads(shelf.put(line(BOB)).out)) == ["refused"]

    shelf.carnet("records", "release", "--session", "s1", "--reason", "over")
    assert shelf.carnet("account", "show", BOB).status == 2
    assert shelf.listed() == []


def test_a_clock_that_was_set_back_dates_nothing(shelf: Shelf) -> None:
    shelf.kept(line())
    shelf.at(datetime.now(UTC) - timedelta(days=365))
    for args in (("add", "new@home.example", "--org", HOME), ("consent", BOB, "off"), ("delete", BOB)):
        ended = shelf.carnet("account", *args)
        assert (ended.status, ended.out) == (3, "")
        assert "it was set back" in ended.err
    assert len(shelf.json("account", "show", BOB)["history"]) == 1  # type: ignore[arg-type]
