"""Reports answered where they are read: the same answers as by the application, however their bytes come in."""

from __future__ import annotations

import asyncio
import gzip
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from carnet.errors import StoreError
from carnet.gateway.intake.app import Front
from carnet.gateway.intake.contract import Reply
from carnet.gateway.intake.straight import Heads, Straight, straight
from carnet.gateway.intake.taking import SMALL
from tests.gateway.intake.conftest import app_of
from tests.gateway.intake.ground import CANARY, Ground
from tests.gateway.intake.test_sentry import of_event
from tests.records.kept import Shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from carnet.settings import Settings
    from carnet.stores.contract import Store

DATE = b"date: "


class Wire(asyncio.Transport):
    """A connection's other end."""

    def __init__(self, protocol: Straight) -> None:
        super().__init__()
        self.protocol, self.said, self.closed = protocol, b"", False
        protocol.connection_made(self)

    def get_extra_info(self, name: str, default: object = None) -> object:
        return {"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 8417)}.get(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.said += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        """It is all there already."""

    def resume_reading(self) -> None:
        """It is all there already."""

    async def answers(self, count: int = 1) -> list[bytes]:
        """Without the day and the time."""
        for _ in range(2000):
            if self.said.count(b"HTTP/1.1 ") >= count and self.said.endswith((b"}", b"\n", b"d")):
                break
            await asyncio.sleep(0.005)
        parts = self.said.split(b"HTTP/1.1 ")[1:]
        return [b"\r\n".join(line for line in one.split(b"\r\n") if not line.startswith(DATE)) for one in parts]


class Listener:
    """A server without sockets, and what of its requests the application saw."""

    def __init__(self, shelf: Shelf, front: Front) -> None:
        self.keys = Ground(shelf, None, front)  # type: ignore[arg-type]
        self.seen: list[str] = []
        app = app_of(front)

        async def looked_at(scope: Any, receive: Any, send: Any) -> None:
            self.seen.append(scope["path"])
            await app(scope, receive, send)

        self.config = uvicorn.Config(looked_at, http=straight(front), lifespan="off", log_level="critical")
        self.config.load()
        self.state = ServerState()

    def wire(self) -> Wire:
        kind: Any = self.config.http_protocol_class
        return Wire(kind(self.config, self.state, {}))

    def request(self, body: bytes, path: str = "/api/1/envelope/", version: str = "1.1", **headers: str) -> bytes:
        auth = f"Sentry sentry_key={self.keys.key()}, sentry_version=7"
        named = {"host": "localhost", "content_length": len(body), "x_sentry_auth": auth, **headers}
        lines = [f"POST {path} HTTP/{version}", *(f"{name.replace('_', '-')}: {one}" for name, one in named.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body

    async def answer(self, data: bytes, count: int = 1) -> list[bytes]:
        wire = self.wire()
        wire.protocol.data_received(data)
        return await wire.answers(count)


@pytest.fixture
def shelf(store: Store) -> Shelf:
    return Shelf(store.records).settle()


@asynccontextmanager
async def listening(shelf: Shelf, store: Store, settings: Settings) -> AsyncIterator[Listener]:
    """Warm: intake has begun, and knows the key."""
    front = Front(store, settings, lambda: shelf.now)
    listener = Listener(shelf, front)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "carnet.accounts.keybook.FRESH", 3600.0
        )  # a machine that stands still meanwhile is not tried here
        try:
            await listener.answer(listener.request(of_event("0" * 32)))
            assert listener.seen.pop()
            yield listener
        finally:
            await front.close()


def event(number: int) -> bytes:
    return of_event(f"{number:032x}")


async def test_a_report_that_is_all_there_does_not_reach_the_application(
    shelf: Shelf, store: Store, settings: Settings
) -> None:
    async with listening(shelf, store, settings) as listener:
        request = listener.request(gzip.compress(event(1)), content_encoding="gzip")
        (straight_,) = await listener.answer(request)
        assert not listener.seen
        cut, wire = len(request) - 3, listener.wire()
        for part in (request[:cut], request[cut:]):
            wire.protocol.data_received(part)
        assert await wire.answers() == [straight_]
        assert listener.seen == ["/api/1/envelope/"]
        assert straight_.startswith(b"200 OK")
        assert b"cache-control: no-store" in straight_
    assert len(shelf.everything()) == 2


async def test_however_its_bytes_come_it_is_answered_alike(shelf: Shelf, store: Store, settings: Settings) -> None:
    async with listening(shelf, store, settings) as listener:
        request = listener.request(event(1))
        told = set()
        for cut in range(0, len(request), 23):
            wire = listener.wire()
            for part in filter(None, (request[:cut], request[cut:])):
                wire.protocol.data_received(part)
            told.update(await wire.answers())
        assert len(told) == 1
    assert len(shelf.everything()) == 2


async def test_requests_on_one_connection_are_answered_in_their_order(
    shelf: Shelf, store: Store, settings: Settings
) -> None:
    async with listening(shelf, store, settings) as listener:
        requests = b"".join(listener.request(event(number)) for number in (1, 2, 3))
        told = await listener.answer(requests + listener.request(b"{}", "/api/nothing"), 4)
        assert [one[:3] for one in told] == [b"200", b"200", b"200", b"404"]
        assert [b"%032x" % number in one for number, one in enumerate(told[:3], 1)] == [True] * 3
    assert len(shelf.everything()) == 4


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x_sentry_auth": "Sentry sentry_key=none"}, b"401"),
        ({"content_encoding": "gzip"}, b"400"),
        ({"content_encoding": "rot13"}, b"415"),
        ({"x_sentry_auth": ""}, b"401"),
    ],
)
async def test_what_is_refused_is_refused_alike_and_once(
    shelf: Shelf, store: Store, settings: Settings, headers: dict[str, str], status: bytes
) -> None:
    async with listening(shelf, store, settings) as listener:
        request = listener.request(event(1), **headers)
        (told,) = await listener.answer(request)
        assert told.startswith(status)
        wire = listener.wire()
        for part in (request[:-1], request[-1:]):
            wire.protocol.data_received(part)
        assert await wire.answers() == [told]
        front = listener.keys.front
        intake = await front.intake()
        assert intake is not None
        assert intake.counts.days["2026-04-01"]["sentry"][f"refused:{status.decode()}"] == 2
    assert len(shelf.everything()) == 1


@pytest.mark.parametrize(
    ("version", "headers"), [("1.1", {"connection": "close"}), ("1.0", {}), ("1.1", {"connection": "Close"})]
)
async def test_a_connection_that_is_to_be_closed_is(
    shelf: Shelf, store: Store, settings: Settings, version: str, headers: dict[str, str]
) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = listener.wire()
        wire.protocol.data_received(listener.request(event(1), version=version, **headers))
        (told,) = await wire.answers()
        assert b"connection: close" in told
        assert wire.closed
        assert not listener.seen


async def test_at_the_end_a_report_under_way_is_answered_and_its_connection_closed(
    shelf: Shelf, store: Store, settings: Settings
) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = listener.wire()
        wire.protocol.data_received(listener.request(event(1)))
        wire.protocol.shutdown()
        assert b"connection: close" in (await wire.answers())[0]
        assert wire.closed


async def test_a_client_that_leaves_does_not_undo_what_it_sent(shelf: Shelf, store: Store, settings: Settings) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = listener.wire()
        wire.protocol.data_received(listener.request(event(1)))
        wire.protocol.connection_lost(None)
        await listener.answer(listener.request(event(2)))
        assert wire.said == b""
    assert len(shelf.everything()) == 3


@pytest.mark.parametrize("what", ["long", "unpacked", "waiting", "method"])
async def test_what_takes_more_goes_to_the_application(
    shelf: Shelf, store: Store, settings: Settings, what: str
) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = listener.wire()
        junk = {"long": SMALL, "unpacked": 1 << 19}.get(what, 0)
        body, coding = of_event("1" * 32, extra={"x": "y" * junk}), ""
        if what == "unpacked":
            body, coding = gzip.compress(body), "gzip"
        more = {"expect": "100-continue"} if what == "waiting" else {}
        request = listener.request(body, content_encoding=coding, **more)
        wire.protocol.data_received(request.replace(b"POST", b"PUT") if what == "method" else request)
        told = await wire.answers(1 + len(more))
        assert listener.seen == ["/api/1/envelope/"]
        assert told[-1].startswith(b"405" if what == "method" else b"200")
        assert (b"100 Continue" in told[0]) == (what == "waiting")
    assert len(shelf.everything()) == 1 + (what != "method")


async def test_a_client_that_reads_nothing_is_not_answered_on_and_on(
    shelf: Shelf, store: Store, settings: Settings
) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = listener.wire()
        wire.protocol.pause_writing()
        wire.protocol.data_received(listener.request(event(1)))
        await asyncio.sleep(0.05)
        assert wire.said == b""
        wire.protocol.resume_writing()
        assert (await wire.answers())[0].startswith(b"200")


async def test_no_room_and_no_store_are_told_as_sdks_expect(
    shelf: Shelf, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    async with listening(shelf, store, settings.with_option("relay.spool-bytes", "1")) as listener:
        monkeypatch.setattr("carnet.records.putting.write_groups", fail)
        (told,) = await listener.answer(listener.request(event(1)))
        assert told.startswith(b"429")
        assert b"x-sentry-rate-limits: 5::key" in told
        intake = await listener.keys.front.intake()
        assert intake is not None
        assert intake.room.taken == 0
        monkeypatch.setattr(intake.room, "most", 100)
        (told,) = await listener.answer(listener.request(event(1)))
        assert b"retry-after: 2" in told
        assert not listener.seen


async def test_a_fault_of_our_own_is_answered_and_its_log_has_nothing_of_what_came(
    shelf: Shelf, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(CANARY)

    async with listening(shelf, store, settings) as listener:
        monkeypatch.setattr("carnet.gateway.intake.taking.decoded", broken)
        (told,) = await listener.answer(listener.request(event(1)))
        assert told.startswith(b"500")
        assert CANARY not in told.decode() + caplog.text
        assert "RuntimeError" in caplog.text
        assert not listener.seen


async def usually(listener: Listener) -> Wire:
    """A connection whose head is known."""
    wire = listener.wire()
    wire.protocol.data_received(listener.request(event(90)))
    await wire.answers()
    wire.said = b""
    return wire


async def test_the_second_request_of_a_connection_is_not_parsed_again(
    shelf: Shelf, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = await usually(listener)
        (first,) = await listener.answer(listener.request(event(1)))
        with monkeypatch.context() as patch:
            patch.setattr(wire.protocol, "parser", None)
            wire.protocol.data_received(listener.request(event(1)))
            assert await wire.answers() == [first]
            wire.protocol.data_received(listener.request(gzip.compress(event(2))))
            assert (await wire.answers(2))[1].startswith(b"400")
        wire.protocol.data_received(listener.request(b"{}", "/api/nothing"))
        assert (await wire.answers(3))[2].startswith(b"404")
        wire.protocol.data_received(listener.request(event(3)))
        assert (await wire.answers(4))[3].startswith(b"200")
        assert listener.seen == ["/api/nothing"]
    assert len(shelf.everything()) == 4


async def test_however_the_second_request_comes_it_is_answered_alike(
    shelf: Shelf, store: Store, settings: Settings
) -> None:
    async with listening(shelf, store, settings) as listener:
        request = listener.request(event(1))
        told = set()
        for cut in range(0, len(request), 29):
            wire = await usually(listener)
            for part in filter(None, (request[:cut], request[cut:])):
                wire.protocol.data_received(part)
            told.update(await wire.answers())
        wire = await usually(listener)
        wire.protocol.data_received(request + request[:200])
        await wire.answers()
        wire.protocol.data_received(request[200:] + request + request)
        told.update(await wire.answers(4))
        assert len(told) == 1
    assert len(shelf.everything()) == 3


async def test_requests_behind_one_that_waits_for_the_disk_are_answered_after_it(
    shelf: Shelf, store: Store, settings: Settings
) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = await usually(listener)
        for number in (1, 2, 3):
            wire.protocol.data_received(listener.request(event(number)))
        told = await wire.answers(3)
        assert [b"%032x" % number in one for number, one in enumerate(told, 1)] == [True] * 3
    assert len(shelf.everything()) == 5


@pytest.mark.parametrize("what", ["leaves", "ends"])
async def test_the_end_of_a_connection_finds_the_second_request_as_it_finds_the_first(
    shelf: Shelf, store: Store, settings: Settings, what: str
) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = await usually(listener)
        wire.protocol.data_received(listener.request(event(1)))
        if what == "leaves":
            wire.protocol.connection_lost(None)
            await listener.answer(listener.request(event(2)))
            assert wire.said == b""
        else:
            wire.protocol.shutdown()
            assert b"connection: close" in (await wire.answers())[0]
            assert wire.closed
    assert len(shelf.everything()) == 4 if what == "leaves" else 3


async def test_a_key_that_is_revoked_is_refused_under_a_head_that_is_known(
    shelf: Shelf, store: Store, settings: Settings
) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = await usually(listener)
        (caller,) = shelf.store.api_keys.listed()
        shelf.store.api_keys.revoke(caller.key.id, shelf.now)
        intake = await listener.keys.front.intake()
        assert intake is not None
        await asyncio.to_thread(intake._book.refresh)
        wire.protocol.data_received(listener.request(event(1)))
        assert (await wire.answers())[0].startswith(b"401")
    assert len(shelf.everything()) == 2


async def test_a_long_body_under_a_head_that_is_known_goes_to_the_application(
    shelf: Shelf, store: Store, settings: Settings
) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = await usually(listener)
        wire.protocol.data_received(listener.request(of_event("1" * 32, extra={"x": "y" * SMALL})))
        assert (await wire.answers())[0].startswith(b"200")
        assert listener.seen == ["/api/1/envelope/"]
    assert len(shelf.everything()) == 3


def test_heads_change_with_the_server_s_own() -> None:
    heads, reply = Heads(), Reply(200, b"{}")
    first = [(b"date", b"Mon")]
    assert heads.of(first, reply) is heads.of(first, reply)
    assert b"date: Tue" in heads.of([(b"date", b"Tue")], reply)


async def test_a_connection_is_closed_when_it_was_idle_for_long_and_no_sooner(
    shelf: Shelf, store: Store, settings: Settings
) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = await usually(listener)
        wire.protocol.data_received(listener.request(event(1)))
        wire.protocol.timeout_keep_alive_handler()  # while it waits for the disk
        await wire.answers()
        wire.protocol.timeout_keep_alive_handler()  # a moment after it was answered
        assert not wire.closed
        assert wire.protocol.timeout_keep_alive_task is not None
        wire.protocol._idle_since -= 60
        wire.protocol.timeout_keep_alive_handler()
        assert wire.closed
        assert wire.protocol.timeout_keep_alive_task is None
