"""The relay's processes: as many as are wanted, on one port, started again, drained; nobody else gets a share of it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from carnet.accounts.upstreams import add_upstream
from carnet.cli.handing import Handed
from carnet.cli.listening import board, listen
from carnet.cli.relaying import Relays, open_relays, wanted
from carnet.errors import BusyError, CarnetError
from carnet.model.upstream import Upstream
from tests.records.kept import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from carnet.settings import Settings
    from carnet.stores.contract import Store


@pytest.fixture
def two(settings: Settings) -> Settings:
    return settings.with_option("relay.workers", "2").with_option("relay.port", "0")


def test_it_is_wanted_once_there_is_an_upstream_and_asking_makes_no_store(store: Store) -> None:
    assert not wanted(store)
    assert not store.has_records
    add_upstream(store.records.upstreams, Upstream("main", "messages", "https://api.example", "anthropic", NOW))
    assert wanted(store)


async def _until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


async def test_a_process_that_is_killed_is_started_again_and_all_end_in_order(two: Settings, store: Store) -> None:
    said: list[str] = []
    assert store.records.catalogue.generation() == 0
    with listen(two) as bound:
        relays = Relays(two, bound, board(two, Handed()), said.append)
        relays.start()
        await _until(lambda: len(relays.processes) == 2)
        await _until(lambda: relays.ready)
        first = set(relays.processes)
        os.kill(min(first), signal.SIGKILL)
        await _until(lambda: len(relays.processes) == 2 and set(relays.processes) != first)
        port = bound[0].getsockname()[1]
        await asyncio.to_thread(lambda: socket.create_connection(("127.0.0.1", port), 5).close())
        await _until(lambda: relays.ready)
        last = relays.processes
        assert relays.board.numbers()["now", "carnet_relay_processes"] == 2
        await relays.stop()
        assert ("now", "carnet_relay_processes") not in relays.board.numbers()
    assert ["-9" in line for line in said] == [True]
    for pid in last:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_new_processes_take_the_place_of_old_ones_which_end_by_themselves(two: Settings, store: Store) -> None:
    said: list[str] = []
    assert store.records.catalogue.generation() == 0
    with listen(two) as bound:
        shared = board(two, Handed())
        first = Relays(two, bound, shared)
        first.start()
        await _until(lambda: first.ready)
        old, adopted = first.processes, Relays(two.with_option("relay.workers", "1"), bound, shared, said.append)
        for task in first._tasks:  # as if this program had been executed again
            task.cancel()
        await asyncio.sleep(0)
        for place in list(shared.taken):
            shared.taken.pop(place)
        adopted.start(old)
        await _until(lambda: adopted.all_processes == adopted.processes)
        assert len(adopted.processes) == 1
        assert set(adopted.processes).isdisjoint(old)
        await adopted.stop()
    assert ["new ones have taken their place" in line for line in said] == [True]


def test_a_relay_that_cannot_be_opened_holds_no_role(two: Settings, store: Store) -> None:
    with ExitStack() as stack, socket.create_server(("127.0.0.1", 0)) as taken:
        there = two.with_option("relay.port", str(taken.getsockname()[1]))
        with pytest.raises(CarnetError, match="cannot relay"):
            open_relays(store, there, Handed(), stack)
        relays = open_relays(store, two, Handed(), stack)
        assert relays.address.startswith("http://127.0.0.1:")
        with pytest.raises(BusyError):
            open_relays(store, two, Handed(), stack)
