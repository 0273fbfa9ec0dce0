"""Upstreams over the API: names of variables, never credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.records.kept import ACME, Shelf

if TYPE_CHECKING:
    from tests.web.conftest import Script

ALL = "/api/admin/upstreams"
MAIN = {"name": "main", "url": "https://api.example", "key_env": "API_KEY"}


def test_one_is_added_changed_and_forgotten(script: Script, shelf: Shelf) -> None:
    added = script.json("POST", ALL, {**MAIN, "headers": {"x-team": "TEAM"}, "org": ACME, "priority": 5}, 201)
    assert (added["org"], added["headers"], added["priority"], added["enabled"]) == (ACME, {"x-team": "TEAM"}, 5, True)
    assert script.json("GET", ALL) == {"upstreams": [added]}
    assert script.json("PATCH", f"{ALL}/main", {"enabled": False}) == {**added, "enabled": False}
    assert script.json("PATCH", f"{ALL}/main", {"priority": 7})["enabled"] is False
    assert script.json("DELETE", f"{ALL}/main") == {"removed": "main"}
    assert shelf.store.upstreams.listed() == []


REFUSED: tuple[tuple[Any, ...], ...] = (
    ("POST", "", {**MAIN, "url": "http://api.example"}, 400, "url"),
    ("POST", "", {**MAIN, "url": "https://user:secret@api.example"}, 400, "url"),
    ("POST", "", {**MAIN, "provider": "nobody"}, 400, "provider"),
    ("POST", "", {**MAIN, "format": "other"}, 400, "format"),
    ("POST", "", {**MAIN, "key_env": "sk-ant-api03-secret"}, 400, "key_env"),
    ("POST", "", {**MAIN, "headers": {"x\r\ny": "VAR"}}, 400, "header"),
    ("POST", "", {**MAIN, "headers": {"x-a": "not a name"}}, 400, "header"),
    ("POST", "", {**MAIN, "headers": {"host": "VAR"}}, 400, "header"),
    ("POST", "", {**MAIN, "priority": -1}, 400, "priority"),
    ("POST", "", {**MAIN, "priority": True}, 400, "priority"),
    ("POST", "", {**MAIN, "org": "nobody"}, 404, ""),
    ("POST", "", {"name": "main"}, 400, "url"),
    ("PATCH", "/main", {}, 400, ""),
    ("PATCH", "/main", {"priority": 10**9}, 404, ""),
    ("DELETE", "/main", None, 404, ""),
)


def test_what_cannot_be_is_refused_and_no_secret_repeated(script: Script, shelf: Shelf) -> None:
    for method, path, body, status, field in REFUSED:
        found = script.refused(method, ALL + path, body)
        assert found[:2] == (status, field), (path, body)
        assert "secret" not in found[2]
    assert shelf.store.upstreams.listed() == []
