"""What a relay keeps through the queue: whole, broken and unsent exchanges, and the end that waits for its record."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from carnet.gateway.contract import Recording
from carnet.gateway.exchange_record import decoded
from carnet.gateway.queueing import Queue
from carnet.gateway.recorder import KeepingRecorder
from carnet.records.putting import Writer
from carnet.records.spool import Spool
from tests.gateway.ground import BOUNDS, admitted, parted, relaying, request, unchunked
from tests.gateway.upstream import START, STOP, STREAM, Turn, chunk, plain, running, saying
from tests.records.kept import Shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from carnet.gateway.exchange_record import Known
    from carnet.stores.contract import Store
    from tests.gateway.ground import Ground

SESSION = b"x-claude-code-session-id: s-1"


@pytest.fixture
def shelf(store: Store) -> Shelf:
    return Shelf(store.records).settle()


@asynccontextmanager
async def _keeping(
    shelf: Shelf, url: str, most: int = 1 << 20, record: int = 64_000_000, **more: object
) -> AsyncIterator[tuple[Ground, Queue]]:
    writer = Writer(shelf.store, most_bytes=record)
    queue = Queue(writer, Spool(shelf.store.spool, shelf.keyring.spool_key()), most, lambda: shelf.now)
    queue.through = asyncio.get_running_loop().call_soon_threadsafe
    recorder = KeepingRecorder(queue, {"one": "anthropic"}, lambda: shelf.now)
    async with relaying(url, recorder=recorder, **more) as ground:  # type: ignore[arg-type]
        yield ground, queue


def _kept(shelf: Shelf) -> list[tuple[Known, bytes, bytes]]:
    return [decoded(shelf.shown(one.id)) for one in shelf.everything()]


async def test_the_end_of_a_response_waits_for_its_record_and_what_is_before_it_does_not(shelf: Shelf) -> None:
    async with (
        running(saying(STREAM + chunk(START) + chunk(STOP) + b"0\r\n\r\n")) as fake,
        _keeping(shelf, fake.url) as (ground, queue),
    ):
        client = await ground.client()
        await client.send(request(b"{}", b"/v1/messages", b"POST", SESSION))
        await client.until(STOP)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.until(b"0\r\n\r\n"), 0.2)
        queue.start()
        assert (await client.rest()).endswith(b"0\r\n\r\n")
        ((known, sent, got),) = _kept(shelf)
        assert (sent, got, known.response["ended"]) == (b"{}", START + STOP, "complete")
        assert shelf.everything()[0].session.name == "s-1"
        queue.stop()


async def test_a_body_of_known_length_waits_too(shelf: Shelf) -> None:
    async with running(saying(plain(b"hello"))) as fake, _keeping(shelf, fake.url) as (ground, queue):
        client = await ground.client()
        await client.send(request(b"{}"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.read(1), 0.2)
        queue.start()
        assert (await client.rest()).endswith(b"hello")
        queue.stop()


async def test_a_store_that_hangs_holds_an_answer_up_for_a_time_only(shelf: Shelf) -> None:
    bounds = replace(BOUNDS, hold=0.1)
    async with running(saying(plain(b"hello"))) as fake, _keeping(shelf, fake.url, bounds=bounds) as (ground, queue):
        assert (await ground.ask(request(b"{}"))).endswith(b"hello")
        assert sum(ground.relay.metrics.late.counts.values()) == 1
        queue.start()
        queue.stop()
        assert len(_kept(shelf)) == 1


async def test_what_is_only_wanted_waits_for_nothing(shelf: Shelf) -> None:
    admits = admitted("one", recording=Recording.WANTED)
    async with running(saying(plain(b"hello"))) as fake, _keeping(shelf, fake.url, admits=admits) as (ground, queue):
        assert (await ground.ask(request(b"{}"))).endswith(b"hello")
        queue.start()
        queue.stop()
        assert len(_kept(shelf)) == 1


async def test_many_requests_on_one_connection_each_have_a_record(shelf: Shelf) -> None:
    async with running(saying(plain(b"hello"))) as fake, _keeping(shelf, fake.url) as (ground, queue):
        queue.start()
        client = await ground.client()
        for number in range(5):
            await client.send(request(b"%d" % number, close=False))
            assert (await client.response())[1] == b"hello"
            assert len(_kept(shelf)) == number + 1
        client.close()
        queue.stop()


async def test_a_client_that_leaves_in_the_middle_is_recorded_to_the_end(shelf: Shelf) -> None:
    go_on = asyncio.Event()

    async def script(turn: Turn) -> None:
        await turn.send(STREAM, chunk(START))
        await go_on.wait()
        await turn.send(chunk(STOP), b"0\r\n\r\n")

    async with running(script) as fake, _keeping(shelf, fake.url) as (ground, queue):
        queue.start()
        client = await ground.client()
        await client.send(request(b"{}"))
        await client.until(START)
        client.close()
        await asyncio.sleep(0.05)
        go_on.set()
        async with asyncio.timeout(10):
            while not shelf.everything():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        ((known, _, got),) = _kept(shelf)
        assert (got, known.response["ended"], known.response["whole"]) == (START + STOP, "client-gone", True)
        assert known.usage["output"] == 57
        queue.stop()


async def test_an_upstream_that_vanishes_in_the_middle_or_before_its_answer_is_recorded(shelf: Shelf) -> None:
    async def script(turn: Turn) -> None:
        if turn.got.body == b"middle":
            await turn.send(STREAM, chunk(START))
            await asyncio.sleep(0.05)
        turn.reset()

    async with running(script) as fake, _keeping(shelf, fake.url) as (ground, queue):
        queue.start()
        with pytest.raises(ConnectionError):
            unchunked(parted(await _broken(ground, request(b"middle")))[1])
        assert b"502" in (await ground.ask(request(b"before")))[:20]
        queue.stop()
        found = {sent: (known.response["ended"], got) for known, sent, got in _kept(shelf)}
        assert found == {b"middle": ("upstream-lost", START), b"before": ("upstream-lost", b"")}


async def _broken(ground: Ground, raw: bytes) -> bytes:
    """What comes back for these bytes; raises ConnectionError where it is not whole."""
    got = await ground.ask(raw)
    if not got.endswith(b"0\r\n\r\n"):
        raise ConnectionError
    return got


async def test_what_was_never_sent_leaves_no_record_and_no_room_taken(shelf: Shelf) -> None:
    async with _keeping(shelf, "http://127.0.0.1:1") as (ground, queue):
        queue.start()
        assert b"502" in (await ground.ask(request(b"{}")))[:20]
        assert queue.idle
        queue.stop()
    assert shelf.everything() == []


@pytest.mark.parametrize(("recording", "status"), [(Recording.REQUIRED, b"529"), (Recording.WANTED, b"200")])
async def test_without_room_it_does_not_take_place_or_passes_unrecorded(
    shelf: Shelf, recording: Recording, status: bytes
) -> None:
    admits = admitted("one", recording=recording)
    async with running(saying(plain(b"hello"))) as fake, _keeping(shelf, fake.url, 3, admits=admits) as (ground, queue):
        queue.start()
        assert status in (await ground.ask(request(b"too large")))[:20]
        assert len(fake.requests) == (recording is Recording.WANTED)
        queue.stop()
    assert shelf.everything() == []


async def test_nothing_is_kept_where_nothing_is_to_be_kept(shelf: Shelf) -> None:
    admits = admitted("one", recording=Recording.NONE)
    async with running(saying(plain(b"hello"))) as fake, _keeping(shelf, fake.url, admits=admits) as (ground, queue):
        queue.start()
        assert (await ground.ask(request(b"{}"))).endswith(b"hello")
        queue.stop()
    assert shelf.everything() == []
    assert not shelf.store.spool.exists()


async def _endless(turn: Turn) -> None:
    await turn.send(STREAM)
    while not turn.writer.is_closing():
        await turn.send(chunk(START * 100))


async def test_a_response_without_end_is_broken_off_where_it_must_be_kept_and_kept_as_far_as_it_came(
    shelf: Shelf,
) -> None:
    async with running(_endless) as fake, _keeping(shelf, fake.url, record=600_000) as (ground, queue):
        queue.start()
        got = await ground.ask(request(b"{}"))
        async with asyncio.timeout(20):
            while not queue.idle:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        queue.stop()
        assert not got.endswith(b"0\r\n\r\n")
        ((known, _, response),) = _kept(shelf)
        assert (known.response["ended"], known.response["whole"]) == ("too-large", False)
        payload = got.partition(b"\r\n\r\n")[2]
        assert 0 < len(response) <= 600_000
        assert payload.count(b"message_start") <= response.count(b"message_start"), "nobody gets what is not kept"
        assert queue.bytes == 0


async def test_where_it_is_only_wanted_it_passes_and_nothing_is_kept(shelf: Shelf) -> None:
    admits = admitted("one", recording=Recording.WANTED)
    bounds = replace(BOUNDS, drain_bytes=0)
    async with (
        running(_endless) as fake,
        _keeping(shelf, fake.url, record=600_000, admits=admits, bounds=bounds) as (ground, queue),
    ):
        queue.start()
        client = await ground.client()
        await client.send(request(b"{}"))
        read = 0
        while read < 3_000_000:
            read += len(await client.reader.read(1 << 16))
        assert queue.bytes == 0
        client.close()
        async with asyncio.timeout(20):
            while ground.relay.exchanges:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        queue.stop()
        assert shelf.everything() == []
        assert ground.relay.recorder.unrecorded == 1  # type: ignore[union-attr]


async def test_a_request_larger_than_a_record_is_not_sent_where_it_must_be_kept(shelf: Shelf) -> None:
    async with running(saying(plain(b"hello"))) as fake, _keeping(shelf, fake.url, record=300_000) as (ground, _):
        assert (await ground.ask(request(b"x" * 100_000))).startswith(b"HTTP/1.1 413 ")
        assert fake.requests == []
