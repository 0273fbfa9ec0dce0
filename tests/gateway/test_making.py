"""A relay made over a store follows what changes there, and keeps what passes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from carnet.accounts.caps import limit_key
from carnet.accounts.keys import make_key
from carnet.accounts.upstreams import add_upstream
from carnet.errors import CarnetError
from carnet.gateway.making import Making
from carnet.gateway.server import Ending, listen, serve
from carnet.model.upstream import Upstream
from tests.gateway.ground import BOUNDS, Ground
from tests.gateway.upstream import plain, running, saying
from tests.records.kept import ANN, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from carnet.settings import Settings
    from carnet.stores.contract import Store


async def _until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def test_upstreams_and_keys_of_the_store_are_followed_and_exchanges_kept(
    store: Store, settings: Settings
) -> None:
    shelf = Shelf(store.records).settle()
    _, key = make_key(store.records.api_keys, shelf.account(ANN), ("relay",), None, "", shelf.now)
    raw = f"POST /v1/messages HTTP/1.1\r\nhost: h\r\nx-api-key: {key}\r\ncontent-length: 2\r\n\r\n{{}}".encode()
    making = Making(store.records, settings, BOUNDS)
    with closing(making):
        relay = making.relay()
        bound, ending = listen("127.0.0.1", 0), Ending()
        running_ = asyncio.create_task(serve(relay, [bound], ending, tick=0.02))
        ground = Ground(relay, bound.getsockname()[1], ending, running_, None, None)  # type: ignore[arg-type]
        await _until(lambda: not relay.unready)

        async def ask() -> tuple[bytes, bytes]:
            client = await ground.client()
            await client.send(raw)
            found = await client.response()
            client.close()
            return found

        assert b"503" in (await ask())[0]
        async with running(saying(plain(b"hello"))) as fake:
            one = Upstream("main", "messages", fake.url, "anthropic", shelf.now)
            add_upstream(store.records.upstreams, one)
            await _until(lambda: relay.upstreams.known)
            assert (await ask())[1] == b"hello"
            (record,) = shelf.everything()
            assert (record.lane.provider, making.queue.counts.kept) == ("anthropic", 1)
            assert 'carnet_relay_records_total{outcome="kept"} 1' in relay.metrics.text()
            store.records.upstreams.remove("main")
            await _until(lambda: not relay.upstreams.known)
            assert b"503" in (await ask())[0]
        ending.stop.set()
        await running_


async def test_limits_of_one_key_take_hold_and_are_let_go_while_it_runs(store: Store, settings: Settings) -> None:
    shelf = Shelf(store.records).settle()
    key, text = make_key(store.records.api_keys, shelf.account(ANN), ("relay",), None, "", shelf.now)
    _, free = make_key(store.records.api_keys, shelf.account(ANN), ("relay",), None, "", shelf.now)
    making = Making(store.records, settings, BOUNDS)
    with closing(making):
        relay = making.relay()
        bound, ending = listen("127.0.0.1", 0), Ending()
        running_ = asyncio.create_task(serve(relay, [bound], ending, tick=0.02))
        ground = Ground(relay, bound.getsockname()[1], ending, running_, None, None)  # type: ignore[arg-type]
        await _until(lambda: not relay.unready)

        async def ask(shown: str = text) -> bytes:
            client = await ground.client()
            await client.send(f"HEAD /api/hello HTTP/1.1\r\nhost: h\r\nx-api-key: {shown}\r\n\r\n".encode())
            head = await client.until(b"\r\n\r\n")
            client.close()
            return head.split(b"\r\n")[0]

        async def until(status: bytes) -> None:
            async with asyncio.timeout(20):
                while status not in await ask():  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.05)

        assert b"503" in await ask()
        limit_key(store.records.api_keys, key.id, {"requests-per-minute": 1})
        await until(b"429")
        assert b"503" in await ask(free)
        limit_key(store.records.api_keys, key.id, {"requests-per-minute": None})
        await until(b"503")
        ending.stop.set()
        await running_


async def test_a_relay_that_cannot_keep_what_it_must_says_so_before_it_is_asked_to(
    store: Store, settings: Settings
) -> None:
    making = Making(store.records, settings, BOUNDS)
    with closing(making):
        relay = making.relay()
        assert relay.unready == "upstreams were not read yet"
        await _until(lambda: not relay.unready)
        making.queue.full = True
        assert "finds no room" in relay.unready
        making.queue.full = False
        relay.leave()
        assert relay.unready == "it is being stopped"


RECORDING = """
import asyncio, sys
from contextlib import closing
from functools import partial
import carnet.cli.relay_process
from carnet.gateway.making import Making
from carnet.gateway.server import run
from carnet.gateway.tls import server_context
from carnet.model.record import Draft, Form
from carnet.settings import load
from carnet.stores import open_store

async def main():
    settings = load().with_option("data", sys.argv[1])
    server_context(settings)
    with closing(open_store(settings)) as store, closing(Making(store.records, settings)) as making:
        relay = making.relay()
        while relay.unready:
            await asyncio.sleep(0.01)
        caller = store.records.api_keys.find([sys.argv[2]])[sys.argv[2]]
        make = partial(Draft, caller.account.email, "s1", "exchange", "inference", b"words", Form.TEXT, "anthropic")
        making.queue.take(5)
        making.queue.add(make, 5)
        while not making.queue.idle:
            await asyncio.sleep(0.01)
        names = store.records.partition_names()
        for name in names:
            store.records.partition(name).there([bytes(12)])  # as whoever empties a spool
        print(making.queue.counts.kept, names)
    print([name for name in ("sqlalchemy", "obstore", "pygit2", "aiohttp") if name in sys.modules])

asyncio.run(main())
"""


def test_a_process_of_the_relay_does_not_import_what_it_has_no_use_for(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    """Of the memory it may have, SQLAlchemy alone took a quarter; it makes a partition, keys and a record without."""
    shelf = Shelf(store.records).settle()
    key, _ = make_key(store.records.api_keys, shelf.account(ANN), ("relay",), None, "", shelf.now)
    told = subprocess.run(
        [sys.executable, "-c", RECORDING, str(settings.data), key.id],
        env={**os.environ, "HOME": str(tmp_path)}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (told.stderr, told.returncode) == ("", 0)
    kept, partitions = told.stdout.splitlines()[0].split(" ", 1)
    assert (kept, len(partitions) > 2) == ("1", True)
    assert told.stdout.splitlines()[1] == "[]"


def test_last_turns_are_remembered_within_what_the_settings_give_for_them(store: Store, settings: Settings) -> None:
    shelf = Shelf(store.records).settle()
    making = Making(store.records, settings.with_option("relay.remember", "30KB"), BOUNDS)
    writer = making.queue.writer
    assert writer.tails.bytes == 0
    for number in range(60):
        writer.put([shelf.draft("words " * 200, session=f"s{number}")], shelf.now)
    assert 20_000 < writer.tails.bytes <= 30_000
    with pytest.raises(CarnetError, match=r"relay\.remember"):
        Making(store.records, settings.with_option("relay.remember", "much"), BOUNDS)


def test_without_memory_for_them_every_turn_is_written_whole(store: Store, settings: Settings) -> None:
    shelf = Shelf(store.records).settle()
    writer = Making(store.records, settings.with_option("relay.remember", "0"), BOUNDS).queue.writer
    for number in range(3):
        writer.put([shelf.draft(f"words {number}")], shelf.now)
    assert writer.tails.bytes == 0
    assert sorted(shelf.shown(one.id) for one in shelf.everything()) == [b"words 0", b"words 1", b"words 2"]
