"""Keys as a process that answers requests knows them: in memory, and never staler than a second.

Event loop: `known` and `judged`. One thread of the book's own: everything that asks the store.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec

from carnet.accounts.guesses import Allowance, Guesses
from carnet.accounts.keys import UNKNOWN, Refusal, judge, presented
from carnet.errors import CarnetError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from carnet.accounts.keys import Shown
    from carnet.model.account import Caller
    from carnet.stores.records_contract import RecordStore

T = TypeVar("T")

EVERY = 0.5
"""Seconds between two looks at the store's generation."""
FRESH = 0.9
"""Seconds after such a look in which memory is believed: a revocation holds within one."""
GRACE = 900.0
"""Seconds in which memory is believed while the store cannot be asked at all: nobody can revoke anything in it then."""
_AWAY_FOR = 30.0
"""Seconds in which the store counts as away after it failed once."""
_PATIENCE = 5.0
"""Seconds a request waits for the store."""
_MOST = 10_000
_UNKNOWN_FOR = 5.0
_LOOKUPS = 500
"""Ids that are not in memory, looked up in a second."""


class Stands(msgspec.Struct, frozen=True, gc=False):
    """What holds of a caller for some tenths of a second."""

    callers: Mapping[str, Caller]
    """Those that were known; all of them are read anew whenever any may have changed."""
    until: float


class KeyBook:
    """The keys in use. `keep_fresh` must run beside it, or every request asks the store."""

    def __init__(
        self,
        store: RecordStore,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        grace: float = GRACE,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`changed` is called in the book's thread whenever anything in the catalogue may have changed."""
        self._store, self._clock, self._now, self._grace = store, clock, now, grace
        self._changed = changed
        self._thread = ThreadPoolExecutor(1, "carnet-keys")
        self._callers: dict[str, Caller] = {}
        self._unknown: dict[str, float] = {}
        self._generation = -1
        self._checked = float("-inf")
        self._away_until = float("-inf")
        self._guesses = Guesses()
        self._lookups = Allowance(_LOOKUPS, _LOOKUPS, clock())
        self._seen: set[str] = set()
        self._marked: tuple[date | None, set[str]] = None, set()

    # --- on the event loop

    async def judged(self, texts: Sequence[str], scope: str, peer: str) -> Caller | Refusal:
        """Who stands behind what a request's credential headers say, or why it is not let in."""
        shown = presented(texts)
        if isinstance(shown, Refusal):
            return shown
        return await self.shown(shown, scope, peer)

    async def shown(self, shown: Shown, scope: str, peer: str) -> Caller | Refusal:
        """The same for a key that was read already."""
        return self.known(shown, scope, peer) or await self._asked(shown, scope, peer)

    def known(self, shown: Shown, scope: str, peer: str) -> Caller | Refusal | None:
        """The same from memory alone; None where the store must be asked."""
        at = self._clock()
        caller = self._callers.get(shown.id)
        if caller is not None:
            return self._weighed(caller, shown, scope, peer) if self._believed(at) else None
        if self._unknown.get(shown.id, at) > at:
            return self._wrong(peer, at)
        wait = self._guesses.wait(peer, at)
        if wait:
            return _too_many(wait)
        return _BUSY if self._lookups.wait(at) else None

    def stands(self, caller: Caller, left: float) -> Stands | None:
        """Until when a caller is as it was, if it is so now, by a memory that is believed; its key is good that long.

        Its key counts as used.
        """
        id_, at = caller.key.id, self._clock()
        if self._callers.get(id_) is not caller or not self._believed(at):
            return None
        self._seen.add(id_)
        until = self._checked + FRESH if at >= self._away_until else at
        return Stands(self._callers, min(until, at + left))

    def same(self, stands: Stands, at: float) -> bool:
        """Whether that still is so, at an instant of this book's clock: nothing was read anew, and it is not over."""
        return self._callers is stands.callers and at <= stands.until

    async def _asked(self, shown: Shown, scope: str, peer: str) -> Caller | Refusal:
        self._lookups.take(self._clock())
        asking = asyncio.get_running_loop().run_in_executor(self._thread, self._look_up, shown.id)
        done, _ = await asyncio.wait({asking}, timeout=_PATIENCE)
        if not done:
            asking.cancel()
            self._missed()
        elif isinstance(asking.exception(), StoreError):
            self._missed()
        else:
            # what memory holds by now is no answer: it may have been emptied since, to be read anew
            return self._weighed(asking.result(), shown, scope, peer)
        caller = self._callers.get(shown.id)
        if caller is None or not self._believed(self._clock()):
            return _BUSY
        return self._weighed(caller, shown, scope, peer)

    def _weighed(self, caller: Caller | None, shown: Shown, scope: str, peer: str) -> Caller | Refusal:
        refusal = judge(caller, shown.digest, scope, self._now())
        if caller is None or refusal is UNKNOWN:
            return self._wrong(peer, self._clock())
        if refusal is not None:
            return refusal
        self._seen.add(shown.id)
        return caller

    def _wrong(self, peer: str, at: float) -> Refusal:
        wait = self._guesses.wait(peer, at)
        if wait:
            return _too_many(wait)
        self._guesses.wrong(peer, at)
        return UNKNOWN

    def _believed(self, at: float) -> bool:
        return at - self._checked <= (self._grace if at < self._away_until else FRESH)

    def _missed(self) -> None:
        self._away_until = self._clock() + _AWAY_FOR

    async def keep_fresh(self) -> None:
        """Look at the store twice a second, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            with suppress(CarnetError):  # the store is away: memory is believed for a while
                await loop.run_in_executor(self._thread, self.refresh)
            await asyncio.sleep(EVERY)

    def close(self) -> None:
        """Let go of the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    # --- in the book's thread

    def refresh(self) -> None:
        """Read again what may have changed, and write down which keys were used today."""
        at = self._clock()
        recent = list(self._seen)
        self._seen = set()
        try:
            generation = self._store.catalogue.generation()
            if generation != self._generation:
                # What was not used just now is looked up when it is used again.
                self._callers = dict(self._store.api_keys.find(recent))
                self._unknown = {}
                self._changed()
                self._generation = generation
        except StoreError:
            self._missed()
            raise
        self._checked, self._away_until = at, float("-inf")
        with suppress(StoreError):  # a full disk keeps nobody out; the next round tries again
            self._mark(recent)

    def _mark(self, recent: Sequence[str]) -> None:
        today = self._now().date()
        if self._marked[0] != today:
            self._marked = today, set()
        due = set(recent) - self._marked[1]
        if due:
            self._store.api_keys.mark_used(dict.fromkeys(due, today))
            self._marked[1].update(due)

    def _look_up(self, id_: str) -> Caller | None:
        if not self._believed(self._clock()):
            self.refresh()
        if id_ in self._callers or self._unknown.get(id_, 0.0) > self._clock():
            return self._callers.get(id_)
        found = self._store.api_keys.find([id_]).get(id_)
        if found is not None:
            _remember(self._callers, id_, found)
        else:
            _remember(self._unknown, id_, self._clock() + _UNKNOWN_FOR)
        return found


_BUSY = Refusal("busy", "Keys cannot be looked up at this moment. Nothing was done; try again.", 503, 1)


def _too_many(wait: int) -> Refusal:
    return Refusal("guesses", f"Too many wrong keys came from this address; wait {wait} s.", 429, wait)


def _remember(memory: dict[str, T], id_: str, value: T) -> None:
    memory[id_] = value
    while len(memory) > _MOST:
        del memory[next(iter(memory))]
