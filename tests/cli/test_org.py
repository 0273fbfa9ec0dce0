"""`carnet org`: terms, acts that are dated, and that nothing contradicts them."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from .shelf import ANN, BOB, CID, HOME, JUNIPER, line

if TYPE_CHECKING:
    from .conftest import Carnet
    from .shelf import Shelf

FIELDS = {
    "name",
    "terms",
    "tier",
    "created",
    "zdr",
    "dpp",
    "product_feedback",
    "keep",
    "closed",
    "accounts",
    "recording",
    "limits",
}


# --- add, list, show


@pytest.mark.parametrize(
    ("terms", "tier"), [("commercial", one) for one in ("team", "enterprise", "api", "gov")]
    + [("consumer", one) for one in ("free", "pro", "max")],
)  # fmt: skip
def test_an_organisation_is_added_with_nothing_turned_on(carnet: Carnet, terms: str, tier: str) -> None:
    ended = carnet("org", "add", "Juniper", "--terms", terms, "--tier", tier)
    (row,) = json.loads(carnet("org", "list", "--json").out)["organisations"]

    assert ended.out.startswith(f"Added Juniper: {terms} terms, {tier}.\n")
    assert set(row) == FIELDS
    assert (row["zdr"], row["dpp"], row["product_feedback"], row["keep"], row["accounts"]) == (
        False,
        False,
        True,
        {},
        0,
    )
    assert (row["terms"], row["tier"]) == (terms, tier)


@pytest.mark.parametrize(
    ("terms", "tier", "said"),
    [
        ("consumer", "team", "'team' is not under consumer terms; there are: free, pro, max"),
        ("commercial", "pro", "'pro' is not under commercial terms"),
        ("commercial", "gold", "'gold' is not under commercial terms"),
        ("commercial", "", "'' is not under commercial terms"),
        ("free", "pro", "'free' is not one of"),
    ],
)
def test_tier_and_terms_must_agree(carnet: Carnet, terms: str, tier: str, said: str) -> None:
    ended = carnet("org", "add", "Juniper", "--terms", terms, "--tier", tier)

    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert json.loads(carnet("org", "list", "--json").out) == {"organisations": []}


@pytest.mark.parametrize(
    "name",
    ["", " ", "a\nb", "a\x1b[31m", "\u202eevil", "-x", "x" * 65, "x ", "a\x00", "\udc80", ";"],
)
def test_a_name_is_made_of_what_can_be_seen(carnet: Carnet, name: str) -> None:
    ended = carnet("org", "add", "--terms", "commercial", "--tier", "team", "--", name)

    assert (ended.status, ended.out) == (2, "")
    assert "\x1b" not in ended.err
    assert len(ended.err.splitlines()) == 1
    assert json.loads(carnet("org", "list", "--json").out) == {"organisations": []}


def test_a_name_is_taken_once_and_may_be_of_any_language(carnet: Carnet) -> None:
    for name in ("Zürich AG", "東京 works", "a.b_c-d@e"):
        assert carnet("org", "add", name, "--terms", "commercial", "--tier", "team").status == 0
    again = carnet("org", "add", "Zürich AG", "--terms", "consumer", "--tier", "pro")

    assert again.status == 2
    assert "there is already an organisation" in again.err


@pytest.mark.parametrize(
    "args",
    [("show", "Nowhere"), ("set", "Nowhere", "--dpp", "on"), ("delete", "Nowhere"), ("show", "home"), ("show", "")],
)
def test_an_unknown_name_is_said_with_those_there_are(shelf: Shelf, args: tuple[str, ...]) -> None:
    ended = shelf.carnet("org", *args)

    assert (ended.status, ended.out) == (2, "")
    assert f"there are: {HOME}, {JUNIPER}" in ended.err or f"there are: {JUNIPER}, {HOME}" in ended.err


def test_before_the_first_it_says_how_to_add_one(carnet: Carnet) -> None:
    assert "carnet org add NAME --terms commercial --tier team" in carnet("org", "list").out


def test_the_list_counts_accounts(shelf: Shelf) -> None:
    lines = shelf.carnet("org", "list").out.splitlines()

    assert f"{JUNIPER}  1 account   commercial terms, enterprise" in lines
    assert f"{HOME}           2 accounts  consumer terms, pro" in lines


# --- set


def test_acts_are_dated_and_listed(shelf: Shelf) -> None:
    for args in (("--dpp", "on"), ("--zdr", "on"), ("--zdr", "off"), ("--zdr", "off"), ("--product-feedback", "off"),
                 ("--keep", "inference=days7"), ("--keep", "inference=")):  # fmt: skip
        assert shelf.carnet("org", "set", JUNIPER, *args).status == 0
    answer = shelf.json("org", "show", JUNIPER)
    acts = answer["acts"]
    assert isinstance(acts, list)

    assert set(answer) == {*FIELDS, "acts"}
    assert [(act["what"], act["value"]) for act in acts] == [
        ("dpp", "on"),
        ("zdr", "on"),
        ("zdr", "off"),
        ("product-feedback", "off"),
        ("keep", "inference=days7"),
        ("keep", "inference=as the rules say"),
    ]
    for act in acts:
        assert abs(datetime.now(UTC) - datetime.fromisoformat(act["at"])) < timedelta(minutes=5)
    out = shelf.carnet("org", "show", JUNIPER).out.splitlines()
    assert out[0] == f"{JUNIPER}: commercial terms, enterprise, partner programme, no product feedback."
    assert len(out) == 7


@pytest.mark.parametrize("tier", ["team", "api", "gov"])
def test_zero_data_retention_is_for_enterprise_only(carnet: Carnet, tier: str) -> None:
    carnet("org", "add", "Juniper", "--terms", "commercial", "--tier", tier)
    ended = carnet("org", "set", "Juniper", "--zdr", "on")

    assert (ended.status, ended.out) == (2, "")
    assert "zero data retention is for enterprise organisations" in ended.err
    assert json.loads(carnet("org", "show", "Juniper", "--json").out)["acts"] == []


def test_zero_data_retention_is_one_organisation_s_and_says_what_stays(shelf: Shelf) -> None:
    shelf.kept(line())
    out = shelf.carnet("org", "set", JUNIPER, "--zdr", "on").out

    assert "Nothing more is kept from now on. What was kept before is still there" in out
    assert f"carnet records delete --org '{JUNIPER}' erases it now." in out
    assert len(shelf.listed()) == 1
    assert json.loads(shelf.put(line()).out).keys() == {"refused"}
    shelf.carnet("org", "add", "Other", "--terms", "commercial", "--tier", "enterprise")
    assert shelf.json("org", "show", "Other")["zdr"] is False


@pytest.mark.parametrize("switch", ["--dpp", "--zdr"])
def test_consumers_have_neither_the_partner_programme_nor_zero_data_retention(shelf: Shelf, switch: str) -> None:
    ended = shelf.carnet("org", "set", HOME, switch, "on")

    assert (ended.status, ended.out) == (2, "")
    assert switch in ended.err
    assert shelf.json("org", "show", HOME)["acts"] == []


def test_the_partner_programme_makes_commercial_records_eligible_with_one_provider_only(shelf: Shelf) -> None:
    shelf.kept(line(body="before"))
    shelf.carnet("org", "set", JUNIPER, "--dpp", "on")
    (after, *_) = shelf.kept(line(), line(provider="bedrock"), line(provider=None))

    assert [row["id"] for row in shelf.listed() if row["training"] == "yes"] == [after]
    shelf.carnet("org", "set", JUNIPER, "--dpp", "off")
    assert [row["training"] for row in shelf.listed()] == ["no"] * 4


def test_without_product_feedback_none_is_taken_in(shelf: Shelf) -> None:
    shelf.carnet("org", "set", JUNIPER, "--product-feedback", "off")
    rows = [line(kind="feedback", flow="feedback"), line(kind="rating", flow="survey"),
            line(kind="transcript", flow="transcript-share")]  # fmt: skip

    assert [list(json.loads(one)) for one in shelf.put(*rows).out.splitlines()] == [["refused"]] * 3
    assert shelf.listed() == []


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        ("inference=days31", "an organisation may shorten that, never lengthen it"),
        ("inference=years5", "never lengthen"),
        ("inference=months1", "never lengthen"),
        ("feedback=years6", "never lengthen"),
        ("inference=week", "'week' is no retention class"),
        ("inference=days0", "is no retention class"),
        ("inference=days-1", "is no retention class"),
        ("thing=days7", "there is no flow 'thing'"),
        ("inference", "write FLOW=CLASS"),
        ("=days7", "write FLOW=CLASS"),
    ],
)
def test_an_organisation_may_shorten_and_never_lengthen(shelf: Shelf, keep: str, said: str) -> None:
    ended = shelf.carnet("org", "set", JUNIPER, "--keep", keep)

    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert shelf.json("org", "show", JUNIPER)["keep"] == {}


def test_shorter_takes_effect_on_what_is_kept_already_and_never_turns_back(shelf: Shelf) -> None:
    (one,) = shelf.kept(line())
    (before,) = shelf.listed()
    out = shelf.carnet("org", "set", JUNIPER, "--keep", "inference=days7").out
    (after,) = shelf.listed()

    assert out.splitlines() == [
        f"{JUNIPER}: commercial terms, enterprise, inference kept days7.",
        "  Some of what is kept already ends sooner, or may train no more: carnet records list shows what.",
    ]
    assert (before["retention"], after["retention"]) == ("days30", "days7")
    created = datetime.fromisoformat(str(before["created"]))
    assert datetime.fromisoformat(str(after["expires"])) == created + timedelta(days=7)
    assert shelf.carnet("records", "show", one).out == "hello"
    shelf.carnet("org", "set", JUNIPER, "--keep", "inference=")
    assert shelf.listed() == [after]
    assert [row["retention"] for row in (shelf.kept(line(session="s2")), shelf.listed("--session", "s2"))[1]] == [
        "days30"
    ]


def test_a_flow_can_be_kept_not_at_all(shelf: Shelf) -> None:
    shelf.carnet("org", "set", JUNIPER, "--keep", "inference=none", "--keep", "metrics=days1")

    answers = [json.loads(one) for one in shelf.put(line(), line(kind="metric", flow="metrics")).out.splitlines()]
    assert [list(one) for one in answers] == [["refused"], ["id"]]
    assert [row["retention"] for row in shelf.listed()] == ["days1"]


def test_nothing_to_change_is_said(shelf: Shelf) -> None:
    ended = shelf.carnet("org", "set", JUNIPER)

    assert (ended.status, ended.out) == (2, "")
    assert "say what to change: --zdr, --dpp, --product-feedback, --keep or --recording" in ended.err


# --- delete


def test_an_organisation_goes_with_its_accounts_and_records(shelf: Shelf) -> None:
    shelf.kept(line(ANN), line(BOB), line(CID), line(BOB, None, kind="rating", flow="survey"))
    ended = shelf.carnet("org", "delete", HOME)

    assert ended.out.startswith(
        f"Erased the organisation {HOME}, its 2 accounts and all their records: 3 records of 3 sessions, 15 B.\n"
    )
    assert [row["account"] for row in shelf.listed()] == [ANN]
    assert [row["email"] for row in shelf.json("account", "list")["accounts"]] == [ANN]  # type: ignore[attr-defined]
    assert shelf.carnet("org", "show", HOME).status == 2
    assert shelf.carnet("records", "verify").status == 0
    data = shelf.bytes_of_all_files()
    assert not [one for one in (BOB, CID) if one.encode() in data]


def test_deleting_records_leaves_the_organisation(shelf: Shelf) -> None:
    shelf.kept(line())
    out = shelf.carnet("records", "delete", "--org", JUNIPER).out

    assert out.startswith(f"Erased all records of organisation {JUNIPER}: 1 record of 1 session, 5 B.\n")
    assert shelf.carnet("org", "show", JUNIPER).status == 0


def test_while_something_is_held_it_stays_closed_and_goes_at_the_release(shelf: Shelf) -> None:
    shelf.kept(line(BOB), line(CID, "s2"))
    shelf.carnet("records", "hold", "--session", "s1", "--reason", "case")
    out = shelf.carnet("org", "delete", HOME).out
    assert out.startswith(f"Queued: the organisation {HOME}, its 2 accounts and all their records.\n")
    assert f"{HOME}: consumer terms, pro, being deleted." in shelf.carnet("org", "show", HOME).out
    assert list(json.loads(shelf.put(line(CID)).out)) == ["refused"]
    assert shelf.carnet("account", "add", "new@home.example", "--org", HOME).status == 2

    shelf.carnet("records", "release", "--session", "s1", "--reason", "over")
    assert shelf.carnet("org", "show", HOME).status == 2
    assert shelf.listed() == []


def test_a_clock_that_was_set_back_changes_nothing(shelf: Shelf) -> None:
    shelf.kept(line())
    shelf.at(datetime.now(UTC) - timedelta(days=365))
    for args in (("set", JUNIPER, "--zdr", "on"), ("delete", JUNIPER)):
        ended = shelf.carnet("org", *args)
        assert (ended.status, ended.out) == (3, "")
    assert shelf.json("org", "show", JUNIPER)["acts"] == []


def test_what_becomes_of_what_cannot_be_recorded_is_a_dated_act(shelf: Shelf) -> None:
    assert "unrecorded" in shelf.carnet("org", "set", JUNIPER, "--recording", "wanted").out
    shown = json.loads(shelf.carnet("org", "show", JUNIPER, "--json").out)
    assert shown["recording"] == "wanted"
    assert [(act["what"], act["value"]) for act in shown["acts"]] == [("recording", "wanted")]
    assert "unrecorded" not in shelf.carnet("org", "set", JUNIPER, "--recording", "required").out
    assert shelf.carnet("org", "set", JUNIPER, "--recording", "maybe").status == 2


@pytest.mark.parametrize("name", ["AT&T", "O'Reilly", '$(reboot) "x"'])
def test_a_name_in_a_command_to_copy_is_nothing_but_a_name(carnet: Carnet, name: str) -> None:
    ended = carnet("org", "add", name, "--terms", "commercial", "--tier", "team")

    assert ended.status == 0
    (command,) = ended.out.splitlines()[1:]
    assert shlex.split(command.removesuffix(" adds its people.")) == [
        "carnet",
        "account",
        "add",
        "EMAIL",
        "--org",
        name,
    ]
    assert json.loads(carnet("org", "show", name, "--json").out)["name"] == name
