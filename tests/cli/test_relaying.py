"""The relay's processes: as many as are wanted, on one port, started again, drained; nobody else gets a share of it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from carnet.accounts.upstreams import add_upstream
from carnet.cli.relaying import Relays, address, listen, number_of_processes, wanted
from carnet.errors import CarnetError
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


def test_each_process_has_a_socket_of_one_port(two: Settings) -> None:
    with listen(two) as bound:
        assert len({one.getsockname() for one in bound}) == 1
        assert len(bound) == 2
        assert address(two, bound) == f"http://127.0.0.1:{bound[0].getsockname()[1]}"


def test_without_a_number_there_is_a_process_for_each_core(settings: Settings) -> None:
    assert number_of_processes(settings) == len(os.sched_getaffinity(0))


def test_a_port_that_somebody_has_is_refused_also_where_it_could_be_shared(two: Settings) -> None:
    with listen(two) as bound:
        port = str(bound[0].getsockname()[1])
        with (
            pytest.raises(CarnetError, match=rf"port {port}.*--relay-port"),
            listen(two.with_option("relay.port", port)),
        ):
            pass
    with pytest.raises(CarnetError, match="not a port"), listen(two.with_option("relay.port", "70000")):
        pass


def test_beyond_loopback_nothing_listens_without_a_certificate(two: Settings) -> None:
    with pytest.raises(CarnetError, match="tls init"), listen(two.with_option("relay.host", "0.0.0.0")):
        pass


async def _until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


async def test_a_process_that_is_killed_is_started_again_and_all_end_in_order(two: Settings, store: Store) -> None:
    said: list[str] = []
    assert store.records.catalogue.generation() == 0
    with listen(two) as bound:
        relays = Relays(two, bound, said.append)
        relays.start()
        await _until(lambda: len(relays.processes) == 2)
        first = set(relays.processes)
        os.kill(min(first), signal.SIGKILL)
        await _until(lambda: len(relays.processes) == 2 and set(relays.processes) != first)
        port = bound[0].getsockname()[1]
        await asyncio.to_thread(lambda: socket.create_connection(("127.0.0.1", port), 5).close())
        last = relays.processes
        await relays.stop()
    assert ["-9" in line for line in said] == [True]
    for pid in last:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
