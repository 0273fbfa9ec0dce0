"""Keys on an account's page: shown once, limited, revoked; nothing of a key stays on any page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from carnet.accounts.keys import LENGTH, digest_of, make_key
from carnet.errors import FieldError
from carnet.model.account import Caps
from carnet.web.pages.keys import key_rows, limits_in
from carnet.web.record_addresses import of_account
from tests.records.kept import ANN, PAT, Shelf

if TYPE_CHECKING:
    from starlette.testclient import TestClient

KEY = re.compile(rf"ck_\w{{{LENGTH - 3}}}")


def test_a_key_is_shown_once_and_only_there(signed_in: TestClient, shelf: Shelf) -> None:
    form = {"account": PAT, "scope-relay": "on", "name": "<b>laptop", "expires": "90d", "at-once": "4"}
    made = signed_in.post("/accounts/keys/create", data=form)
    (text,) = set(KEY.findall(made.text))
    (one,) = shelf.store.api_keys.listed()
    assert (one.key.digest, one.account.email, one.key.scopes) == (digest_of(text), PAT, ("relay",))
    assert one.key.caps == Caps(at_once=4)
    assert made.headers["cache-control"] == "no-store"
    later = signed_in.get(of_account(PAT)).text
    assert one.key.id in later
    assert "at once: 4" in later
    assert text not in later
    assert "<b>laptop" not in made.text + later


def test_a_key_without_a_purpose_or_for_nobody_is_not_made(signed_in: TestClient, shelf: Shelf) -> None:
    for form, status in (
        ({"account": PAT}, 400),
        ({"account": PAT, "scope-own": "on", "expires": "soon"}, 400),
        ({"account": PAT, "scope-own": "on", "at-once": "many"}, 400),
        ({"account": PAT, "scope-own": "on", "at-once": "9" * 30}, 400),
        ({"account": "nobody@x.test", "scope-own": "on"}, 404),
        ({"scope-own": "on"}, 404),
    ):
        answer = signed_in.post("/accounts/keys/create", data=form)
        assert answer.status_code == status, form
        assert "--" not in re.sub(r"<[^>]*>", "", answer.text.partition("<main")[2])
    assert shelf.store.api_keys.listed() == []


def test_a_key_is_limited_and_revoked_from_the_page(signed_in: TestClient, shelf: Shelf) -> None:
    key, _ = make_key(shelf.store.api_keys, shelf.account(PAT), ("relay",), None, "", shelf.now)
    form = {"key": key.id, "requests-per-minute": "60", "tokens-per-minute": "", "at-once": "0"}
    answer = signed_in.post("/accounts/keys/limit", data=form)
    assert answer.headers["location"] == f"{of_account(PAT)}&done=limited#keys"
    assert shelf.store.api_keys.find([key.id])[key.id].key.caps == Caps(60, None, 0)
    assert signed_in.post("/accounts/keys/revoke", data={"key": key.id}).status_code == 303
    (row,) = key_rows(shelf.store, shelf.account(PAT), shelf.now)
    assert row.state == "revoked"
    assert "Revoke<" not in signed_in.get(of_account(PAT)).text
    assert signed_in.post("/accounts/keys/revoke", data={"key": "aaaaaaaa"}).status_code == 404
    assert signed_in.post("/accounts/keys/revoke", data={"key": ""}).status_code == 400


def test_keys_of_others_stand_on_their_own_pages(signed_in: TestClient, shelf: Shelf) -> None:
    key, _ = make_key(shelf.store.api_keys, shelf.account(ANN), ("own",), None, "", shelf.now)
    assert key.id in signed_in.get(of_account(ANN)).text
    assert key.id not in signed_in.get(of_account(PAT)).text


def test_limits_of_a_form_are_numbers_or_nothing() -> None:
    assert limits_in({"at-once": " 3 "}) == {"requests-per-minute": None, "tokens-per-minute": None, "at-once": 3}
    for text in ("-1", "1.5", "\u0663"):
        with pytest.raises(FieldError, match="--at-once: write a whole number"):
            limits_in({"at-once": text})
