"""`carnet key`: shown once, on stdout alone; kept nowhere."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from carnet.accounts.keys import LENGTH, key_id

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Carnet

ANN, PAT = "ann@acme.test", "pat@people.test"
LOGIN = "sk-ant-oat01-" + "Zq9" * 30


@pytest.fixture(autouse=True)
def _tenants(carnet: Carnet) -> None:
    for name, terms, tier, email in (("acme", "commercial", "enterprise", ANN), ("people", "consumer", "pro", PAT)):
        assert carnet("org", "add", name, "--terms", terms, "--tier", tier).status == 0
        assert carnet("account", "add", email, "--org", name).status == 0


def keys(carnet: Carnet, *args: str) -> list[dict[str, object]]:
    found = json.loads(carnet("key", "list", "--json", *args).out)["keys"]
    assert isinstance(found, list)
    return found


def made(carnet: Carnet, *args: str, account: str = ANN) -> str:
    ended = carnet("key", "create", "--account", account, *args)
    assert ended.status == 0, ended.err
    return ended.out.strip()


def test_the_key_stands_alone_on_stdout(carnet: Carnet) -> None:
    ended = carnet("key", "create", "--account", ANN, "--expires", "90d")
    text = ended.out.removesuffix("\n")
    assert len(text) == LENGTH
    assert key_id(text)
    assert text not in ended.err
    assert "Shown this once" in ended.err


def test_the_key_is_in_no_file_and_its_secret_in_no_listing(carnet: Carnet, data: Path) -> None:
    text = made(carnet, "--name", "laptop")
    everything = b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
    assert text[3:11].encode() in everything
    for secret in (text, text[12:], text[12:52]):
        assert secret.encode() not in everything
        assert secret not in carnet("key", "list").out + carnet("key", "list", "--json").out


def test_listings_say_whose_what_for_and_until_when(carnet: Carnet) -> None:
    text = made(carnet, "--scope", "relay", "--scope", "intake", "--expires", "2099-12-31", "--name", "laptop")
    other = made(carnet, account=PAT)
    (row,) = keys(carnet, "--account", ANN)
    created = row.pop("created")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", str(created))
    assert row == {
        "id": key_id(text),
        "account": ANN,
        "org": "acme",
        "scopes": ["relay", "intake"],
        "name": "laptop",
        "state": "valid",
        "expires": "2099-12-31T23:59:59.999999Z",
        "revoked": None,
        "last_used": None,
        "limits": {"requests_per_minute": None, "tokens_per_minute": None, "at_once": None},
    }
    assert [row["id"] for row in keys(carnet)] == [key_id(text), key_id(other)]
    assert keys(carnet)[1]["scopes"] == ["relay", "intake"]  # `own` is for people, and only where it is asked for
    out = carnet("key", "list", "--account", ANN).out
    assert "until 2099-12-31" in out
    assert PAT not in out


def test_no_keys_is_said(carnet: Carnet) -> None:
    assert "carnet key create --account EMAIL" in carnet("key", "list").out
    assert f"carnet key create --account {ANN}" in carnet("key", "list", "--account", ANN).out


@pytest.mark.parametrize("account", ["", "nobody@acme.test"])
def test_an_account_that_is_none_is_not_everybodys(carnet: Carnet, account: str) -> None:
    text = made(carnet)
    listed = carnet("key", "list", "--account", account)
    assert listed.status != 0
    assert text[3:11] not in listed.out + listed.err


def test_a_key_is_revoked_by_its_id_or_by_itself_and_a_second_time_changes_nothing(carnet: Carnet) -> None:
    first, second = made(carnet), made(carnet)
    assert carnet("key", "revoke", first[3:11]).status == 0
    ended = carnet("key", "revoke", second)
    assert ended.status == 0
    assert second[12:] not in ended.out + ended.err
    states = [(row["state"], row["revoked"]) for row in keys(carnet)]
    assert [state for state, _ in states] == ["revoked", "revoked"]
    assert carnet("key", "revoke", first[3:11]).status == 0
    assert [(row["state"], row["revoked"]) for row in keys(carnet)] == states


def test_a_key_goes_with_its_account(carnet: Carnet) -> None:
    made(carnet)
    other = made(carnet, account=PAT)
    assert carnet("account", "delete", ANN, "--yes").status == 0
    assert [row["id"] for row in keys(carnet)] == [key_id(other)]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("create", "--account", "nobody@acme.test"), "no account"),
        (("create", "--account", ANN, "--expires", "soon"), "write a day such as"),
        (("create", "--account", ANN, "--expires", "2020-01-01"), "past already"),
        (("create", "--account", ANN, "--expires", "0d"), "past already"),
        (("create", "--account", ANN, "--scope", "root"), "root"),
        (("create", "--account", ANN, "--name", LOGIN), "not a name for one"),
        (("revoke", "aaaaaaaa"), "carnet key list"),
        (("revoke", LOGIN), "no id of a key"),
    ],
)
def test_what_cannot_be_done_is_told_and_no_secret_repeated(
    carnet: Carnet, data: Path, args: tuple[str, ...], words: str
) -> None:
    ended = carnet("key", *args)
    assert ended.status == 2
    assert words in ended.err
    assert ended.out == ""
    assert LOGIN not in ended.err
    assert keys(carnet) == []
    assert LOGIN.encode() not in b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
