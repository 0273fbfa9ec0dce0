"""Sessions of people: opened by a key, judged by it at every request, gone with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from carnet.accounts.keys import UNKNOWN, Refusal, make_key
from carnet.model.account import Caller
from carnet.web import holders as module
from carnet.web.holders import COOKIE, NO_SESSION, SESSION_LIFE, Holders
from carnet.web.records import Records
from tests.records.kept import PAT, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.stores.contract import Store


class Desk:
    """Holders over a shelf, with a clock that a test turns."""

    def __init__(self, store: Store) -> None:
        self.shelf = Shelf(store.records).settle()
        self.passed = 0.0
        self.holders = Holders(Records(store, lambda: self.shelf.now), lambda: self.passed)

    def key(self, *scopes: str) -> str:
        account = self.shelf.account(PAT)
        return make_key(self.shelf.store.api_keys, account, scopes or ("own",), None, "", self.shelf.now)[1]

    async def entered(self) -> str:
        secret = await self.holders.enter(self.key(), "127.0.0.1")
        assert isinstance(secret, str)
        return secret

    async def shown(self, secret: str) -> Caller | Refusal:
        return await self.holders.by_cookie(asked(cookie=f"{COOKIE}={secret}"))


def asked(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw, "client": ("127.0.0.1", 1)})


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    found = Desk(store)
    yield found
    found.holders.close()


async def test_a_key_opens_a_session_that_holds_no_key(desk: Desk) -> None:
    secret = await desk.entered()
    found = await desk.shown(secret)
    assert isinstance(found, Caller)
    assert found.account.email == PAT
    assert secret not in repr(vars(desk.holders))
    assert await desk.shown("x") is NO_SESSION
    assert await desk.shown("") is NO_SESSION


async def test_a_session_ends_with_its_key_within_a_second(desk: Desk) -> None:
    secret = await desk.entered()
    (one,) = desk.shelf.store.api_keys.listed()
    desk.shelf.store.api_keys.revoke(one.key.id, desk.shelf.now)
    desk.passed += 1
    told = await desk.shown(secret)
    assert isinstance(told, Refusal)
    assert told.reason == "revoked"
    assert await desk.shown(secret) is NO_SESSION


async def test_a_session_ends_by_itself_and_when_its_holder_says(desk: Desk) -> None:
    first, second = await desk.entered(), await desk.entered()
    desk.holders.end(first)
    desk.holders.end("never was")
    assert await desk.shown(first) is NO_SESSION
    assert isinstance(await desk.shown(second), Caller)
    desk.shelf.now += SESSION_LIFE + timedelta(seconds=1)
    assert await desk.shown(second) is NO_SESSION


async def test_the_oldest_session_makes_room(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    first, second, third = [await desk.entered() for _ in range(3)]
    assert await desk.shown(first) is NO_SESSION
    assert [isinstance(await desk.shown(one), Caller) for one in (second, third)] == [True, True]


@pytest.mark.parametrize(("key", "reason"), [("", "missing"), ("ck_x", "mistyped"), ("sk-ant-oat01-x", "foreign")])
async def test_what_is_no_key_opens_nothing(desk: Desk, key: str, reason: str) -> None:
    told = await desk.holders.enter(key, "127.0.0.1")
    assert isinstance(told, Refusal)
    assert told.reason == reason


async def test_a_key_for_something_else_opens_nothing(desk: Desk) -> None:
    told = await desk.holders.enter(desk.key("relay", "intake"), "127.0.0.1")
    assert isinstance(told, Refusal)
    assert (told.reason, told.status) == ("scope", 403)


async def test_a_key_in_either_header_is_taken_and_no_cookie(desk: Desk) -> None:
    key, secret = desk.key(), await desk.entered()
    for headers in ({"x_api_key": key}, {"authorization": f"Bearer {key}"}):
        assert isinstance(await desk.holders.by_header(asked(**headers)), Caller)
    told = await desk.holders.by_header(asked(cookie=f"{COOKIE}={secret}"))
    assert isinstance(told, Refusal)
    assert told.reason == "missing"


async def test_where_nothing_is_kept_a_stranger_makes_no_store(store: Store) -> None:
    shown = "ck_aaaaaaaa_" + "0" * 40
    import zlib  # noqa: PLC0415 - a well-formed key that nobody was given

    from carnet.accounts.keys import _digits  # noqa: PLC0415

    holders = Holders(Records(store, lambda: Shelf.now))
    assert await holders.enter(shown + _digits(zlib.crc32(shown.encode()), 6), "127.0.0.1") is UNKNOWN
    assert not store.has_records
    holders.close()
