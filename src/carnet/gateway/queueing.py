"""Exchanges on their way to the store: a queue bounded in bytes, a thread that empties it, a spool behind it."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.model.record import Kept, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from carnet.model.record import Draft
    from carnet.records.putting import Writer
    from carnet.records.spool import Spool

MOST_BYTES = 64 << 20
"""Of exchanges that are under way or wait to be written."""
BATCH_BYTES = 8 << 20
BATCH = 256
_RETRY_EVERY = 1.0


@dataclass(slots=True)
class Counts:
    """What became of exchanges."""

    kept: int = 0
    refused: int = 0
    """By policy, when they were to be written: nothing is kept of them."""
    spooled: int = 0
    lost: int = 0
    """Neither store nor spool could take them."""
    away: bool = False
    """The store cannot be written now."""


@dataclass(slots=True)
class Queue:
    """Room is taken before an exchange is sent and given back when it is durable: what cannot be kept is not begun."""

    writer: Writer
    spool: Spool
    most_bytes: int = MOST_BYTES
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    counts: Counts = field(default_factory=Counts)
    bytes: int = 0
    """Taken now."""
    _waiting: deque[tuple[Callable[[], Draft], int]] = field(default_factory=deque)
    _change: threading.Condition = field(default_factory=threading.Condition)
    _thread: threading.Thread | None = None
    _stopping: bool = False

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="carnet-records", daemon=True)
        self._thread.start()

    def stop(self, patience: float = 10.0) -> None:
        """Write what waits, or spool it, then end."""
        with self._change:
            self._stopping = True
            self._change.notify()
        if self._thread is not None:
            self._thread.join(patience)

    def take(self, size: int) -> bool:
        """Room for that many bytes; False where there is none."""
        with self._change:
            if self.bytes + size > self.most_bytes:
                return False
            self.bytes += size
            return True

    def grow(self, size: int) -> None:
        """More of an exchange that is under way: it was begun, so it is kept whatever the bound says."""
        with self._change:
            self.bytes += size

    def give_back(self, size: int) -> None:
        with self._change:
            self.bytes -= size

    def add(self, draft: Callable[[], Draft], size: int) -> None:
        """Hand over an exchange that has ended; `draft` is called in the queue's own thread."""
        with self._change:
            self._waiting.append((draft, size))
            self._change.notify()

    @property
    def idle(self) -> bool:
        with self._change:
            return not self._waiting and not self.bytes

    def _run(self) -> None:
        tried = 0.0
        while True:
            with self._change:
                if not self._waiting and not self._stopping:
                    self._change.wait(_RETRY_EVERY)
                batch = self._batch()
                ending = self._stopping and not batch
            if batch:
                self._settle([draft() for draft, _ in batch])
                self.give_back(sum(size for _, size in batch))
            elif ending:
                return
            elif self.spool.size and time.monotonic() - tried > _RETRY_EVERY:
                tried = time.monotonic()
                self._unspool()

    def _batch(self) -> list[tuple[Callable[[], Draft], int]]:
        batch: list[tuple[Callable[[], Draft], int]] = []
        size = 0
        while self._waiting and len(batch) < BATCH and size < BATCH_BYTES:
            batch.append(self._waiting.popleft())
            size += batch[-1][1]
        return batch

    def _settle(self, drafts: Sequence[Draft]) -> None:
        """Into the store; where it is away, into the spool. While something is spooled, what comes waits behind it."""
        if not self.spool.size and self._put(drafts):
            return
        try:
            spooled = self.spool.add(drafts, time.time_ns())
        except CarnetError:
            spooled = False
        self.counts.spooled += len(drafts) if spooled else 0
        self.counts.lost += 0 if spooled else len(drafts)

    def _put(self, drafts: Sequence[Draft]) -> bool:
        try:
            answers = self.writer.put(drafts, self.now())
        except CarnetError:
            self.counts.away = True
            return False
        self.counts.away = False
        self.counts.kept += sum(1 for one in answers if isinstance(one, Kept))
        self.counts.refused += sum(1 for one in answers if isinstance(one, Refusal | CarnetError))
        return True

    def _unspool(self) -> None:
        for name in self.spool.names():
            try:
                drafts = self.spool.read(name)
            except CarnetError:
                self.counts.lost += 1
                self.spool.remove(name)
                continue
            if not self._put(drafts):
                return
            self.spool.remove(name)
