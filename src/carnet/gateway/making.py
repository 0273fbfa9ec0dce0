"""A relay over a store: keys and upstreams from there, exchanges into it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.accounts.keybook import KeyBook
from carnet.gateway.admitting import KeyAdmission, Quota, read_routes
from carnet.gateway.bounds import Bounds
from carnet.gateway.dialling import Dialler
from carnet.gateway.metrics import Gauge
from carnet.gateway.queueing import Queue
from carnet.gateway.recorder import KeepingRecorder
from carnet.gateway.relay import Relay
from carnet.gateway.upstreams import Upstreams
from carnet.records.putting import Writer
from carnet.records.spool import Spool
from carnet.settings import environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.upstream import Upstream
    from carnet.settings import Settings
    from carnet.stores.records_contract import RecordStore


@dataclass
class Making:
    """What one relay process is made of. `queue` runs from `relay` to `close`."""

    store: RecordStore
    settings: Settings
    bounds: Bounds = field(default_factory=Bounds)
    queue: Queue = field(init=False)
    _book: KeyBook | None = None
    _fresh: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        writer = Writer(self.store, most_bytes=self.settings.size("records.max-bytes"))
        spool = Spool(self.store.spool, writer.keyring.spool_key(), self.settings.size("relay.spool-bytes"))
        self.queue = Queue(writer, spool)

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
            ready=lambda: admission.ready,
        )
        relay.metrics.gauges += _gauges(self.queue, recorder)
        self.queue.start()
        self._fresh = loop.create_task(self._book.keep_fresh())
        return relay

    def close(self) -> None:
        """Write or spool what waits."""
        self.queue.stop()
        if self._book is not None:
            self._book.close()


def _gauges(queue: Queue, recorder: KeepingRecorder) -> list[Gauge]:
    counts = queue.counts
    return [
        Gauge("carnet_relay_record_bytes", "Bytes of exchanges under way or not durable yet.", lambda: queue.bytes),
        Gauge("carnet_relay_spool_bytes", "Sealed bytes that wait for the store.", lambda: queue.spool.size),
        Gauge("carnet_relay_store_away", "1 while the store cannot be written.", lambda: int(counts.away)),
        Gauge("carnet_relay_records_kept", "Exchanges in the store.", lambda: counts.kept),
        Gauge("carnet_relay_records_spooled", "Exchanges that went through the spool.", lambda: counts.spooled),
        Gauge("carnet_relay_records_refused", "Exchanges that policy kept nothing of.", lambda: counts.refused),
        Gauge("carnet_relay_records_faulty", "Exchanges that no record could be made of.", lambda: counts.faulty),
        Gauge("carnet_relay_records_lost", "Exchanges or batches that were lost.", lambda: counts.lost),
        Gauge("carnet_relay_passed_unrecorded", "Exchanges let pass for lack of room.", lambda: recorder.unrecorded),
    ]
