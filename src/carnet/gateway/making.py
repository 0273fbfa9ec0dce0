"""A relay over a store: keys and upstreams from there, exchanges into it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.accounts.keybook import KeyBook
from carnet.gateway.admitting import KeyAdmission, Quota, read_routes
from carnet.gateway.allocator import give_back
from carnet.gateway.bounds import Bounds
from carnet.gateway.dialling import Dialler
from carnet.gateway.loglines import Lines
from carnet.gateway.metrics import AWAY, RECORD_BYTES, SPOOL_BYTES, Metrics
from carnet.gateway.queueing import Queue
from carnet.gateway.recorder import KeepingRecorder
from carnet.gateway.relay import Relay
from carnet.gateway.upstreams import Upstreams
from carnet.records.putting import Writer
from carnet.records.spool import Spool
from carnet.records.tails import Tails
from carnet.settings import environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.upstream import Upstream
    from carnet.settings import Settings
    from carnet.stores.records_contract import RecordStore

KEYS = 2000
"""Of sessions, which a process of the relay remembers."""
PACKED = 0.3
"""How much of its memory for last turns has packed ones: with 10 MB they are of some 150 conversations of 100 KB."""


@dataclass
class Making:
    """What one relay process is made of. `queue` runs from `relay` to `close`."""

    store: RecordStore
    settings: Settings
    bounds: Bounds = field(default_factory=Bounds)
    metrics: Metrics = field(default_factory=Metrics)
    lines: Lines = field(default_factory=Lines)
    queue: Queue = field(init=False)
    _book: KeyBook | None = None
    _fresh: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        turns = self.settings.size("relay.remember")
        tails = Tails(turns - int(turns * PACKED), int(turns * PACKED), KEYS)
        writer = Writer(self.store, most_bytes=self.settings.size("records.max-bytes"), tails=tails)
        spool = Spool(self.store.spool, writer.keyring.spool_key(), self.settings.size("relay.spool-bytes"))
        self.queue = Queue(writer, spool, tell=self.metrics.told, at_rest=give_back)

    def relay(self) -> Relay:
        """The relay, ready to serve. Call it on the loop that runs it."""
        loop = asyncio.get_running_loop()
        upstreams = Upstreams((), self.bounds.down)
        recorder = KeepingRecorder(self.queue, {})

        def use(listed: Sequence[Upstream]) -> None:
            routes = read_routes(listed, environment())
            recorder.providers = {one.name: one.provider for one in listed}
            admission.use(routes)

        def changed() -> None:
            loop.call_soon_threadsafe(use, self.store.upstreams.listed())

        self._book = KeyBook(self.store, changed=changed)
        admission = KeyAdmission(self._book, upstreams, Quota.read(self.settings))
        relay = Relay(
            upstreams,
            Dialler.read(self.settings, self.bounds),
            admission,
            recorder,
            bounds=self.bounds,
            unready=lambda: self._unready(admission),
            metrics=self.metrics,
            lines=self.lines,
        )
        self.metrics.watch(RECORD_BYTES, lambda: self.queue.bytes)
        self.metrics.watch(SPOOL_BYTES, lambda: self.queue.spool.size)
        self.metrics.watch(AWAY, lambda: int(self.queue.counts.away))
        self.queue.through = lambda do: loop.call_soon_threadsafe(relay.rounds.together, do)
        self.queue.start()
        self._fresh = loop.create_task(self._book.keep_fresh())
        return relay

    def close(self) -> None:
        """Write or spool what waits."""
        self.queue.stop()
        if self._book is not None:
            self._book.close()

    def _unready(self, admission: KeyAdmission) -> str:
        if not admission.ready:
            return "upstreams were not read yet"
        return "what must be recorded finds no room, in the store or in the spool" if self.queue.full else ""
