"""A report from its request to its answer, under load, faults and restarts."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.gateway.intake import otlp, sentry, taking
from carnet.gateway.intake.contract import Asked, RefusedError
from carnet.gateway.intake.counting import read_day
from carnet.gateway.intake.own import refuse, texts
from carnet.gateway.intake.room import Room
from carnet.gateway.intake.survey import SURVEY
from carnet.gateway.intake.taking import Intake, Lease
from tests.gateway.intake.ground import Ground
from tests.gateway.intake.test_otlp import log, logs
from tests.gateway.intake.test_sentry import of_event
from tests.records.kept import ANN, PAT, Shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from carnet.gateway.intake.contract import Endpoint, Reply
    from carnet.settings import Settings
    from carnet.stores.contract import Store


@pytest.fixture
def shelf(store: Store) -> Shelf:
    return Shelf(store.records).settle()


@asynccontextmanager
async def begun(shelf: Shelf, settings: Settings) -> AsyncIterator[Intake]:
    intake = Intake(shelf.store, settings, lambda: shelf.now)
    await intake.start()
    try:
        yield intake
    finally:
        await intake.close()


def keys(shelf: Shelf) -> Ground:
    return Ground(shelf, None, None)  # type: ignore[arg-type]


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def report(intake: Intake, endpoint: Endpoint, key: str, body: bytes, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    asked = Asked("POST", "/", {"sentry_key": key}, {"authorization": f"Bearer {key}", **named})
    return await intake.answer(endpoint, asked, chunks(body))


async def test_a_retry_after_a_restart_is_known(shelf: Shelf, settings: Settings) -> None:
    key = keys(shelf).key()
    for _ in range(3):
        async with begun(shelf, settings) as intake:
            assert (await report(intake, sentry.ENVELOPE, key, of_event())).status == 200
            body = json.dumps(logs(log())).encode()
            assert (await report(intake, otlp.LOGS, key, body, content_type=otlp.JSON)).status == 200
    assert len(shelf.everything()) == 2
    assert read_day(shelf.store.catalogue, "2026-04-01")["errors"] == {"kept": 1, "repeated": 2}


async def test_while_the_store_is_away_each_client_is_told_so_that_it_waits(
    shelf: Shelf, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    key = keys(shelf).key()
    async with begun(shelf, settings.with_option("relay.spool-bytes", "1")) as intake:
        monkeypatch.setattr("carnet.records.putting.write_groups", fail)
        told = await report(intake, sentry.ENVELOPE, key, of_event())
        assert (told.status, dict(told.headers)["Retry-After"]) == (429, "5")
        body = json.dumps(logs(log())).encode()
        assert (await report(intake, otlp.LOGS, key, body, content_type=otlp.JSON)).status == 503
        assert (await report(intake, SURVEY, key, b'{"rating":1}')).status == 503
    assert shelf.everything() == []


async def test_a_rating_never_waits_with_its_accounts_name(
    shelf: Shelf, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    key = keys(shelf).key()
    async with begun(shelf, settings) as intake:
        monkeypatch.setattr("carnet.records.putting.write_groups", fail)
        assert (await report(intake, SURVEY, key, b'{"rating":1}')).status == 503
        assert intake.spool.names() == []


async def test_one_tenants_flood_leaves_room_for_others(shelf: Shelf, settings: Settings) -> None:
    ground = keys(shelf)
    ann, pat = ground.key(ANN), ground.key(PAT)
    async with begun(shelf, settings) as intake:
        intake.room.most = 40_000
        stay = asyncio.Event()

        async def dripping() -> AsyncIterator[bytes]:
            yield b"x" * 500
            await stay.wait()

        asked = Asked("POST", "/", {}, {"authorization": f"Bearer {ann}"})
        flood = [asyncio.create_task(intake.answer(SURVEY, asked, dripping())) for _ in range(20)]
        await asyncio.sleep(0.3)
        mine = await report(intake, SURVEY, ann, b'{"rating":1}')
        other = await report(intake, SURVEY, pat, b'{"rating":3}')
        stay.set()
        await asyncio.gather(*flood)
        assert (mine.status, other.status) == (503, 200)
        assert intake.room.taken == 0


async def test_a_long_body_is_read_in_a_thread_and_kept_alike(shelf: Shelf, settings: Settings) -> None:
    key = keys(shelf).key()
    body = json.dumps(logs(*[log() for _ in range(200)])).encode()
    assert len(body) > taking.SMALL
    async with begun(shelf, settings) as intake:
        assert (await report(intake, otlp.LOGS, key, body, content_type=otlp.JSON)).status == 200
    assert len(shelf.everything()) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
async def test_another_method_is_refused(shelf: Shelf, settings: Settings, method: str) -> None:
    async with begun(shelf, settings) as intake:
        assert (await intake.answer(SURVEY, Asked(method, "/"), chunks())).status == 405


async def test_a_key_for_something_else_is_refused(shelf: Shelf, settings: Settings) -> None:
    relay = keys(shelf).key(scope="relay")
    async with begun(shelf, settings) as intake:
        assert (await report(intake, SURVEY, relay, b'{"rating":1}')).status == 403
    assert shelf.everything() == []


async def test_a_body_longer_than_it_says_is_refused_where_it_gets_too_long(shelf: Shelf, settings: Settings) -> None:
    key = keys(shelf).key()
    async with begun(shelf, settings) as intake:
        asked = Asked("POST", "/", {}, {"authorization": f"Bearer {key}", "content-length": "5"})
        assert (await intake.answer(SURVEY, asked, chunks(*[b" " * 600] * 3))).status == 413
        assert (await report(intake, SURVEY, key, b"", content_length="9999999")).status == 413


def test_room_is_given_back_once() -> None:
    room = Room(100)
    lease = Lease(room, 1)
    lease.grow(30)
    with pytest.raises(RefusedError):
        lease.grow(30)
    lease.end()
    assert room.taken == 0
    Lease(room, 1).end()
    assert (texts(Asked("GET", "/")), refuse(Asked("GET", "/"), taking.busy()).status) == ([], 503)
    assert taking.away().after > 0
