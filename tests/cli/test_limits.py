"""Options for limits: a number, `default`, or a clear no."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from carnet.cli.limits import DEFAULT, options

if TYPE_CHECKING:
    from .conftest import Carnet

ANN = "ann@acme.test"


@pytest.fixture(autouse=True)
def _tenant(carnet: Carnet) -> None:
    assert carnet("org", "add", "acme", "--terms", "commercial", "--tier", "team").status == 0
    assert carnet("account", "add", ANN, "--org", "acme").status == 0


def limits(carnet: Carnet, *listing: str) -> dict[str, int | None]:
    (row,) = next(iter(json.loads(carnet(*listing, "--json").out).values()))
    found = row["limits"]
    assert isinstance(found, dict)
    return found


def test_what_is_not_given_is_left_alone_and_default_takes_back() -> None:
    assert options({"at_once": 3, "requests_per_minute": None, "tokens_per_minute": DEFAULT}) == {
        "at-once": 3,
        "tokens-per-minute": None,
    }


def test_a_key_is_made_with_limits_that_can_be_changed(carnet: Carnet) -> None:
    made = carnet("key", "create", "--account", ANN, "--requests-per-minute", "60", "--at-once", "0")
    id_ = made.out[3:11]
    assert limits(carnet, "key", "list") == {"requests_per_minute": 60, "tokens_per_minute": None, "at_once": 0}
    assert "requests per minute: 60, at once: 0" in carnet("key", "list").out
    changed = carnet("key", "set", id_, "--requests-per-minute", "default", "--tokens-per-minute", "90000")
    assert changed.out == f"Key {id_}: tokens per minute: 90,000, at once: no limit.\n"
    assert carnet("key", "set", id_, "--tokens-per-minute", "default", "--at-once", "default").out == (
        f"Key {id_}: limits as the settings say.\n"
    )


def test_an_organisations_limits_are_dated_acts(carnet: Carnet) -> None:
    changed = carnet("org", "set", "acme", "--requests-per-minute", "600", "--at-once", "20")
    assert changed.out.startswith("acme: commercial terms, team, requests per minute: 600, at once: 20.\n")
    assert carnet("org", "set", "acme", "--at-once", "default").status == 0
    assert limits(carnet, "org", "list") == {"requests_per_minute": 600, "tokens_per_minute": None, "at_once": None}
    acts = json.loads(carnet("org", "show", "acme", "--json").out)["acts"]
    assert [(act["what"], act["value"]) for act in acts] == [
        ("requests-per-minute", "600"),
        ("at-once", "20"),
        ("at-once", "as the settings say"),
    ]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("org", "set", "acme", "--at-once", "-1"), "neither a whole number"),
        (("org", "set", "acme", "--at-once", "many"), "neither a whole number"),
        (("org", "set", "acme", "--at-once", "99999999999999999999"), "--at-once: "),
        (("key", "create", "--account", ANN, "--at-once", "1000000001"), "from 0 (no limit) to 1000000000"),
        (("key", "set", "aaaaaaaa", "--at-once", "1"), "there is no key aaaaaaaa"),
        (("key", "set", "aaaaaaaa"), "say what to change"),
        (("key", "set", "ck_", "--at-once", "1"), "no id of a key"),
    ],
)
def test_what_cannot_be_is_refused(carnet: Carnet, args: tuple[str, ...], said: str) -> None:
    ended = carnet(*args)
    assert (ended.status, said in ended.err) == (2, True), ended.err
    assert json.loads(carnet("key", "list", "--json").out)["keys"] == []
