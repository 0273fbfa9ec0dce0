"""The relay as a whole: what its connections share, and every question asked of those who plug in."""

from __future__ import annotations

import asyncio
import logging
import time
from enum import IntEnum
from typing import TYPE_CHECKING

from carnet.gateway.bounds import Bounds
from carnet.gateway.contract import Admitted, Asked, Recording
from carnet.gateway.counting import Counting
from carnet.gateway.errors import Refused
from carnet.gateway.exchange import Exchange
from carnet.gateway.familiar import Familiar
from carnet.gateway.formats import MESSAGES
from carnet.gateway.holding import Holding
from carnet.gateway.loglines import ExchangeLog, Lines, exchange_said, upstream_id
from carnet.gateway.metrics import CLIENTS, IDLE, UNDER_WAY, Metrics
from carnet.gateway.pool import Pool
from carnet.gateway.rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from carnet.gateway.contract import Admission, Durability, Ended, Recorder, Tap
    from carnet.gateway.counting import Subjects
    from carnet.gateway.dialling import Dialler
    from carnet.gateway.formats import Format
    from carnet.gateway.heads import RequestHead
    from carnet.gateway.incoming import Incoming
    from carnet.gateway.metrics import Relayed
    from carnet.gateway.upstreams import Upstreams

log = logging.getLogger("carnet.gateway")

SUBJECTS = ("this key", "this organisation")
"""Whose limits there are, as refusals name them."""
UNKNOWN = Refused(404, "nothing is relayed at this address", "unknown-path")
CLOSED = Refused(503, "the relay admits nobody: it has no admission", "no-admission")
BROKEN = Refused(500, "the request could not be judged; nothing was sent", "fault")
UNRECORDED = Refused(503, "the exchange must be recorded, and cannot be now; nothing was sent", "unrecorded")


class Phase(IntEnum):
    """Of a relay's life; it goes forward only."""

    OPEN = 0
    LEAVING = 1
    """It takes new clients, and says that it is not ready, so that whoever balances load looks elsewhere."""
    PARTING = 2
    """It takes no new clients; those it has are let go as soon as they have their answer, and not in between."""
    DRAINING = 3
    """Idle clients are let go, too."""


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
        unready: Callable[[], str] = lambda: "",
        metrics: Metrics | None = None,
        lines: Lines | None = None,
        rounds: Rounds | None = None,
    ) -> None:
        self.upstreams = upstreams
        self.dialler = dialler
        self.admission = admission
        self.recorder = recorder
        self.bounds = bounds or Bounds()
        self.formats = tuple(formats)
        self.clock = clock
        self.pool = Pool(self.bounds)
        self.rounds = rounds if rounds is not None else Rounds(self.fault)
        self.familiar = Familiar(self)
        self.connections: set[Incoming] = set()
        self.exchanges: set[Exchange] = set()
        self.phase = Phase.OPEN
        self.ending = False
        """A client that has its answer is to connect anew."""
        self._relayed: list[Relayed] = []
        """Exchanges of this round that are not counted yet."""
        self.quiet = asyncio.Event()
        """Set once the relay takes no more clients and none is left."""
        self.metrics = metrics if metrics is not None else Metrics()
        self.counting = Counting(self.metrics.board, self.metrics.place)
        self.holding = Holding(self.bounds.hold, self.metrics.late)
        self.log = ExchangeLog(lines if lines is not None else Lines())
        self._clients = self.metrics.watch(CLIENTS, self.connections.__len__)
        self.metrics.watch(UNDER_WAY, self.exchanges.__len__)
        self.metrics.watch(IDLE, self.pool.__len__)
        self._unready = unready

    @property
    def unready(self) -> str:
        """Why new requests are not welcome here; empty where they are."""
        if self.phase is not Phase.OPEN:
            return "it is being stopped"
        return "it admits nobody" if self.admission is None else self._unready()

    def came(self, client: Incoming) -> int:
        """Take note of a client; how many are here beyond those there is room for."""
        self.connections.add(client)
        self._clients.see()
        return len(self.connections) - self.bounds.clients

    def went(self, client: Incoming) -> None:
        self.connections.discard(client)
        self._clients.see()
        self.look_quiet()

    def admitted(self, client: Incoming, head: RequestHead) -> Exchange | Refused | Awaitable[Exchange | Refused]:
        """An exchange for a request, or why there is none; or what must be awaited to know."""
        asked = self._asked(client, head)
        if asked is None:
            return self.turned_away(UNKNOWN)
        if self.admission is None:
            return self.turned_away(CLOSED)
        try:
            admitted = self.admission.admit(asked)
        except Exception as error:  # noqa: BLE001 - whatever breaks there lets nobody in
            self.fault("admission", error)
            return self.turned_away(BROKEN, asked)
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
            return self.turned_away(BROKEN, asked)
        return self._entered(client, asked, admitted)

    def _entered(self, client: Incoming, asked: Asked, admitted: Admitted | Refused) -> Exchange | Refused:
        if isinstance(admitted, Refused):
            return self.turned_away(admitted, asked)
        if asked.route.feature and asked.route.feature not in admitted.features:
            refused = Refused(403, f"{asked.route.feature} may not be used with this key", "feature")
            return self.turned_away(refused, asked, admitted)
        now = self.clock()
        held = self.counting.enter(self.subjects(admitted), now)
        if isinstance(held, Refused):
            return self.turned_away(held, asked, admitted)
        return Exchange(self, client, asked, admitted, held, now)

    def subjects(self, admitted: Admitted) -> Subjects:
        """Whose limits a request of these is counted under."""
        return self.counting.subjects(
            (
                ("this key", admitted.key, admitted.key_limits),
                ("this organisation", admitted.organisation, admitted.organisation_limits),
            )
        )

    def turned_away(self, refused: Refused, asked: Asked | None = None, admitted: Admitted | None = None) -> Refused:
        """Take note of a request that does not become an exchange."""
        whose = ("", "") if admitted is None else (admitted.key, admitted.organisation)
        self.log.turned_away(refused, "" if asked is None else asked.route.name, *whose)
        return refused

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

    def finished(
        self, exchange: Exchange, ended: Ended, sent: int, durable: Durability | None, *, tapped: bool
    ) -> None:
        """Take note of an exchange that ended; `sent` are the bytes of its request, `durable` becomes its record."""
        self.exchanges.discard(exchange)
        metrics, timings, asked = self.metrics, ended.timings, exchange.asked
        metrics.exchanges.add(asked.route.name, ended.how)
        metrics.seconds.observe(timings.ended - timings.received)
        if timings.head:
            metrics.first_byte.observe(timings.head - timings.sent)
        if timings.sent:
            metrics.request_bytes.add(count=sent)
            metrics.response_bytes.add(count=ended.size)
        if ended.status and ended.refused is None:
            metrics.responses.add(str(ended.status))
        if self.log.wanted:
            admitted = exchange.admitted
            said = exchange_said(asked, admitted.key, admitted.organisation, ended, sent)
            if shown := upstream_id(exchange.upstream_id):
                said["upstream_id"] = shown
            self.log.ended(said, _unrecorded(admitted, ended, tapped=tapped), durable)
        self.look_quiet()

    def relayed(self, exchange: Exchange, status: int, sent: int, size: int, now: float) -> None:
        """Take note of an exchange whose whole response came in one go, where no line of the log is wanted for each.

        `sent` and `size` are the bytes of its bodies, out and back.
        """
        self.exchanges.discard(exchange)
        times = exchange.timings
        name = exchange.asked.route.name, status
        self._relayed.append((name, sent, size, now - times.sent, now - times.received))
        if len(self._relayed) == 1:
            self.rounds.then(None, self._count_relayed)
        if self.ending:
            self.look_quiet()

    def _count_relayed(self) -> None:
        relayed, self._relayed = self._relayed, []
        self.metrics.relayed(relayed)

    @property
    def draining(self) -> bool:
        return self.phase is Phase.DRAINING

    def look_quiet(self) -> None:
        """Wake whoever waits for the end of everything, if this is it."""
        if self.phase >= Phase.PARTING and not self.exchanges and not self.connections:
            self.quiet.set()

    def sweep(self) -> None:
        """End what has passed its deadline."""
        now = self.clock()
        self.metrics.see()
        for connection in [one for one in self.connections if one.deadline <= now]:
            connection.expire()
        for exchange in [one for one in self.exchanges if one.deadline <= now]:
            exchange.expire(now)
        self.pool.sweep(now)
        self._count_late()

    def _count_late(self) -> None:
        """What began before its key or organisation had a limit counts under it from now on."""
        without: set[tuple[object, ...]] = set()
        for exchange in self.exchanges:
            held, admitted = exchange.held, exchange.admitted
            whose = (admitted.key, admitted.organisation, *held)
            if len(held) < len(SUBJECTS) and whose not in without:
                subjects = zip(SUBJECTS, (admitted.key, admitted.organisation), strict=True)
                exchange.held = self.counting.late(subjects, held)
                if exchange.held is held:
                    without.add(whose)

    def _enter(self, phase: Phase) -> None:
        self.phase = max(self.phase, phase)
        self.ending = True

    def leave(self) -> None:
        """Say that this relay is about to end, and still take what comes."""
        self._enter(Phase.LEAVING)

    def part(self) -> None:
        """Nobody new comes in. Idle clients may send one more request: others answer those that connect anew."""
        self._enter(Phase.PARTING)
        self.look_quiet()

    def drain(self) -> None:
        """Take no more requests: idle clients are let go, others after the answer they wait for."""
        self._enter(Phase.DRAINING)
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
        self.log.close()


def _unrecorded(admitted: Admitted, ended: Ended, *, tapped: bool) -> str:
    """Why an exchange has no record, in a word."""
    if not ended.timings.sent:
        return "unsent"
    if admitted.recording is Recording.NONE:
        return "terms"
    return "faulty" if tapped else "no-room"
