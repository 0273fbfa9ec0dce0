"""Too many at once: who comes beyond the bound is told to come again, and nobody who was there before notices."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from carnet.gateway.intake import crowding, straight
from carnet.gateway.intake.crowding import CROWD
from tests.gateway.intake.test_straight import Listener, Wire, event
from tests.gateway.intake.test_straight import listening as warm
from tests.records.kept import Shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from carnet.gateway.intake.straight import Straight
    from carnet.settings import Settings
    from carnet.stores.contract import Store


class Cut(Wire):
    """A connection that may be cut off."""

    cut, waits = False, 0
    """Cut off; bytes of answers that were not read."""

    def __init__(self, protocol: Straight, peer: str) -> None:
        self.peer = peer
        super().__init__(protocol)

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self.peer, 5) if name == "peername" else super().get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        return self.waits

    def abort(self) -> None:
        super().abort()
        self.cut = True


def came(listener: Listener, most: int | None = None, peer: str = "127.0.0.1") -> Cut:
    kind: Any = listener.config.http_protocol_class
    if most is not None:
        kind.most = most
    return Cut(kind(listener.config, listener.state, {}), peer)


@asynccontextmanager
async def listening(shelf: Shelf, store: Store, settings: Settings) -> AsyncIterator[Listener]:
    """With nobody there any more."""
    async with warm(shelf, store, settings) as listener:
        for one in list(listener.state.connections):
            one.connection_lost(None)
        yield listener


@pytest.fixture
def shelf(store: Store) -> Shelf:
    return Shelf(store.records).settle()


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/1/envelope/", 429), ("/v1/logs", 503), ("/v1/log_event", 503), ("/api/survey", 503), ("/timeline/a", 503)],
)
async def test_who_comes_beyond_the_bound_is_told_to_come_again(
    shelf: Shelf, store: Store, settings: Settings, path: str, status: int
) -> None:
    async with listening(shelf, store, settings) as listener:
        there = came(listener, 1)
        beyond = came(listener)
        beyond.protocol.data_received(listener.request(event(1), path))
        (said,) = await beyond.answers()
        assert said.startswith(b"%d " % status)
        assert b"\r\nretry-after: " in said
        assert b"\r\nconnection: close\r\n" in said
        assert (b"x-sentry-rate-limits" in said) == (status == 429)
        assert beyond.closed
        assert not listener.seen
        assert len(shelf.everything()) == 1

        there.protocol.data_received(listener.request(event(2)))
        assert (await there.answers())[0].startswith(b"200")
        assert listener.keys.counted("sentry").get("overloaded", 0) == (status == 429)


async def test_its_body_is_read_so_that_it_reads_the_answer(shelf: Shelf, store: Store, settings: Settings) -> None:
    async with listening(shelf, store, settings) as listener:
        beyond = came(listener, 0)
        request = listener.request(event(1))
        beyond.protocol.data_received(request[:-50])
        await asyncio.sleep(0.01)
        assert not beyond.said
        beyond.protocol.data_received(request[-50:])
        assert (await beyond.answers())[0].startswith(b"429")


async def test_who_never_sends_its_body_is_told_all_the_same(
    shelf: Shelf, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowding, "BRIEF", 0.01)
    async with listening(shelf, store, settings) as listener:
        beyond = came(listener, 0)
        beyond.protocol.data_received(listener.request(event(1))[:-50])
        assert (await beyond.answers())[0].startswith(b"429")


async def test_when_one_leaves_there_is_room_again(shelf: Shelf, store: Store, settings: Settings) -> None:
    async with listening(shelf, store, settings) as listener:
        there = came(listener, 1)
        there.protocol.connection_lost(None)
        after = came(listener)
        after.protocol.data_received(listener.request(event(1)))
        assert (await after.answers())[0].startswith(b"200")


async def test_a_whole_crowd_is_cut_off_without_a_word(shelf: Shelf, store: Store, settings: Settings) -> None:
    async with listening(shelf, store, settings) as listener:
        one = came(listener, 0)
        crowd = [came(listener) for _ in range(CROWD)]
        assert [wire.cut for wire in (one, *crowd)] == [False] * CROWD + [True]


@pytest.mark.parametrize(
    "said", [b"", b"GET / HTTP/1.1\r\nhost: local", b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\nGET /"]
)
async def test_whose_head_does_not_come_is_let_go(
    shelf: Shelf, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(crowding, "HEAD_TIME", 0.05)
    async with listening(shelf, store, settings) as listener:
        wire = came(listener)
        for at in range(len(said)):  # drop by drop
            wire.protocol.data_received(said[at : at + 1])
        await asyncio.sleep(0.1)
        assert wire.cut


OWED = b"POST /sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-length: 90\r\n\r\n"
GET = b"GET /about HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEAD_TIME", "SILENCE", "UNREAD"):
        monkeypatch.setattr(crowding, name, 0.05)
    monkeypatch.setattr(straight, "HEAD_TIME", 0.05)


async def cut_off(wire: Cut) -> bool:
    for _ in range(400):
        if wire.cut:
            break
        await asyncio.sleep(0.005)
    return wire.cut


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("after", [b"\r\n", b"\r\n\r\n", b"GE", b""])
async def test_who_asks_for_nothing_after_an_answer_is_let_go(
    shelf: Shelf, store: Store, settings: Settings, after: bytes
) -> None:
    async with listening(shelf, store, settings) as listener:
        for request in (GET, listener.request(event(1)), 2 * listener.request(event(2))):
            wire = came(listener)
            wire.protocol.data_received(request)
            await wire.answers()
            wire.protocol.data_received(after)
            assert await cut_off(wire)


@pytest.mark.usefixtures("hasty")
async def test_who_asks_for_nothing_after_reports_that_were_not_parsed_is_let_go(
    shelf: Shelf, store: Store, settings: Settings
) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = came(listener)
        for number in range(1, 4):
            wire.protocol.data_received(listener.request(event(number)))
            await wire.answers(number)
        wire.protocol.data_received(b"\r\n")
        assert await cut_off(wire)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("said", [OWED, OWED + b"one=", GET[:-2] + b"content-length: 9\r\n\r\nx"])
async def test_whose_body_does_not_come_is_let_go(shelf: Shelf, store: Store, settings: Settings, said: bytes) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = came(listener)
        wire.protocol.data_received(said)
        assert await cut_off(wire)


@pytest.mark.usefixtures("hasty")
async def test_whose_body_comes_after_its_answer_and_who_asks_for_nothing_then_is_let_go(
    shelf: Shelf, store: Store, settings: Settings
) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = came(listener)
        wire.protocol.data_received(GET[:-2] + b"content-length: 9\r\n\r\n")
        await wire.answers()
        wire.protocol.data_received(b"x" * 9)
        assert await cut_off(wire)


async def test_who_asks_a_thousand_times_before_the_first_answer_is_let_go(
    shelf: Shelf, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowding, "IN_LINE", 5)
    async with listening(shelf, store, settings) as listener:
        some, many = came(listener), came(listener)
        some.protocol.data_received(6 * GET)
        many.protocol.data_received(7 * GET)
        assert many.cut
        assert len(await some.answers(6)) == 6


@pytest.mark.usefixtures("hasty")
async def test_a_body_that_comes_slowly_is_waited_for(shelf: Shelf, store: Store, settings: Settings) -> None:
    async with listening(shelf, store, settings) as listener:
        wire, request = came(listener), listener.request(event(1))
        wire.protocol.data_received(request[:-10])
        began = wire.protocol.loop.time()
        for at in range(-10, 0):
            await asyncio.sleep(0.02)
            wire.protocol._due = wire.protocol.loop.time()  # the last moment, however slow the machine
            wire.protocol.data_received(request[at:][:1])
        assert wire.protocol.loop.time() > began + 3 * crowding.HEAD_TIME
        assert (await wire.answers())[0].startswith(b"200")


@pytest.mark.usefixtures("hasty")
async def test_a_body_that_comes_in_drops_is_not_waited_for_for_ever(
    shelf: Shelf, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowding, "SILENCE", 30.0)
    monkeypatch.setattr(crowding, "BODY_TIME", 0.05)
    async with listening(shelf, store, settings) as listener:
        wire = came(listener)
        wire.protocol.data_received(OWED)
        for _ in range(50):
            wire.protocol.data_received(b"x")
        assert await cut_off(wire)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("ours", ["more is not read", "it was not told to go on"])
async def test_nobody_is_let_go_for_a_body_that_we_hold_up(
    shelf: Shelf, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, ours: str
) -> None:
    monkeypatch.setattr(crowding, "BODY_RATE", 1 << 30)
    monkeypatch.setattr(crowding, "BODY_TIME", 0.05)
    async with listening(shelf, store, settings) as listener:
        wire, request = came(listener), listener.request(event(1))
        go, app, began = asyncio.Event(), wire.protocol.app, wire.protocol.loop.time()

        async def busy(scope: Any, receive: Any, send: Any) -> None:
            await go.wait()
            await app(scope, receive, send)

        wire.protocol.app = busy
        wire.protocol.data_received(request[:-50])
        if ours == "more is not read":
            wire.protocol.flow.pause_reading()
        else:
            wire.protocol.cycle.waiting_for_100_continue = True
        await asyncio.sleep(0.2)
        assert not wire.cut
        go.set()
        wire.protocol.data_received(request[-50:-40])
        assert (wire.protocol._due or 0) > began + 0.06  # what we held up counts for nothing
        wire.protocol.data_received(request[-40:])
        assert (await wire.answers(1 + (ours == "it was not told to go on")))[-1].startswith(b"200")


@pytest.mark.usefixtures("hasty")
async def test_nobody_is_let_go_while_we_are_at_work(shelf: Shelf, store: Store, settings: Settings) -> None:
    async with listening(shelf, store, settings) as listener:
        go = asyncio.Event()

        async def at_work(scope: Any, receive: Any, send: Any) -> None:
            del scope, receive
            await go.wait()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"{}"})

        wire = came(listener)
        wire.protocol.app = at_work
        wire.protocol.data_received(GET)
        await asyncio.sleep(0.2)
        assert not wire.cut
        go.set()
        assert (await wire.answers())[0].startswith(b"200")


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("what", ["the last answer", "one of many"])
async def test_who_does_not_read_an_answer_is_let_go(shelf: Shelf, store: Store, settings: Settings, what: str) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = came(listener)
        wire.waits = 99
        if what == "the last answer":
            wire.close()
        else:
            wire.protocol._due = None
            wire.protocol.pause_writing()
        assert await cut_off(wire)


@pytest.mark.usefixtures("hasty")
async def test_who_reads_an_answer_slowly_is_waited_for(shelf: Shelf, store: Store, settings: Settings) -> None:
    async with listening(shelf, store, settings) as listener:
        wire = came(listener)
        wire.protocol._due, wire.waits = None, 9999
        wire.protocol.pause_writing()
        for _ in range(20):
            wire.waits -= 100
            wire.protocol._look()
        await asyncio.sleep(0)
        wire.protocol.resume_writing()
        assert not wire.cut
        assert not wire.protocol._unread[1]


FAR = "192.0.2.1"


async def answered(listener: Listener, count: int, peer: str) -> list[Cut]:
    wires = [came(listener, peer=peer) for _ in range(count)]
    for wire in wires:
        wire.protocol.data_received(GET)
        await wire.answers()
    return wires


async def test_who_has_all_connections_open_and_asks_nothing_makes_room(
    shelf: Shelf, store: Store, settings: Settings
) -> None:
    async with listening(shelf, store, settings) as listener:
        came(listener, 4, FAR).protocol.connection_lost(None)
        resting = await answered(listener, 4, FAR)
        resting[0].protocol.data_received(GET[:9])
        resting[1].protocol.data_received(OWED)
        new = came(listener, peer="192.0.2.9")
        new.protocol.data_received(listener.request(event(1)))
        assert (await new.answers())[0].startswith(b"200")
        assert [one.closed for one in resting] == [False, False, True, False]
        same = came(listener, peer=FAR)
        same.protocol.data_received(listener.request(event(2)))
        assert (await same.answers())[0].startswith(b"200")
        assert [one.closed for one in resting] == [False, False, True, True]


async def test_who_is_being_served_makes_no_room(shelf: Shelf, store: Store, settings: Settings) -> None:
    async with listening(shelf, store, settings) as listener:
        there = [came(listener, 3, FAR) for _ in range(3)]
        for one in there:
            one.protocol.data_received(OWED)
        beyond = came(listener, peer="192.0.2.9")
        beyond.protocol.data_received(listener.request(event(1)))
        assert (await beyond.answers())[0].startswith(b"429")
        assert not any(one.closed for one in there)


@pytest.mark.parametrize("whose", ["theirs", "ours"])
async def test_whose_body_does_not_go_on_makes_room_for_another_address(
    shelf: Shelf, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    monkeypatch.setattr(crowding, "STALLED", -1.0)
    async with listening(shelf, store, settings) as listener:
        there = [came(listener, 3, FAR) for _ in range(3)]
        for one in there:
            one.protocol.data_received(OWED)
        await asyncio.sleep(0.01)
        if whose == "ours":
            for one in there:
                one.protocol.flow.pause_reading()
        same, other = came(listener, peer=FAR), came(listener, peer="192.0.2.9")
        for new in (same, other):
            new.protocol.data_received(listener.request(event(1)))
        assert (await same.answers())[0].startswith(b"429")
        assert (await other.answers())[0].startswith(b"200" if whose == "theirs" else b"429")
        assert sum(one.closed for one in there) == (whose == "theirs")


async def test_some_connections_are_kept_for_this_machine(shelf: Shelf, store: Store, settings: Settings) -> None:
    async with listening(shelf, store, settings) as listener:
        there = [came(listener, 8, FAR) for _ in range(8)]
        for one in there:
            one.protocol.data_received(OWED)
        ours = [came(listener), came(listener)]
        for one in ours:
            one.protocol.data_received(GET)
        said = [(await one.answers())[0][:3] for one in (there[-1], *ours)]
        assert said == [b"503", b"404", b"503"]


async def test_two_crowds_are_the_most_whatever_rests(shelf: Shelf, store: Store, settings: Settings) -> None:
    async with listening(shelf, store, settings) as listener:
        came(listener, 2 * CROWD + 2).protocol.connection_lost(None)
        await answered(listener, 2 * CROWD + 2, FAR)
        came(listener, 1).protocol.connection_lost(None)
        assert came(listener).cut
