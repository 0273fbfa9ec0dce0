"""Too many at once: who comes beyond the bound is told to come again, and nobody who was there before notices."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from carnet.gateway.intake import crowding
from carnet.gateway.intake.crowding import CROWD
from tests.gateway.intake.test_straight import Listener, Wire, event, listening
from tests.records.kept import Shelf

if TYPE_CHECKING:
    from carnet.settings import Settings
    from carnet.stores.contract import Store


class Cut(Wire):
    """A connection that may be cut off."""

    cut = False

    def abort(self) -> None:
        self.cut = self.closed = True


def came(listener: Listener, most: int | None = None) -> Cut:
    kind: Any = listener.config.http_protocol_class
    if most is not None:
        kind.most = most
    return Cut(kind(listener.config, listener.state, {}))


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
        there = came(listener, len(listener.state.connections) + 1)
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
        there = came(listener, len(listener.state.connections) + 1)
        there.protocol.connection_lost(None)
        after = came(listener)
        after.protocol.data_received(listener.request(event(1)))
        assert (await after.answers())[0].startswith(b"200")


async def test_a_whole_crowd_is_cut_off_without_a_word(shelf: Shelf, store: Store, settings: Settings) -> None:
    async with listening(shelf, store, settings) as listener:
        one = came(listener, len(listener.state.connections))
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


async def test_whose_head_is_there_may_take_longer(
    shelf: Shelf, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowding, "HEAD_TIME", 0.02)
    async with listening(shelf, store, settings) as listener:
        wire, request = came(listener), listener.request(event(1))
        wire.protocol.data_received(request[:-50])
        await asyncio.sleep(0.05)
        wire.protocol.data_received(request[-50:])
        assert (await wire.answers())[0].startswith(b"200")
        await asyncio.sleep(0.05)
        assert not wire.cut
