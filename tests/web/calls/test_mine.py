"""A person's own data over the API: all of theirs, nothing of anybody else's, whatever the request names."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING

from carnet.accounts.people import add_account, new_account
from carnet.records import holding
from carnet.records.receipts import receipt_faults
from carnet.web.calls.mine import CALLS
from tests.records.kept import ACME, ANN, PAT, QUINN, Shelf
from tests.web.conftest import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from tests.web.conftest import Hours, Script

MINE = "/api/mine"


def test_a_person_sees_what_is_kept_and_until_when(keyed: Callable[..., Script], shelf: Shelf) -> None:
    shelf.kept("mine", PAT, "s1")
    shelf.kept("others", QUINN, "s1")
    told = keyed(PAT).json("GET", MINE)
    assert (told["email"], told["model_improvement"]) == (PAT, "on")
    assert (told["kept"]["years5"]["records"], told["kept"]["years5"]["last_ends"][:4]) == (1, "2031")
    assert [(one["session"], one["records"]) for one in told["sessions"]] == [("s1", 1)]
    assert QUINN not in json.dumps(told)


def test_records_are_listed_in_pages_and_shown_byte_for_byte(keyed: Callable[..., Script], shelf: Shelf) -> None:
    made = [shelf.later(seconds=1).kept(f"{number}", PAT, "s1") for number in range(3)]
    shelf.kept("others", QUINN, "s1")
    pat = keyed(PAT)
    first = pat.json("GET", f"{MINE}/records?limit=2")
    assert [row["id"] for row in first["records"]] == made[:0:-1]
    last = pat.json("GET", f"{MINE}/records?limit=2&before={first['older']}")
    assert ([row["id"] for row in last["records"]], last["older"]) == (made[:1], None)
    assert pat.json("GET", f"{MINE}/records/{made[0]}")["session"] == "s1"
    assert pat("GET", f"{MINE}/records/{made[0]}/body").content == b"0"


def test_consent_is_changed_at_once(keyed: Callable[..., Script], shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    shelf.kept(account=QUINN)
    told = keyed(PAT).json("PATCH", MINE, {"model_improvement": "off"})
    assert (told["model_improvement"], told["ends_sooner"], list(told["kept"])) == ("off", 1, ["days30"])
    assert (shelf.account(PAT).consent, shelf.account(QUINN).consent) == (False, False)
    assert keyed(PAT).json("GET", MINE)["model_improvement"] == "off"


def test_a_session_is_deleted_with_a_receipt_that_verifies(keyed: Callable[..., Script], shelf: Shelf) -> None:
    shelf.kept(account=PAT, session="s1", repository="r1")
    other = shelf.kept(account=PAT, session="s1", repository="r2")
    kept = {shelf.kept(account=PAT, session="s2"), shelf.kept(account=QUINN, session="s1")}
    pat = keyed(PAT)
    receipt = pat.json("POST", f"{MINE}/delete", {"session": "s1", "repository": "r1"})
    assert (receipt["records"], receipt_faults(receipt), shelf.ids()) == (1, [], {other, *kept})
    receipt = pat.json("POST", f"{MINE}/delete", {"session": "s1"})
    assert receipt["scope"] == {"session": "s1", "account": PAT}
    assert shelf.ids() == kept
    assert pat.refused("POST", f"{MINE}/delete", {"session": "s1"})[0] == 404


def test_everything_is_exported_and_the_log_says_so(keyed: Callable[..., Script], shelf: Shelf) -> None:
    shelf.kept("mine", PAT)
    shelf.kept("others", QUINN)
    before = shelf.store.catalogue.size()
    lines = [json.loads(line) for line in keyed(PAT)("POST", f"{MINE}/export").content.splitlines()]
    assert (lines[0]["account"], lines[1]["body"], lines[-1]["manifest"]["account"]) == (PAT, "mine", PAT)
    assert "others" not in json.dumps(lines)
    assert shelf.store.catalogue.size() == before + 1


def test_what_is_held_is_not_deleted_and_cannot_be_asked_for_again_and_again(
    keyed: Callable[..., Script], shelf: Shelf
) -> None:
    shelf.kept("evidence", PAT)
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "Case 17", shelf.now)
    pat = keyed(PAT)
    assert pat.json("POST", f"{MINE}/delete", {"session": "s1"})["state"] == "queued"
    assert [pat.refused("POST", f"{MINE}/delete", {"session": "s1"})[0] for _ in range(3)] == [409] * 3
    assert len(shelf.store.catalogue.works()) == 1
    assert pat.json("GET", MINE)["sessions"][0]["hold"] == "Case 17"


def test_nothing_of_anybody_else_is_told_or_touched(keyed: Callable[..., Script], shelf: Shelf) -> None:
    """By every address, with the ids of somebody of the same organisation and of another one."""
    theirs = {QUINN: shelf.kept("of quinn", QUINN, "of-quinn"), ANN: shelf.kept("of ann", ANN, "of-ann")}
    shelf.kept("mine", PAT, "mine")
    pat, before = keyed(PAT), shelf.ids()
    for email, record in theirs.items():
        session = f"of-{email.partition('@')[0]}"
        absent = pat.refused("GET", f"{MINE}/records/{'0' * 32}")
        for path in (f"{MINE}/records/{record}", f"{MINE}/records/{record}/body", f"{MINE}/records/{record.upper()}"):
            assert pat.refused("GET", path) == absent
        assert pat.json("GET", f"{MINE}/records?session={session}")["records"] == []
        assert pat.refused("POST", f"{MINE}/delete", {"session": session})[0] == 404
        for name, value in (("account", email), ("org", ACME), ("email", email)):
            assert pat.refused("GET", f"{MINE}/records?{name}={value}")[:2] == (400, name)
            assert pat.refused("POST", f"{MINE}/delete", {"session": "mine", name: value})[:2] == (400, name)
            assert pat.refused("POST", f"{MINE}/export", {name: value})[:2] == (400, name)
            assert pat.refused("PATCH", MINE, {"model_improvement": "on", name: value})[:2] == (400, name)
        assert pat.refused("POST", f"{MINE}/delete", {"session": ""})[:2] == (400, "session")
        assert all(email not in pat("GET", path).text for path in (MINE, f"{MINE}/records"))
    assert shelf.ids() == before


def test_only_a_key_for_it_opens_it(stranger: TestClient, keyed: Callable[..., Script], shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    before = shelf.ids(), shelf.store.catalogue.size()
    programs = (keyed(PAT, "relay"), keyed(PAT, "intake", "relay"))
    for call, program in product(CALLS, programs):
        path = call.path.replace("{id}", "0" * 32)
        status, _, text = program.refused(call.method, path)
        assert (status, "needs one for own" in text) == (403, True), call
    for call in CALLS:
        answer = stranger.request(call.method, call.path, headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 401, call
        assert answer.headers["www-authenticate"] == 'Bearer realm="carnet"'
    assert (shelf.ids(), shelf.store.catalogue.size()) == before


def test_a_revoked_key_loses_it_within_a_second(keyed: Callable[..., Script], shelf: Shelf, hours: Hours) -> None:
    pat = keyed(PAT)
    assert pat("GET", MINE).status_code == 200
    (one,) = shelf.store.api_keys.listed()
    shelf.store.api_keys.revoke(one.key.id, shelf.now)
    hours.passed += 1
    for call in CALLS:
        status, _, text = pat.refused(call.method, call.path)
        assert (status, "was revoked" in text) == (401, True), call


def test_an_expired_key_loses_it_at_that_moment(keyed: Callable[..., Script], shelf: Shelf) -> None:
    pat = keyed(PAT, expires=shelf.now + timedelta(seconds=5))
    assert pat("GET", MINE).status_code == 200
    shelf.later(seconds=6)
    assert pat.refused("GET", MINE)[0] == 401


def test_a_deleted_account_loses_it_and_one_of_the_same_address_gains_nothing(
    keyed: Callable[..., Script], shelf: Shelf, script: Script, hours: Hours
) -> None:
    old = keyed(PAT)
    assert old("GET", MINE).status_code == 200
    script.json("DELETE", f"/api/admin/accounts/{PAT}")
    add_account(shelf.store.directory, new_account(PAT, shelf.organisation("people"), "", shelf.now), "", shelf.now)
    shelf.kept("of the new one", PAT)
    assert old.refused("GET", MINE)[0] == 404
    assert old.refused("PATCH", MINE, {"model_improvement": "on"})[0] == 404
    assert old.refused("POST", f"{MINE}/export")[0] == 404
    assert old.json("GET", f"{MINE}/records")["records"] == []
    hours.passed += 1
    assert old.refused("GET", MINE)[0] == 401
    assert not shelf.account(PAT).consent


def test_guessing_is_slowed_and_keys_that_are_known_go_on(keyed: Callable[..., Script], shelf: Shelf) -> None:
    pat = keyed(PAT)
    assert pat("GET", MINE).status_code == 200
    guess = keyed(QUINN)
    (other,) = [one for one in shelf.store.api_keys.listed() if one.account.email == QUINN]
    shelf.store.directory.remove_account(other.account.id)  # well-formed, and nobody's
    statuses = [guess("GET", MINE).status_code for _ in range(25)]
    assert (statuses[:20], statuses[-1]) == ([401] * 20, 429)
    assert int(guess("GET", MINE).headers["retry-after"]) > 0
    assert pat("GET", MINE).status_code == 200


def test_two_keys_or_a_vendors_token_are_none(stranger: TestClient, keyed: Callable[..., Script]) -> None:
    one, two = (keyed(email).headers["x-api-key"] for email in (PAT, QUINN))
    for headers in (
        {"x-api-key": one, "Authorization": f"Bearer {two}"},
        {"x-api-key": "sk-ant-oat01-abc"},
        {"Authorization": "Bearer eyJhbGciOi.eyJzdWIi.sig"},
        {"x-api-key": one + "x"},
    ):
        answer = stranger.get(MINE, headers=headers)
        assert answer.status_code == 401
        assert "sk-ant-oat01-abc" not in answer.text
        assert "ANTHROPIC" not in answer.text
    assert stranger.get(MINE, headers={"x-api-key": one, "Authorization": f"Bearer {one}"}).status_code == 200
