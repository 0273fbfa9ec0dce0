"""What waits to be sent: a bounded queue, one thread that is there only while something waits, and the spool behind it.

Before each request the rules are asked again. What they no longer allow is thrown away, queued or spooled.
"""

from __future__ import annotations

import random
import sys
import threading
import time
import weakref
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from carnet.agent.reporting.forms import Attributes, Happened, Point, events, metrics
from carnet.agent.reporting.live import FLOWS
from carnet.agent.reporting.nouns import Parcel
from carnet.agent.reporting.posting import Answer, post

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from carnet.agent.reporting.live import Live
    from carnet.agent.reporting.nouns import Agent, Collector, Limits
    from carnet.agent.reporting.spool import Spool

T = TypeVar("T")
_CHANCE = random.SystemRandom()
"""Not the host program's own: whoever seeds that expects the same numbers each time."""
Item = Point | Happened | Parcel
AWAKE = 0.05
"""Seconds between two looks at the spool, at least."""


class Outbox:
    """Takes reports without waiting, and sends them without hurry."""

    def __init__(
        self,
        collector: Collector,
        agent: Agent,
        live: Live,
        spool: Spool,
        limits: Limits,
        send: Callable[[Collector, Parcel, float, str], Answer] = post,
    ) -> None:
        self._collector, self._agent, self._live, self._spool, self._limits = collector, agent, live, spool, limits
        self._send = send
        self.dropped = 0
        """Reports that found no room or no taker."""
        self.discarded = 0
        """Reports that an opt-out came before."""
        self._begin()

    def _begin(self) -> None:
        """As new: at the start, and in the child of a fork, whose parent sends what is queued."""
        self._queue: deque[Item] = deque()
        self._sums: dict[tuple[str, Attributes], float] = {}
        self._since = time.time_ns()
        self._summing = threading.RLock()
        self._hand: deque[Parcel] = deque()
        """Parcels that were packed and are not settled yet."""
        self._flying: Parcel | None = None
        """The one that is being sent; whoever takes it out of here answers for it."""
        self._thread: threading.Thread | None = None
        self._starting, self._keeping = threading.RLock(), threading.RLock()
        self._wake, self._hurry, self._idle = threading.Event(), threading.Event(), threading.Event()
        self._stopped = False
        self._tries, self._quiet = 0, 0.0

    def after_fork(self) -> None:
        """In the child."""
        self._begin()

    def put(self, item: Item) -> bool:
        """Take a report; False where too many wait, or the end has come."""
        queue = self._queue
        if len(queue) >= self._limits.queue or self._stopped:
            self.dropped += 1
            return False
        queue.append(item)
        if len(queue) == self._limits.batch:
            self._hurry.set()
        if not self._wake.is_set():
            self._wake.set()
            self.start()
        return True

    def add(self, name: str, value: float, attributes: Attributes) -> bool:
        """Count something, together with its like; False where too much else waits, or the end has come."""
        key = (name, attributes)
        with self._summing:
            known = self._sums.get(key)
            if known is None and (self._stopped or len(self._sums) >= self._limits.queue):
                self.dropped += 1
                return False
            self._sums[key] = value if known is None else known + value
        if not self._wake.is_set():
            self._wake.set()
            self.start()
        return True

    def start(self) -> None:
        """Have a thread that sends; it is a daemon, so that it never keeps a program from ending."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="carnet-reporter", daemon=True)
                self._thread.start()
                _close_at_the_end_of_a_worker(self)

    def wake(self) -> None:
        """Look at the spool now."""
        self._wake.set()
        self.start()

    def flush(self, seconds: float) -> bool:
        """Wait until everything is sent or spooled, but no longer than that. Whether it is."""
        if self._thread is None:
            return True
        self._idle.clear()
        self._hurry.set()
        self._wake.set()
        return self._idle.wait(seconds)

    def close(self) -> None:
        """Send or spool what waits, within the time for it; then nothing is taken any more."""
        if self._stopped:
            return
        self._stopped = True
        thread = self._thread
        if thread is not None:
            self._hurry.set()
            self._wake.set()
            thread.join(self._limits.flush)
        with self._moved():
            flying, self._flying = self._flying, None
            self._hand.extend([*([] if flying is None else [flying]), *self._packed()])
        self._keep_hand()  # what a thread that hangs would take with it

    def _run(self) -> None:
        while True:
            if not self._stopped:
                self._wake.wait(self._pause())
            last = self._stopped  # what is put before the end has one more round
            if not last:
                self._hurry.wait(self._limits.interval if self._queue or self._sums else 0)
            self._wake.clear()
            self._hurry.clear()
            try:
                self._round()
            except Exception:  # noqa: BLE001 - the host program is never told: it did nothing wrong
                self.dropped += len(self._hand)
                self._hand.clear()
            if not self._queue and not self._sums:
                self._idle.set()
            if last:
                return

    def _pause(self) -> float | None:
        """Seconds to the next look at what waits, so that an opt-out finds it; None where nothing does."""
        if self._queue or self._sums:
            return 0
        if not self._spool.names():
            return None
        return min(max(self._quiet - time.monotonic(), AWAKE), max(self._limits.interval, AWAKE))

    def _round(self) -> None:
        """Everything that waits, once."""
        until = time.monotonic() + self._limits.flush if self._stopped else None
        with self._moved():
            self._hand.extend(self._packed())
        self._throw_away()
        if time.monotonic() < self._quiet or not self._drained(until):
            self._keep_hand()
            return
        while (parcel := self._next()) is not None:
            settled = self._settled(parcel, until)
            flying, self._flying = self._taken(), None
            if not settled:
                self._hand.extendleft([] if flying is None else [flying])
                self._keep_hand()

    @contextmanager
    def _moved(self) -> Iterator[None]:
        """While reports go from one place to the next: the end must find each of them in one of the two.

        A thread that hangs over the disk does not hold the end up for ever.
        """
        held = self._keeping.acquire(timeout=max(self._limits.flush, 1))
        try:
            yield
        finally:
            if held:
                self._keeping.release()

    def _next(self) -> Parcel | None:
        with self._moved():
            self._flying = self._hand.popleft() if self._hand else None
            return self._flying

    def _taken(self) -> Parcel | None:
        return self._flying  # None where the end came meanwhile, and took it

    def _packed(self) -> list[Parcel]:
        """The queue as requests."""
        items = [self._queue.popleft() for _ in range(len(self._queue))]
        points = [*self._counted(), *(one for one in items if isinstance(one, Point))]
        happened = [one for one in items if isinstance(one, Happened)]
        parcels = [one for one in items if isinstance(one, Parcel)]
        size = self._limits.batch
        parcels += [metrics(part, self._agent) for part in _parts(points, size)]
        return [*parcels, *(events(part, self._agent) for part in _parts(happened, size))]

    def _counted(self) -> list[Point]:
        now = time.time_ns()
        with self._summing:
            sums, since, self._sums, self._since = self._sums, self._since, {}, now
        return [Point(now, name, value, "sum", told, since) for (name, told), value in sums.items()]

    def _throw_away(self) -> None:
        """What an opt-out came before, wherever it waits."""
        on = self._live.look().on
        kept = [parcel for parcel in self._hand if parcel.flow in on]
        self.discarded += len(self._hand) - len(kept)
        self._hand = deque(kept)
        self.discarded += self._spool.discard([flow for flow in FLOWS if flow not in on])

    def _drained(self, until: float | None) -> bool:
        """Whether the spool is empty, or no longer in the way."""
        self._spool.sweep(time.time())
        if not self._spool.names():
            return True
        with self._spool.alone() as alone:
            if alone:
                return all(self._drained_one(name, until) for name in self._spool.names())
            self._quiet = time.monotonic() + self._limits.backoff  # another process is at it
            return True

    def _drained_one(self, name: str, until: float | None) -> bool:
        parcel = self._spool.read(name)
        if parcel is not None and not self._settled(parcel, until):
            return False
        self.dropped += parcel is None
        if not self._spool.remove(name):
            self._quiet = time.monotonic() + self._limits.most_backoff  # or it would be sent again and again
            return False
        return True

    def _settled(self, parcel: Parcel, until: float | None) -> bool:
        """Whether a parcel needs no further thought: sent, refused for good, or opted out of."""
        now = self._live.look()
        if parcel.flow not in now.on:
            self.discarded += 1
            return True
        left = self._limits.timeout if until is None else until - time.monotonic()
        if left <= 0:
            return False
        answer = self._send(self._collector, parcel, min(left, self._limits.timeout), now.provider)
        if answer.taken:
            self._tries = 0
            return True
        if answer.again:
            self._back_off(answer)
            return False
        self.dropped += 1
        return True

    def _back_off(self, answer: Answer) -> None:
        delay = min(self._limits.backoff * 2.0 ** min(self._tries, 20), self._limits.most_backoff)
        self._tries += 1
        jitter = _CHANCE.uniform(0.5, 1.0)  # spreads clients
        self._quiet = time.monotonic() + max(delay * jitter, answer.wait)

    def _keep_hand(self) -> None:
        """Seal what cannot be sent now, as far as the rules still let it be sent at all."""
        if self._keeping.acquire(timeout=max(self._limits.flush, 1)):
            try:
                self._keep(self._live.look().on if self._hand else frozenset())
            finally:
                self._keeping.release()

    def _keep(self, on: frozenset[str]) -> None:
        while self._hand:
            parcel = self._hand.popleft()
            if parcel.flow not in on:
                self.discarded += 1
            elif not self._spool.add(parcel, time.time_ns()):
                self.dropped += 1


def _close_at_the_end_of_a_worker(outbox: Outbox) -> None:
    """A worker of multiprocessing ends without what others are ended with (atexit), but not without this."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        told = weakref.ref(outbox)
        util.Finalize(None, lambda: _close(told()), exitpriority=10)


def _close(outbox: Outbox | None) -> None:
    if outbox is not None:
        outbox.close()


def _parts(items: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    return (items[at : at + size] for at in range(0, len(items), size))
