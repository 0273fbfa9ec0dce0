"""Forwarding as a process: what one writes another sends, and a kill loses neither a report nor a deletion."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.conftest import ROOT
from tests.gateway.intake.collecting import ENVIRON, collecting, sink_at, until
from tests.journeys.relaying import CARNET
from tests.records.kept import ANN, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from carnet.settings import Settings
    from carnet.stores.contract import Store

BODY = b'{"protocol":"statsig","events":[{"eventName":"opened"}]}'


@contextmanager
def keeping(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """The role that forwards, as a process; killed at the end."""
    environ = {**os.environ, **ENVIRON, "CARNET_DATA": str(settings.data), "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen([*CARNET, "serve", "--only", "keep"], env=environ, stdout=subprocess.PIPE, text=True) as one:
        try:
            yield one
        finally:
            one.send_signal(signal.SIGKILL)


def waited(true: Callable[[], bool]) -> None:
    asyncio.run(until(true, 60))


def test_a_kill_between_an_erasure_and_its_message_loses_neither(store: Store, settings: Settings) -> None:
    shelf = Shelf(store.records, datetime.now(UTC)).settle()
    with collecting() as collector:
        sink_at(shelf, collector)
        collector.answers["/hook"] = 503
        with keeping(settings):
            shelf.kept(BODY, kind="metric", flow="metrics")
            waited(lambda: bool(collector.sessions()))
            shelf.erase(account=ANN)
            waited(lambda: bool(collector.deleted()))  # told, and refused
        assert store.records.sinks.waiting("own") == 1
        collector.answers.clear()
        collector.got, sent = [], collector.sessions()
        with keeping(settings):
            waited(lambda: not store.records.sinks.waiting("own"))
        assert set(collector.deleted()) == set(sent)
        assert collector.logs() == []
