"""Keys over the API: shown once, limited, revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carnet.accounts.keys import digest_of, key_id
from carnet.model.account import Caps
from tests.records.kept import ANN, PAT, Shelf

if TYPE_CHECKING:
    from tests.web.conftest import Script

ALL = "/api/admin/keys"


def test_a_key_is_shown_once_and_kept_as_a_hash(script: Script, shelf: Shelf) -> None:
    made = script.json("POST", ALL, {"account": ANN, "expires": "90d", "name": "laptop"}, 201)
    text = made.pop("key")
    assert key_id(text) == made["id"]
    assert (made["scopes"], made["state"], made["name"]) == (["relay", "intake"], "valid", "laptop")
    assert shelf.store.api_keys.find([made["id"]])[made["id"]].key.digest == digest_of(text)
    assert script.json("GET", f"{ALL}/{made['id']}") == made
    assert script.json("GET", f"{ALL}?account={ANN}") == {"keys": [made]}
    assert script.json("GET", f"{ALL}?account={PAT}") == {"keys": []}
    assert script("POST", ALL, {"account": ANN}).headers["cache-control"] == "no-store"


def test_scopes_and_limits_are_as_asked_for(script: Script, shelf: Shelf) -> None:
    body = {"account": ANN, "scopes": ["own"], "limits": {"at_once": 4, "tokens_per_minute": None}}
    made = script.json("POST", ALL, body, 201)
    assert (made["scopes"], made["limits"]["at_once"]) == (["own"], 4)
    path = f"{ALL}/{made['id']}"
    changed = script.json("PATCH", path, {"limits": {"at_once": None, "requests_per_minute": 9}})
    assert changed["limits"] == {"requests_per_minute": 9, "tokens_per_minute": None, "at_once": None}
    assert shelf.store.api_keys.find([made["id"]])[made["id"]].key.caps == Caps(9)


def test_a_revoked_key_says_since_when(script: Script) -> None:
    made = script.json("POST", ALL, {"account": ANN}, 201)
    gone = script.json("POST", f"{ALL}/{made['id']}/revoke")
    assert (gone["state"], bool(gone["revoked"])) == ("revoked", True)
    assert script.json("POST", f"{ALL}/{made['id']}/revoke")["revoked"] == gone["revoked"]


REFUSED: tuple[tuple[Any, ...], ...] = (
    ("POST", "", {"account": ANN, "scopes": ["admin"]}, 400, "scopes[0]"),
    ("POST", "", {"account": ANN, "scopes": "relay"}, 400, "scopes"),
    ("POST", "", {"account": ANN, "expires": "soon"}, 400, "expires"),
    ("POST", "", {"account": ANN, "expires": "2020-01-01"}, 400, "expires"),
    ("POST", "", {"account": ANN, "name": "a\nb"}, 400, "name"),
    ("POST", "", {"account": ANN, "name": "sk-ant-oat01-abc"}, 400, "name"),
    ("POST", "", {"account": ANN, "limits": {"at_once": 10**12}}, 400, "at_once"),
    ("POST", "", {"account": "nobody@x.test"}, 404, ""),
    ("POST", "", {}, 400, "account"),
    ("PATCH", "/aaaaaaaa", {"limits": {"at_once": 1}}, 404, ""),
    ("PATCH", "/aaaaaaaa", {"limits": {}}, 400, ""),
    ("PATCH", "/aaaaaaaa", {}, 400, "limits"),
    ("GET", "/aaaaaaaa", None, 404, ""),
    ("GET", "/..%2Fx", None, 404, ""),
    ("POST", "/AAAAAAAA/revoke", None, 400, "id"),
    ("POST", "/aaaaaaaa/revoke", None, 404, ""),
    ("POST", f"/ck_aaaaaaaa_{'0' * 46}/revoke", None, 400, "id"),
)


def test_what_cannot_be_is_refused_and_makes_no_key(script: Script, shelf: Shelf) -> None:
    for method, path, body, status, field in REFUSED:
        assert script.refused(method, ALL + path, body)[:2] == (status, field), (path, body)
    assert shelf.store.api_keys.listed() == []
