"""The relay as a whole: what its connections share, and every question asked of those who plug in."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from carnet.gateway.bounds import Bounds
from carnet.gateway.contract import Admitted, Asked, How, Recording
from carnet.gateway.errors import Refused
from carnet.gateway.exchange import Exchange
from carnet.gateway.formats import MESSAGES
from carnet.gateway.limits import Counting
from carnet.gateway.metrics import Gauge, Metrics
from carnet.gateway.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from carnet.gateway.contract import Admission, Recorder, Tap
    from carnet.gateway.dialling import Dialler
    from carnet.gateway.formats import Format
    from carnet.gateway.heads import RequestHead
    from carnet.gateway.incoming import Incoming
    from carnet.gateway.upstreams import Upstreams

log = logging.getLogger("carnet.gateway")

UNKNOWN = Refused(404, "nothing is relayed at this address", "unknown-path")
CLOSED = Refused(503, "the relay admits nobody: it has no admission", "no-admission")
BROKEN = Refused(500, "the request could not be judged; nothing was sent", "fault")
UNRECORDED = Refused(503, "the exchange must be recorded, and cannot be now; nothing was sent", "unrecorded")


class Relay:
    """One process's relay. Without an admission it relays nothing."""

    def __init__(
        self,
        upstreams: Upstreams,
        dialler: Dialler,
        admission: Admission | None = None,
        recorder: Recorder | None = None,
        *,
        bounds: Bounds | None = None,
        formats: Sequence[Format] = (MESSAGES,),
        clock: Callable[[], float] = time.monotonic,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self.upstreams = upstreams
        self.dialler = dialler
        self.admission = admission
        self.recorder = recorder
        self.bounds = bounds or Bounds()
        self.formats = tuple(formats)
        self.clock = clock
        self.pool = Pool(self.bounds)
        self.counting = Counting()
        self.connections: set[Incoming] = set()
        self.exchanges: set[Exchange] = set()
        self.draining = False
        self.quiet = asyncio.Event()
        """Set once the relay is draining and nothing is left."""
        self.metrics = Metrics()
        self.metrics.gauges += [
            Gauge("carnet_relay_connections", "Clients connected.", self.connections.__len__),
            Gauge("carnet_relay_exchanges_under_way", "Exchanges under way.", self.exchanges.__len__),
            Gauge("carnet_relay_upstream_idle", "Idle connections to upstreams.", self.pool.__len__),
        ]
        self._ready = ready

    @property
    def ready(self) -> bool:
        """Whether new requests are welcome here."""
        return not self.draining and self.admission is not None and self._ready()

    def admitted(self, client: Incoming, head: RequestHead) -> Exchange | Refused | Awaitable[Exchange | Refused]:
        """An exchange for a request, or why there is none; or what must be awaited to know."""
        asked = self._asked(client, head)
        if asked is None:
            return UNKNOWN
        if self.admission is None:
            return CLOSED
        try:
            admitted = self.admission.admit(asked)
        except Exception as error:  # noqa: BLE001 - whatever breaks there lets nobody in
            self.fault("admission", error)
            return BROKEN
        if isinstance(admitted, Admitted | Refused):
            return self._entered(client, asked, admitted)
        return self._awaited(client, asked, admitted)

    async def _awaited(
        self, client: Incoming, asked: Asked, judging: Awaitable[Admitted | Refused]
    ) -> Exchange | Refused:
        try:
            admitted = await judging
        except Exception as error:  # noqa: BLE001 - whatever breaks there lets nobody in
            self.fault("admission", error)
            return BROKEN
        return self._entered(client, asked, admitted)

    def _entered(self, client: Incoming, asked: Asked, admitted: Admitted | Refused) -> Exchange | Refused:
        if isinstance(admitted, Refused):
            return admitted
        if asked.route.feature and asked.route.feature not in admitted.features:
            return Refused(403, f"{asked.route.feature} may not be used with this key", "feature")
        limits = (
            ("this key", admitted.key, admitted.key_limits),
            ("this organisation", admitted.organisation, admitted.organisation_limits),
        )
        held = self.counting.enter(limits, self.clock())
        return held if isinstance(held, Refused) else Exchange(self, client, asked, admitted, held)

    def _asked(self, client: Incoming, head: RequestHead) -> Asked | None:
        path = head.path
        for style in self.formats:
            route = style.route(head.method, path)
            if route is not None:
                return Asked(head, style, route, client.peer)
        return None

    def judged(self, admitted: Admitted, asked: Asked, body: bytes) -> Refused | None:
        """Whether the admission refuses a request now that its body is known."""
        if self.admission is None:
            return CLOSED
        try:
            return self.admission.judge(admitted, asked, body)
        except Exception as error:  # noqa: BLE001 - as above
            self.fault("admission", error)
            return BROKEN

    def begun(self, admitted: Admitted, asked: Asked, body: bytes) -> Tap | Refused | None:
        """A tap for an exchange about to be sent, or why it is not sent."""
        if admitted.recording is Recording.NONE:
            return None
        tap: Tap | Refused | None = None
        try:
            if self.recorder is not None:
                tap = self.recorder.begin(admitted, asked, body)
        except Exception as error:  # noqa: BLE001 - as above
            self.fault("recorder", error)
        if tap is not None:
            return tap
        if admitted.recording is Recording.REQUIRED:
            return UNRECORDED
        self.metrics.unrecorded.add("begin")
        return None

    def fault(self, where: str, error: Exception) -> None:
        """Note that something of ours broke. Its text stays out of the log: it may quote what it worked on."""
        self.metrics.faults.add(where)
        log.error("%s failed: %s", where, type(error).__name__)

    def finished(self, exchange: Exchange, how: How) -> None:
        """Take note of an exchange that ended."""
        self.exchanges.discard(exchange)
        metrics, timings = self.metrics, exchange.timings
        metrics.exchanges.add(exchange.asked.route.name, how)
        metrics.seconds.observe(timings.ended - timings.received)
        if timings.head:
            metrics.first_byte.observe(timings.head - timings.sent)
        self.look_quiet()

    def look_quiet(self) -> None:
        """Wake whoever waits for the end of everything, if this is it."""
        if self.draining and not self.exchanges and not self.connections:
            self.quiet.set()

    def sweep(self) -> None:
        """End what has passed its deadline."""
        now = self.clock()
        for connection in [one for one in self.connections if one.deadline <= now]:
            connection.expire()
        for exchange in [one for one in self.exchanges if one.deadline <= now]:
            exchange.expire(now)
        self.pool.sweep(now)

    def drain(self) -> None:
        """Take no more requests: idle clients are let go, others after the answer they wait for."""
        self.draining = True
        for connection in list(self.connections):
            connection.retire()
        self.look_quiet()

    def stop(self) -> None:
        """End everything that is left."""
        for exchange in list(self.exchanges):
            exchange.stop()
        for connection in list(self.connections):
            connection.cut()
        self.pool.close()
