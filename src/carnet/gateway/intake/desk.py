"""From requests to the store: many at once, each tenant in its turn, and nothing acknowledged before it is on the disk.

Event loop: `keep`. One thread: everything that writes.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import OrderedDict, deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import msgspec

from carnet.errors import CarnetError
from carnet.gateway.intake.retries import Retries
from carnet.model.record import Kept
from carnet.records.draining import drain
from carnet.records.putting import HalfKeptError, UnkeptError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from carnet.model.record import Draft
    from carnet.records.putting import Answer, Writer
    from carnet.records.spool import Spool

BATCH, BATCH_BYTES = 512, 8 << 20
GATHER, LONGEST_GATHER = 0.01, 0.06
"""Seconds that a batch waits for clients that were answered just now: since the last one came, and in all. One that
is alone never waits.
"""
RETRY_EVERY = 1.0
_DRAINED_AT_ONCE = 8
log = logging.getLogger("carnet.intake")


class Outcome(Enum):
    """What became of a draft."""

    KEPT = "kept"
    SPOOLED = "spooled"
    REPEATED = "repeated"
    """It was kept before."""
    REFUSED = "refused"
    """By policy, or because whose it is is gone, when it was to be written."""
    AWAY = "away"
    """Neither store nor spool takes it: it is not kept."""


_LASTING = {Outcome.KEPT, Outcome.SPOOLED}


class Pending(msgspec.Struct, frozen=True, gc=False):
    """A draft with the mark of its retries."""

    draft: Draft
    mark: bytes = b""
    spooled: bool = True


class _Waiting(msgspec.Struct, eq=False):
    """What one request has for the store."""

    pending: Sequence[Pending]
    size: int
    done: asyncio.Future[list[Outcome]]


@dataclass(slots=True)
class Desk:
    """Takes drafts for one writer. A tenant that sends much waits for itself alone."""

    writer: Writer
    spool: Spool
    now: Callable[[], datetime]
    retries: Retries = field(default_factory=Retries)
    away: bool = False
    """The store cannot be written now."""
    _under_way: dict[bytes, asyncio.Future[list[Outcome]]] = field(default_factory=dict)
    _tenants: OrderedDict[int, deque[_Waiting]] = field(default_factory=OrderedDict)
    _change: threading.Condition = field(default_factory=threading.Condition)
    _thread: threading.Thread | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _stopping: bool = False
    _tried: float = float("-inf")
    _count: int = 0
    """Requests that wait."""
    _expected: int = 0
    """Requests of the last batch and those that came while it was written, or a little less than before."""
    _came: float = 0.0
    """When the last request came."""

    def start(self) -> None:
        """Begin to write. Call it on the loop that calls `keep`."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="carnet-intake", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Write what waits, then end."""
        with self._change:
            self._stopping = True
            self._change.notify()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, 10.0)

    @property
    def waiting(self) -> int:
        """Requests whose reports are not written yet."""
        return self._count

    # --- on the event loop

    async def keep(self, tenant: int, pending: Sequence[Pending]) -> list[Outcome]:
        """What became of each, once it is durable. What was kept a moment ago is not kept again."""
        while earlier := {self._under_way[one.mark] for one in pending if one.mark in self._under_way}:
            await asyncio.wait(earlier)  # the same is being written: whether it is kept is known then
        return await asyncio.shield(self._offered(tenant, pending))

    def offer(self, tenant: int, pending: Sequence[Pending]) -> asyncio.Future[list[Outcome]]:
        """The same, begun at once."""
        under_way = self._under_way
        for one in pending:
            if one.mark in under_way:
                return asyncio.ensure_future(self.keep(tenant, pending))
        return self._offered(tenant, pending)

    def _offered(self, tenant: int, pending: Sequence[Pending]) -> asyncio.Future[list[Outcome]]:
        loop = asyncio.get_running_loop()
        fresh = _first([one for one in pending if one.mark not in self.retries])
        if fresh:
            written = self._written(tenant, fresh, loop.create_future())
            if len(fresh) == len(pending):
                return written
        whole: asyncio.Future[list[Outcome]] = loop.create_future()

        def tell(outcomes: Sequence[Outcome]) -> None:
            became = {id(one): outcome for one, outcome in zip(fresh, outcomes, strict=True)}
            if not whole.done():
                whole.set_result([became.get(id(one), Outcome.REPEATED) for one in pending])

        if fresh:
            written.add_done_callback(lambda done: tell(_result(done, len(fresh))))
        else:
            tell([])
        return whole

    def _written(
        self, tenant: int, fresh: Sequence[Pending], done: asyncio.Future[list[Outcome]]
    ) -> asyncio.Future[list[Outcome]]:
        for one in fresh:
            if one.mark:
                self._under_way[one.mark] = done
        size = sum([len(one.draft.body) for one in fresh])
        waiting = _Waiting(fresh, size, done)
        with self._change:
            queue = self._tenants.get(tenant)
            if queue is None:
                queue = self._tenants[tenant] = deque()
            queue.append(waiting)
            self._count += 1
            self._came = time.monotonic()
            if self._count == 1 or self._count >= self._expected:
                self._change.notify()
        return done

    def _tell(self, told: Sequence[tuple[_Waiting, list[Outcome]]]) -> None:
        """What was kept is known before anybody who waited goes on, and also where the client has left."""
        for waiting, outcomes in told:
            for one, outcome in zip(waiting.pending, outcomes, strict=True):
                self._under_way.pop(one.mark, None)
                if one.mark and outcome in _LASTING:
                    self.retries.add(one.mark, time.monotonic())
            if not waiting.done.done():
                waiting.done.set_result(outcomes)

    # --- in the desk's thread

    def _run(self) -> None:
        while True:
            with self._change:
                if not self._tenants and not self._stopping:
                    self._change.wait(RETRY_EVERY)
                self._gather()
                batch = self._batch()
                stopping = self._stopping
            if batch:
                self._settle(batch)
            elif stopping:
                return
            if not stopping:
                self._unspool()

    def _gather(self) -> None:
        """Clients that were answered together come again together; each commit, and each seal, is for all of them."""
        longest = time.monotonic() + LONGEST_GATHER
        while 0 < self._count < self._expected and not self._stopping:
            left = min(self._came + GATHER, longest) - time.monotonic()
            if left <= 0:
                break
            self._change.wait(left)

    def _batch(self) -> list[_Waiting]:
        """One request of each tenant in turn, until the batch is full."""
        batch: list[_Waiting] = []
        count = size = 0
        while self._tenants and count < BATCH and size < BATCH_BYTES:
            tenant, waiting = self._tenants.popitem(last=False)
            one = waiting.popleft()
            batch.append(one)
            count, size = count + len(one.pending), size + one.size
            if waiting:
                self._tenants[tenant] = waiting
        self._count -= len(batch)
        return batch

    def _settle(self, batch: Sequence[_Waiting]) -> None:
        try:
            outcomes = iter(self._outcomes([one for waiting in batch for one in waiting.pending]))
        except Exception as error:  # noqa: BLE001 - reports are written as long as the process lives
            log.error("writing reports failed: %s", type(error).__name__)  # noqa: TRY400 - a trace may quote bodies
            outcomes = iter([Outcome.AWAY] * sum(len(one.pending) for one in batch))
        with self._change:
            self._expected = max(len(batch) + self._count, self._expected * 7 // 8)
        told = [(one, [next(outcomes) for _ in one.pending]) for one in batch]
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended, and nobody waits
                self._loop.call_soon_threadsafe(self._tell, told)

    def _outcomes(self, pending: Sequence[Pending]) -> list[Outcome]:
        if not self.away or time.monotonic() - self._tried > RETRY_EVERY:
            self._tried = time.monotonic()
            try:
                answers = self.writer.put([one.draft for one in pending], self.now())
            except HalfKeptError as error:
                self._is_away(error)
                return self._answered(pending, error.answers)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the store, what may be spooled is kept
                self._is_away(error)
            else:
                self.away = False
                return self._answered(pending, answers)
        return self._spooled(pending)

    def _answered(self, pending: Sequence[Pending], answers: Sequence[Answer | None]) -> list[Outcome]:
        """What the store said; what it did not take now may be spooled, and nothing that it took."""
        left = [place for place, one in enumerate(answers) if one is None or isinstance(one, UnkeptError)]
        spooled = dict(zip(left, self._spooled([pending[place] for place in left]), strict=True))
        return [spooled.get(place) or _outcome(answer) for place, answer in enumerate(answers)]

    def _spooled(self, pending: Sequence[Pending]) -> list[Outcome]:
        drafts = [one.draft for one in pending if one.spooled]
        try:
            there = bool(drafts) and self.spool.add(drafts, time.time_ns())
        except CarnetError as error:
            log.warning("%s", error)
            there = False
        return [Outcome.SPOOLED if there and one.spooled else Outcome.AWAY for one in pending]

    def _unspool(self) -> None:
        """Once a second, see whether the store takes what was spooled."""
        if time.monotonic() - self._tried < RETRY_EVERY or not (self.away or self.spool.size):
            return
        self._tried = time.monotonic()
        try:
            drain(self.writer, self.spool, self.now(), _DRAINED_AT_ONCE)
        except Exception as error:  # noqa: BLE001 - see _outcomes
            self._is_away(error)
        else:
            self.away = False

    def _is_away(self, error: Exception) -> None:
        if not self.away:
            told = str(error) if isinstance(error, CarnetError) else type(error).__name__
            log.warning("the store of records is away (%s); reports are spooled", told)
        self.away = True


def _first(pending: Sequence[Pending]) -> Sequence[Pending]:
    """Without those whose mark another one before them has."""
    if len(pending) < 2:
        return pending
    marked = {one.mark: one for one in reversed(pending)}
    return [one for one in pending if not one.mark or marked[one.mark] is one]


def _result(done: asyncio.Future[list[Outcome]], count: int) -> list[Outcome]:
    return [Outcome.AWAY] * count if done.cancelled() else done.result()


def _outcome(answer: Answer | None) -> Outcome:
    return Outcome.KEPT if isinstance(answer, Kept) else Outcome.REFUSED
