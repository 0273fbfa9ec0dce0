"""Forwarding in `carnet serve`: nothing to do without a sink, and then until it is cancelled."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from carnet.cli.forwarding import forward
from tests.gateway.intake.collecting import ENVIRON, collecting, sink_at, until
from tests.records.kept import NOW, Shelf

if TYPE_CHECKING:
    import pytest

    from carnet.settings import Settings
    from carnet.stores.contract import Store


def test_without_records_or_sinks_there_is_nothing_to_do(store: Store, settings: Settings) -> None:
    assert asyncio.run(forward(store, settings, NOW)) == ""
    assert not store.has_records
    Shelf(store.records).settle()
    assert asyncio.run(forward(store, settings, NOW)) == ""


def test_sinks_are_served_until_it_is_cancelled(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    shelf = Shelf(store.records).settle()
    with collecting() as collector:
        sink_at(shelf, collector)
        store.records.sinks.note("own", ["s1"], NOW)

        async def served() -> None:
            task = asyncio.create_task(forward(store, settings, NOW))
            await until(lambda: bool(collector.got))
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

        asyncio.run(served())
    assert collector.deleted() == ["s1"]
