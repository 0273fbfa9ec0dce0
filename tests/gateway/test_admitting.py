"""Who may pass, where to, and what becomes of the record: by the keys and terms of a store."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.accounts.caps import limit_key
from carnet.accounts.keybook import KeyBook
from carnet.accounts.keys import make_key
from carnet.accounts.upstreams import add_upstream
from carnet.gateway.admitting import KeyAdmission, Quota, read_routes
from carnet.gateway.contract import Admitted, Asked, Recording
from carnet.gateway.errors import Refused
from carnet.gateway.formats import MESSAGES
from carnet.gateway.heads import parse_request
from carnet.gateway.limits import Limits
from carnet.gateway.upstreams import Upstreams
from carnet.model.upstream import Upstream
from carnet.records.changing import change_organisation
from tests.records.kept import ACME, ANN, PAT, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.gateway.contract import Standing
    from carnet.settings import Settings
    from carnet.stores.contract import Store


class Door:
    """An admission over a store of two organisations."""

    def __init__(self, shelf: Shelf, quota: Quota | None = None) -> None:
        self.shelf = shelf
        self.upstreams = Upstreams((), 1.0)
        self.book = KeyBook(shelf.store, now=lambda: shelf.now)
        self.admission = KeyAdmission(self.book, self.upstreams, quota, lambda: shelf.now)

    def key(self, account: str = ANN, scopes: Sequence[str] = ("relay",)) -> str:
        _, text = make_key(self.shelf.store.api_keys, self.shelf.account(account), scopes, None, "", self.shelf.now)
        return text

    def upstream(self, name: str = "main", **more: object) -> None:
        one = Upstream(name, "messages", "https://api.example", "anthropic", self.shelf.now)
        add_upstream(self.shelf.store.upstreams, replace(one, **more))  # type: ignore[arg-type]

    def refresh(self, environ: dict[str, str] | None = None) -> None:
        self.book.refresh()
        self.admission.use(read_routes(self.shelf.store.upstreams.listed(), environ or {}))

    async def admitted(self, key: str, target: str = "/v1/messages", method: str = "POST") -> Admitted | Refused:
        found = self.admission.admit(asked(key, target, method))
        return found if isinstance(found, Admitted | Refused) else await found


def asked(key: str, target: str = "/v1/messages", method: str = "POST") -> Asked:
    shown = f"x-api-key: {key}\r\n" if key else ""
    head = parse_request(f"{method} {target} HTTP/1.1\r\nhost: h\r\n{shown}\r\n".encode())
    route = MESSAGES.route(head.method, head.path)
    assert route is not None
    return Asked(head, MESSAGES, route, "127.0.0.1")


@pytest.fixture
def door(store: Store) -> Iterator[Door]:
    door = Door(Shelf(store.records).settle())
    yield door
    door.book.close()


async def test_a_key_is_looked_up_once_and_known_from_then_on(door: Door) -> None:
    door.upstream()
    key = door.key()
    door.refresh()
    first = door.admission.admit(asked(key))
    assert asyncio.iscoroutine(first)
    admitted = await first
    assert isinstance(admitted, Admitted)
    assert (admitted.account, admitted.upstreams, admitted.recording) == (ANN, ("main",), Recording.REQUIRED)
    assert door.admission.admit(asked(key)) is admitted


async def test_who_is_known_before_the_first_upstreams_have_come_from_the_books_thread_waits_for_them(
    door: Door,
) -> None:
    door.upstream()
    key = door.key()
    door.book.refresh()
    await door.book.judged([key], "relay", "127.0.0.1")  # another request's look-up
    judging = door.admission.admit(asked(key))
    asyncio.get_running_loop().call_soon(door.refresh)
    assert asyncio.iscoroutine(judging)
    admitted = await judging
    assert isinstance(admitted, Admitted)
    assert admitted.upstreams == ("main",)


@pytest.mark.parametrize(
    ("shown", "status", "why"),
    [
        ("", 401, "key-missing"),
        ("sk-ant-oat01-abc", 401, "key-foreign"),
        ("eyJhbGciOi.eyJzdWIi.sig", 401, "key-foreign"),
        ("ck_aaaaaaaa_" + "0" * 46, 401, "key-mistyped"),
    ],
)
def test_what_is_no_key_is_refused_without_asking_the_store(door: Door, shown: str, status: int, why: str) -> None:
    found = door.admission.admit(asked(shown))
    assert isinstance(found, Refused)
    assert (found.status, found.why, found.final) == (status, why, True)
    assert not shown or shown not in found.message


async def test_a_key_that_was_revoked_is_worth_asking_again_a_helper_may_have_a_new_one(door: Door) -> None:
    door.refresh()
    key = door.key()
    door.shelf.store.api_keys.revoke(key.split("_")[1], door.shelf.now)
    found = await door.admitted(key)
    assert isinstance(found, Refused)
    assert (found.why, found.final) == ("key-revoked", False)


async def test_a_key_for_something_else_is_refused_with_403(door: Door) -> None:
    door.refresh()
    found = await door.admitted(door.key(scopes=("own",)))
    assert isinstance(found, Refused)
    assert (found.status, found.why) == (403, "key-scope")


async def test_an_organisation_goes_to_its_own_upstreams_in_order_and_to_no_shared_one(door: Door) -> None:
    acme = door.shelf.organisation(ACME).id
    for name, more in (("shared", {}), ("b", {"organisation": acme}), ("a", {"organisation": acme})):
        door.upstream(name, **more)
    ann, pat = door.key(ANN), door.key(PAT)
    door.refresh()
    found = [await door.admitted(one) for one in (ann, pat)]
    assert [one.upstreams for one in found if isinstance(one, Admitted)] == [("a", "b"), ("shared",)]


async def test_an_upstream_without_its_credential_is_used_by_nobody(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    door.upstream("one", key_env="THE_KEY")
    key = door.key()
    door.refresh()
    found = await door.admitted(key)
    assert isinstance(found, Refused)
    assert (found.status, found.why) == (503, "no-credential")
    assert "THE_KEY" in caplog.text
    door.refresh({"THE_KEY": "sk-secret"})
    found = await door.admitted(key)
    assert isinstance(found, Admitted)
    assert found.upstreams == ("one",)
    assert door.upstreams.known["one"].credential == ((b"x-api-key", b"sk-secret"),)
    assert "sk-secret" not in caplog.text


async def test_what_the_organisation_chose_becomes_of_what_cannot_be_recorded(door: Door) -> None:
    door.upstream()
    key = door.key()
    acme = door.shelf.organisation(ACME)
    door.shelf.store.directory.change_organisation(replace(acme, recording="wanted"), [])
    door.refresh()
    found = await door.admitted(key)
    assert isinstance(found, Admitted)
    assert found.recording is Recording.WANTED


async def test_where_the_rules_keep_nothing_no_copy_is_made(door: Door) -> None:
    door.upstream()
    key = door.key()
    door.shelf.change(ACME, {}, {"inference": "none"})
    door.refresh()
    found = await door.admitted(key)
    assert isinstance(found, Admitted)
    assert found.recording is Recording.NONE


async def test_asking_whether_anybody_is_there_leaves_no_record(door: Door) -> None:
    door.upstream()
    door.refresh()
    found = await door.admitted(door.key(), "/api/hello", "HEAD")
    assert isinstance(found, Admitted)
    assert found.recording is Recording.NONE


async def test_zero_data_retention_keeps_nothing_and_refuses_what_is_outside(door: Door) -> None:
    door.upstream()
    key = door.key()
    door.shelf.change(ACME, {"zdr": True})
    door.refresh()
    found = await door.admitted(key)
    assert isinstance(found, Admitted)
    assert found.recording is Recording.NONE
    judge = door.admission.judge
    assert judge(found, asked(key), b'{"model":"claude-x","messages":[]}') is None
    for body in (b'{"container":"c1"}', b"not json", b'{"a":1,"a":2}'):
        refused = judge(found, asked(key), body)
        assert refused is not None
        assert (refused.status, refused.why) == (403, "zdr")


async def test_zero_data_retention_never_falls_back_to_a_provider_outside(door: Door) -> None:
    door.upstream("cloud", provider="foundry", priority=1)
    key = door.key()
    door.shelf.change(ACME, {"zdr": True})
    door.refresh()
    refused = await door.admitted(key)
    assert isinstance(refused, Refused)
    assert refused.status == 403
    door.upstream("own")
    door.refresh()
    found = await door.admitted(key)
    assert isinstance(found, Admitted)
    assert found.upstreams == ("own",)


async def test_an_upstream_that_became_one_outside_meanwhile_is_refused_before_anything_is_sent(door: Door) -> None:
    door.upstream()
    key = door.key()
    door.shelf.change(ACME, {"zdr": True})
    door.refresh()
    found = await door.admitted(key)
    assert isinstance(found, Admitted)
    door.upstreams.replace([replace(door.upstreams.known["main"], provider="foundry")])
    assert door.admission.judge(found, asked(key), b'{"messages":[]}') is not None


async def test_a_change_of_terms_is_seen_with_the_next_refresh(door: Door) -> None:
    door.upstream()
    key = door.key()
    door.refresh()
    before = await door.admitted(key)
    door.shelf.change(ACME, {"zdr": True})
    door.refresh()
    after = await door.admitted(key)
    assert isinstance(before, Admitted)
    assert isinstance(after, Admitted)
    assert [before.recording, after.recording] == [Recording.REQUIRED, Recording.NONE]


async def test_limits_of_the_settings_are_those_of_every_key_and_organisation(store: Store, settings: Settings) -> None:
    set_ = settings.with_option("relay.requests-per-minute", "5").with_option("relay.org-at-once", "7")
    door = Door(Shelf(store.records).settle(), Quota.read(set_))
    door.refresh()
    found = await door.admitted(door.key())
    door.book.close()
    assert isinstance(found, Admitted)
    assert (found.key_limits, found.organisation_limits) == (Limits(requests=5), Limits(at_once=7))
    assert Quota.read(settings) == Quota()


async def test_what_is_set_for_a_key_or_organisation_wins_over_the_settings(store: Store, settings: Settings) -> None:
    set_ = settings.with_option("relay.requests-per-minute", "5").with_option("relay.org-at-once", "7")
    shelf = Shelf(store.records).settle()
    door = Door(shelf, Quota.read(set_))
    caps = {"requests-per-minute": 0, "at-once": 2}
    own, text = make_key(shelf.store.api_keys, shelf.account(ANN), ("relay",), None, "", shelf.now, caps=caps)
    door.refresh()
    first = await door.admitted(text)
    assert isinstance(first, Admitted)
    assert (first.key_limits, first.organisation_limits) == (Limits(at_once=2), Limits(at_once=7))
    limit_key(shelf.store.api_keys, own.id, {"at-once": None})
    change_organisation(
        shelf.store,
        shelf.keyring,
        shelf.organisation(ACME),
        {},
        {},
        shelf.now,
        caps={"at-once": 0, "tokens-per-minute": 9},
    )
    door.refresh()
    then, other = await door.admitted(text), await door.admitted(door.key(PAT))
    door.book.close()
    assert isinstance(then, Admitted)
    assert isinstance(other, Admitted)
    assert (then.key_limits, then.organisation_limits) == (None, Limits(tokens=9))
    assert (other.key_limits, other.organisation_limits) == (Limits(requests=5), Limits(at_once=7))


def test_it_is_not_ready_before_the_upstreams_were_read(door: Door) -> None:
    assert not door.admission.ready
    door.refresh()
    assert door.admission.ready


async def standing_of(door: Door, key: str) -> tuple[Asked, Admitted, Standing]:
    """What the admission will be able to say of a head that it let in."""
    given = asked(key)
    admitted = await door.admitted(key)
    assert isinstance(admitted, Admitted)
    found = door.admission.standing(given, admitted)
    assert found is not None
    return given, admitted, found


async def test_who_was_let_in_is_let_in_again_as_long_as_nothing_changed(door: Door) -> None:
    key = door.key()
    door.upstream()
    door.refresh()
    given, admitted, standing = await standing_of(door, key)
    assert standing.holds(time.monotonic())
    assert standing.covers(b"anything")
    door.refresh()
    assert not standing.holds(time.monotonic() + 10)
    assert door.admission.standing(given, replace(admitted)) is None


async def test_a_revoked_key_stands_no_longer(door: Door) -> None:
    key = door.key()
    door.upstream()
    door.refresh()
    _, admitted, standing = await standing_of(door, key)
    assert standing.holds(time.monotonic())
    door.shelf.store.api_keys.revoke(admitted.key, door.shelf.now)
    door.book.refresh()
    assert not standing.holds(time.monotonic())


async def test_what_was_let_in_stands_until_its_key_expires_and_until_midnight(door: Door) -> None:
    door.upstream()
    account, now = door.shelf.account(ANN), door.shelf.now
    _, short = make_key(door.shelf.store.api_keys, account, ("relay",), now + timedelta(minutes=5), "", now)
    long = door.key()
    door.refresh()
    _, _, short_one = await standing_of(door, short)
    _, _, long_one = await standing_of(door, long)
    door.shelf.now = now + timedelta(minutes=5)
    assert [short_one.holds(time.monotonic()), long_one.holds(time.monotonic())] == [False, True]
    _, _, again = await standing_of(door, long)
    door.shelf.now = now + timedelta(days=1)
    assert not again.holds(time.monotonic())


async def test_a_body_outside_zero_data_retention_is_never_covered_by_what_stands(door: Door) -> None:
    key = door.key()
    door.upstream()
    door.refresh()
    door.shelf.change(ACME, {"zdr": True})
    door.refresh()
    given, admitted, standing = await standing_of(door, key)
    assert standing.covers(b'{"model":"claude-opus-4-8"}')
    body = b'{"container":"c"}'
    assert not standing.covers(body)
    assert door.admission.judge(admitted, given, body) is not None
