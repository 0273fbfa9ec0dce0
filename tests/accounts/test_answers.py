"""Answers about keys and upstreams say all that may be known, and no secret."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec

from carnet.accounts.answers import key_answer, upstream_answer
from carnet.model.account import Account, ApiKey, Caller, Caps, Organisation
from carnet.model.upstream import Upstream

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def test_a_key_is_told_without_its_digest() -> None:
    key = ApiKey("aaaaaaaa", b"d" * 32, 1, ("relay",), NOW, "laptop", NOW, None, date(2026, 4, 1), Caps(5))
    caller = Caller(
        key, Account(1, 1, "ann@acme.test", "", NOW), Organisation(1, "acme", "commercial", "enterprise", NOW)
    )
    told = key_answer(caller, NOW + timedelta(seconds=1))
    assert told == {
        "id": "aaaaaaaa",
        "account": "ann@acme.test",
        "org": "acme",
        "scopes": ["relay"],
        "name": "laptop",
        "state": "expired",
        "created": "2026-04-01T00:00:00Z",
        "expires": "2026-04-01T00:00:00Z",
        "revoked": None,
        "last_used": "2026-04-01",
        "limits": {"requests_per_minute": 5, "tokens_per_minute": None, "at_once": None},
    }
    assert b"dddd" not in msgspec.json.encode(told)


def test_an_upstream_is_told_with_the_names_of_its_variables() -> None:
    one = Upstream("main", "messages", "https://x.test", "anthropic", NOW, "KEY", (("x-a", "VAR"),), 7, 2)
    told = upstream_answer(one, {2: "acme"})
    assert (told["key_env"], told["headers"], told["org"], told["priority"]) == ("KEY", {"x-a": "VAR"}, "acme", 7)
    assert upstream_answer(Upstream("b", "messages", "https://x.test", "anthropic", NOW), {})["org"] is None
