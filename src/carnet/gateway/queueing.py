"""Exchanges on their way to the store: a queue bounded in bytes, a thread that empties it, a spool behind it."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from carnet.errors import CarnetError
from carnet.gateway.contract import Fate
from carnet.model.record import Kept, Refusal
from carnet.records.draining import drain
from carnet.records.putting import HalfKeptError, UnkeptError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from carnet.model.record import Draft
    from carnet.records.putting import Answer, Writer
    from carnet.records.spool import Spool

MOST_BYTES = 64 << 20
"""Of exchanges that are under way or wait to be written."""
BATCH_BYTES = 8 << 20
BATCH = 256
GATHER, LONGEST_GATHER = 0.005, 0.03
"""Seconds that a batch waits for exchanges that are under way: since the last one ended, and in all. One that is alone
never waits.
"""
_RETRY_EVERY = 1.0
_DRAINED_AT_ONCE = 32
"""Batches taken out of the spool before new exchanges are looked at again."""

log = logging.getLogger("carnet.gateway")


@dataclass(slots=True)
class Counts:
    """What became of exchanges."""

    kept: int = 0
    refused: int = 0
    """By policy, when they were to be written: nothing is kept of them."""
    spooled: int = 0
    faulty: int = 0
    """Could not be made into a record, or the store will never take it: too large, or of an account that is gone."""
    lost: int = 0
    """At the end of the process neither store nor spool could take them."""
    away: bool = False
    """The store cannot be written now."""


class Waiting(msgspec.Struct, frozen=True):
    """An exchange that has ended."""

    make: Callable[[], Draft]
    size: int
    """Bytes of room it has."""
    then: Callable[[Fate], object]
    """Called once it is durable, or is known never to be."""


@dataclass(slots=True)
class Queue:
    """Room is taken before an exchange is sent and given back when it is durable: what cannot be kept is not begun.

    Where neither store nor spool takes what waits, it goes on waiting, and no room is given back.
    """

    writer: Writer
    spool: Spool
    most_bytes: int = MOST_BYTES
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tell: Callable[[str, int], object] = lambda _, __: None
    """Told how many exchanges met which fate, as they do."""
    at_rest: Callable[[], object] = lambda: None
    """Called after a second in which nothing was to be written, once after each time of work; and when the
    spool is empty again.
    """
    through: Callable[[Callable[[], object]], object] = lambda do: do()
    """Calls what tells a batch of its fates; in the queue's own thread, unless it goes to another one."""
    counts: Counts = field(default_factory=Counts)
    bytes: int = 0
    """Taken now."""
    full: bool = False
    """Neither store nor spool took the last batch: it waits in memory."""
    _under_way: int = 0
    """Exchanges that have room and did not end yet."""
    _expected: int = 0
    """Exchanges of the last batch and those that ended while it was written, or a little less than before."""
    _came: float = 0.0
    """When the last one ended."""
    _waiting: deque[Waiting] = field(default_factory=deque)
    _taken: list[Waiting] = field(default_factory=list)
    """What the thread makes drafts of."""
    _settling: list[tuple[Draft, Waiting]] = field(default_factory=list)
    """What the thread is about to make durable."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _change: threading.Condition = field(init=False)
    _thread: threading.Thread | None = None
    _stopping: bool = False
    _worked: bool = False
    _tried: float = float("-inf")
    _unkept: UnkeptError | None = None

    def __post_init__(self) -> None:
        self._change = threading.Condition(self._lock)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="carnet-records", daemon=True)
        self._thread.start()

    def stop(self, patience: float = 10.0) -> None:
        """Write what waits, or spool it, then end. Where the store hangs, the spool gets what it was to have."""
        with self._change:
            self._stopping = True
            self._change.notify()
        if self._thread is not None:
            self._thread.join(patience)
        with self._lock:
            left = [draft for draft, _ in self._settling]
            left += [made for one in (*self._taken, *self._waiting) if (made := self._made(one)) is not None]
            self._waiting.clear()
        if left and not self._spooled(left):
            self._count("lost", len(left))
            log.error("%d exchanges could neither be stored nor spooled and are lost", len(left))

    def take(self, size: int) -> bool:
        """Room for an exchange of that many bytes; False where there is none."""
        with self._lock:
            if self.bytes + size > self.most_bytes:
                return False
            self.bytes += size
            self._under_way += 1
            return True

    def grow(self, size: int) -> None:
        """More of an exchange that is under way: it was begun, so it is kept whatever the bound says."""
        with self._lock:
            self.bytes += size

    def give_back(self, size: int) -> None:
        """All the room of an exchange of which nothing is kept."""
        with self._lock:
            self.bytes -= size
            self._under_way -= 1

    def add(
        self,
        draft: Callable[[], Draft],
        size: int,
        then: Callable[[Fate], object] = lambda _: None,
        grown: int = 0,
    ) -> None:
        """Hand over an exchange that has ended, and that grew by so many bytes since anything was said of it.

        `draft` is called in the queue's own thread, `then` see `through`.
        """
        with self._lock:
            self.bytes += grown
            self._waiting.append(Waiting(draft, size, then))
            self._under_way -= 1
            self._came = time.monotonic()
            waiting = len(self._waiting)
            if waiting == 1 or waiting >= self._expected or not self._under_way:
                self._change.notify()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way or waits."""
        with self._lock:
            return not self._waiting and not self.bytes

    # --- in the queue's thread

    def _run(self) -> None:
        going = True
        while going:
            try:
                going = self._step()
            except Exception as error:  # noqa: BLE001 - records are written as long as the process lives
                log.error("writing records failed: %s", type(error).__name__)  # noqa: TRY400 - a trace may quote bodies
                time.sleep(_RETRY_EVERY)

    def _step(self) -> bool:
        """One batch; False once there is nothing more to do."""
        with self._lock:
            if not self._settling:
                if not self._waiting and not self._stopping:
                    self._change.wait(_RETRY_EVERY)
                self._gather()
                self._take_batch()
            stopping = self._stopping
        self._make()
        fates = self._settle()
        if fates is None:
            self.full = True
            if stopping:
                return False
            time.sleep(_RETRY_EVERY)
            self._unspool()
            return True
        self.full = False
        done, self._settling = self._settling, []
        self._done([one for _, one in done], fates)
        self._rest(len(done))
        if not stopping:
            self._unspool()
        return bool(done) or not stopping

    def _rest(self, done: int) -> None:
        if not done and self._worked:
            self.at_rest()
        self._worked = done > 0

    def _gather(self) -> None:
        """Clients that were answered together come again together; each commit is for all of them."""
        longest = time.monotonic() + LONGEST_GATHER
        while 0 < len(self._waiting) < self._expected and self._under_way and not self._stopping:
            left = min(self._came + GATHER, longest) - time.monotonic()
            if left <= 0:
                break
            self._change.wait(left)

    def _take_batch(self) -> None:
        """What is made durable next; where the last batch could not be, that one alone."""
        waiting, size = self._waiting, 0
        while waiting and len(self._taken) < BATCH and size < BATCH_BYTES:
            size += waiting[0].size
            self._taken.append(waiting.popleft())

    def _make(self) -> None:
        """Drafts of what was taken: beside the lock, for the loop waits for that."""
        if not self._taken:
            return
        made = [(self._made(one), one) for one in self._taken]
        with self._lock:
            self._settling += [(draft, one) for draft, one in made if draft is not None]
            self._taken.clear()
        faulty = [one for draft, one in made if draft is None]
        self._done(faulty, [Fate("faulty")] * len(faulty))

    def _done(self, waited: Sequence[Waiting], fates: Sequence[Fate]) -> None:
        if not waited:
            return
        with self._lock:
            self.bytes -= sum(one.size for one in waited)
            self._expected = max(len(waited) + len(self._waiting), self._expected * 7 // 8)

        with suppress(RuntimeError):  # the loop has ended, and nobody waits
            self.through(partial(_tell, waited, fates))

    def _made(self, waiting: Waiting) -> Draft | None:
        try:
            return waiting.make()
        except Exception as error:  # noqa: BLE001 - one that cannot be made holds no other up
            self._count("faulty", 1)
            log.error("an exchange could not be made into a record: %s", type(error).__name__)  # noqa: TRY400
            return None

    def _settle(self) -> list[Fate] | None:
        """Into the store; while that is away, into the spool. None where neither takes all of it."""
        drafts = [draft for draft, _ in self._settling]
        answers: Sequence[Answer | None] = [None] * len(drafts)
        if drafts and not self.counts.away:
            answers = self._put(drafts)
        fates = [None if one is None or isinstance(one, UnkeptError) else _fate(one) for one in answers]
        for word, number in Counter([one.word for one in fates if one is not None]).items():
            self._count(_COUNTED[word], number)
        left = [number for number, one in enumerate(fates) if one is None]
        if left and not self._spooled([drafts[number] for number in left]):
            self._let_go(fates)
            return None
        return [one or Fate("spooled") for one in fates]

    def _put(self, drafts: Sequence[Draft]) -> Sequence[Answer | None]:
        """What the store answers; None for what it did not take."""
        try:
            answers = self.writer.put(drafts, self.now())
        except HalfKeptError as error:
            self._away(error)
            return error.answers
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the store, the exchanges are kept
            self._away(error)
            return [None] * len(drafts)
        self._told_of(next((one for one in answers if isinstance(one, UnkeptError)), None))
        return answers

    def _away(self, error: Exception) -> None:
        if not self.counts.away:
            log.warning("the store of records is away (%s); exchanges are spooled", _told(error))
        self.counts.away = True

    def _told_of(self, unkept: UnkeptError | None) -> None:
        """Say once that some exchanges go to the spool, though the store is there."""
        if unkept is not None and self._unkept is None:
            log.warning("some exchanges are spooled until a repair: %s", unkept)
        self._unkept = unkept or self._unkept

    def _let_go(self, fates: Sequence[Fate | None]) -> None:
        """Of a batch that neither took whole, what the store did take waits no longer."""
        settled = [(one, fate) for (_, one), fate in zip(self._settling, fates, strict=True) if fate is not None]
        self._settling = [one for one, fate in zip(self._settling, fates, strict=True) if fate is None]
        self._done([one for one, _ in settled], [fate for _, fate in settled])

    def _spooled(self, drafts: Sequence[Draft]) -> bool:
        try:
            there = self.spool.add(drafts, time.time_ns())
        except CarnetError as error:
            log.warning("%s", error)
            there = False
        self._count("spooled", len(drafts) if there else 0)
        return there

    def _count(self, what: str, number: int) -> None:
        if number:
            setattr(self.counts, what, getattr(self.counts, what) + number)
            self.tell(what, number)

    def _unspool(self) -> None:
        """Once a second, see whether the store takes what was spooled."""
        if time.monotonic() - self._tried < _RETRY_EVERY:
            return
        self._tried = time.monotonic()
        if not self.spool.refresh():
            self.counts.away = False
            return
        try:
            done = drain(self.writer, self.spool, self.now(), _DRAINED_AT_ONCE)
        except Exception as error:  # noqa: BLE001 - see _put
            self._away(error)
            return
        self.counts.away = False
        self._count("kept", done.kept)
        self._count("refused", done.refused)
        self._count("lost", done.damaged)
        self._told_of(done.why)
        if not self.spool.size:
            self._unkept = None
            self.at_rest()  # under load there may be no rest for hours, and the memory of what waited is free now
        elif done.kept + done.refused + done.damaged:
            self._tried = float("-inf")


def _tell(waited: Sequence[Waiting], fates: Sequence[Fate]) -> None:
    for one, fate in zip(waited, fates, strict=True):
        try:
            one.then(fate)
        except Exception as error:  # noqa: BLE001 - the others are told all the same
            log.error("ending an exchange failed: %s", type(error).__name__)  # noqa: TRY400 - a trace may quote bodies


_COUNTED = {"stored": "kept", "refused": "refused", "faulty": "faulty"}


def _fate(answer: Answer) -> Fate:
    if isinstance(answer, Kept):
        return Fate("stored", answer.id)
    return Fate("refused" if isinstance(answer, Refusal) else "faulty")


def _told(error: Exception) -> str:
    """What may stand in a log: our own words, or the kind of a foreign error."""
    return str(error) if isinstance(error, CarnetError) else type(error).__name__
