"""A report from its request to its answer: who sent it, what of it may be kept, whether it is, what is said."""

from __future__ import annotations

import asyncio
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from carnet.accounts.keybook import KeyBook
from carnet.accounts.keys import MISSING, Refusal, told
from carnet.errors import CarnetError
from carnet.gateway.intake.allow import allow_of
from carnet.gateway.intake.bodies import decoded, too_large
from carnet.gateway.intake.contract import CrowdedError, Means, RefusedError
from carnet.gateway.intake.counting import FORBIDDEN, OVERLOADED, REFUSED, Counts
from carnet.gateway.intake.desk import Desk, Outcome, Pending
from carnet.gateway.intake.prints import Prints, mark
from carnet.gateway.intake.retries import kept_lately, marked
from carnet.gateway.intake.room import EACH, Room
from carnet.gateway.intake.terms import Terms
from carnet.model.record import Draft, Form
from carnet.records.putting import Writer
from carnet.records.spool import Spool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from carnet.accounts.keys import Shown
    from carnet.gateway.intake.contract import Asked, Endpoint, Item, Reply, Taken
    from carnet.model.account import Caller
    from carnet.settings import Settings
    from carnet.stores.records_contract import RecordStore

SCOPE = "intake"
INSTEAD = (
    "Reports need a key of this Carnet (ck_…) for intake: in the DSN of Sentry, as the key of Statsig, or as "
    "Authorization: Bearer ck_…, which OpenTelemetry takes from OTEL_EXPORTER_OTLP_HEADERS."
)
NO_KEY = f"This request has no key. {INSTEAD}"
SMALL, SMALL_PLAIN = 16 << 10, 256 << 10
"""Bytes of a body as it came, and decompressed, up to which it is read on the event loop."""
BEAT = 10.0
"""Seconds between two writings of the counts."""
_NEVER, _DAY = datetime.min.replace(tzinfo=UTC), timedelta(days=1)


def busy() -> CrowdedError:
    return CrowdedError(503, "There is no room for this report now. Nothing of it was kept; send it again.", 2)


def away() -> RefusedError:
    return RefusedError(503, "The store is away. Nothing of this report was kept; send it again.", 5)


class Lease:
    """The room that one request has."""

    def __init__(self, room: Room, tenant: int) -> None:
        self._room, self._tenant, self._size = room, tenant, 0

    def grow(self, size: int) -> None:
        """More of it. Raises RefusedError where the tenant has its share."""
        if not self._room.take(self._tenant, size):
            raise busy()
        self._size += size

    def end(self) -> None:
        if self._size:
            self._room.give_back(self._tenant, self._size)


class Intake:
    """What one process takes reports in with."""

    def __init__(
        self, store: RecordStore, settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        writer = Writer(store, most_bytes=settings.size("records.max-bytes"))
        secret = writer.keyring.spool_key()
        self.store, self.settings, self.now = store, settings, now
        self.terms = Terms(now)
        self.room = Room()
        self.counts = Counts()
        self.spool = Spool(store.spool, secret, settings.size("relay.spool-bytes"))
        self.desk = Desk(writer, self.spool, now)
        self.keyring = writer.keyring
        self._allow, self._prints = allow_of(settings["intake.allow"]), Prints.under(secret)
        self._today = _NEVER, _NEVER, Means(self._allow, self._prints)
        self.issuing = asyncio.Lock()
        """Held while a public issue is made: once is enough."""
        self._book = KeyBook(store)
        self._threads = ThreadPoolExecutor(2, "carnet-intake-reading")
        self._turns: weakref.WeakValueDictionary[int, asyncio.Lock] = weakref.WeakValueDictionary()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Learn what was kept lately, and begin."""
        await asyncio.to_thread(self._recall)
        self.desk.start()
        self._tasks = [asyncio.create_task(self._book.keep_fresh()), asyncio.create_task(self._beat())]

    def _recall(self) -> None:
        for one in kept_lately(self.store, self.keyring, self.spool, self.now()):
            if one:
                self.desk.retries.add(one, time.monotonic())
        self.counts.load(self.store.catalogue, self._day())

    async def close(self) -> None:
        """Write what waits."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.desk.stop()
        self._book.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
        with suppress(CarnetError):  # a full disk: these are counts, no reports
            await asyncio.to_thread(self.counts.flush, self.store.catalogue)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            with suppress(CarnetError):
                await asyncio.to_thread(self.counts.flush, self.store.catalogue)

    # --- one request

    async def answer(self, endpoint: Endpoint, asked: Asked, chunks: AsyncIterator[bytes]) -> Reply:
        """What a client is told. What policy keeps nothing of is answered as if it were kept."""
        caller = None
        try:
            _check_method(endpoint, asked)
            caller = await self._caller(endpoint, asked)
            lease = Lease(self.room, caller.organisation.id)
            try:
                return await self._taken(endpoint, asked, caller, chunks, lease)
            finally:
                lease.end()
        except RefusedError as error:
            return self._refused(endpoint, asked, error, caller)

    def at_once(
        self, endpoint: Endpoint, asked: Asked, shown: Shown, raw: bytes, tell: Callable[[Reply], None]
    ) -> bool:
        """Answer a short report whose bytes are all here, waiting for nothing but the disk: `tell` is called once, now
        or later. False: nothing was done and `answer` must be asked, for this report takes more.
        """
        if len(raw) > SMALL or endpoint.wrapped or endpoint.act is not None or asked.method not in endpoint.methods:
            return False
        caller = self._book.known(shown, SCOPE, asked.peer)
        if caller is None:
            return False
        lease = None
        try:
            whose = _let_in(caller)
            lease = Lease(self.room, whose.organisation.id)
            lease.grow(EACH + 2 * len(raw))
            coding = asked.headers.get("content-encoding", "")
            means = self._means()
            taken = _read_with(means, endpoint, asked, raw, coding, min(SMALL_PLAIN, endpoint.most))
            pending = self._allowed(endpoint, asked, whose, taken, means.day)
        except _LongError:
            _end(lease)
            return False
        except RefusedError as error:
            _end(lease)
            tell(self._refused(endpoint, asked, error, None if isinstance(caller, Refusal) else caller))
            return True
        except BaseException:
            _end(lease)
            raise
        done = self.desk.offer(whose.organisation.id, pending)
        done.add_done_callback(lambda done: self._tell(endpoint, asked, taken, pending, done, lease, tell))
        return True

    def _tell(
        self,
        endpoint: Endpoint,
        asked: Asked,
        taken: Taken,
        pending: Sequence[Pending],
        done: asyncio.Future[list[Outcome]],
        lease: Lease,
        tell: Callable[[Reply], None],
    ) -> None:
        lease.end()
        try:
            well = not done.cancelled() and done.exception() is None
            reply = self._told(taken, pending, done.result() if well else [Outcome.AWAY] * len(pending))
        except RefusedError as error:
            reply = self._refused(endpoint, asked, error, None)
        tell(reply)

    def crowded(self, endpoint: Endpoint, asked: Asked) -> Reply:
        """What a client is told for whom there is no room; whose it is, nobody looked."""
        return self._refused(endpoint, asked, busy(), None)

    def _refused(self, endpoint: Endpoint, asked: Asked, error: RefusedError, caller: Caller | None) -> Reply:
        """Counted, but of those that want nothing written down."""
        what = OVERLOADED if isinstance(error, CrowdedError) else f"{REFUSED}:{error.status}"
        if caller is None or not caller.organisation.zdr:
            self.counts.add(self._day(), endpoint.name, what)
        return endpoint.refuse(asked, error)

    async def _caller(self, endpoint: Endpoint, asked: Asked) -> Caller:
        return _let_in(await self._book.judged(list(endpoint.texts(asked)), SCOPE, asked.peer))

    async def _taken(
        self, endpoint: Endpoint, asked: Asked, caller: Caller, chunks: AsyncIterator[bytes], lease: Lease
    ) -> Reply:
        raw = await _read(asked, chunks, endpoint.most, lease)
        if endpoint.act is not None:
            return await endpoint.act(self, caller, raw)
        taken = await self._sifted(endpoint, asked, caller, raw)
        pending = self._allowed(endpoint, asked, caller, taken, self._day())
        return self._told(taken, pending, await self.desk.keep(caller.organisation.id, pending))

    def _told(self, taken: Taken, pending: Sequence[Pending], outcomes: Sequence[Outcome]) -> Reply:
        day = self._day()
        for one, outcome in zip(pending, outcomes, strict=True):
            self.counts.add(day, one.draft.flow, outcome.value)
        if Outcome.AWAY in outcomes:
            raise away()
        kept = any(outcome is not Outcome.REFUSED for outcome in outcomes)
        return taken.reply if kept or not taken.items else taken.discarded or taken.reply

    async def keep(self, endpoint: Endpoint, caller: Caller, item: Item) -> None:
        """Keep something of Carnet's own about a report."""
        await self.desk.keep(caller.organisation.id, [_pending(endpoint, caller, item, "", self._day())])

    async def _sifted(self, endpoint: Endpoint, asked: Asked, caller: Caller, raw: bytes) -> Taken:
        """What came of a body. A long one is read in a thread; of those of one tenant, one at a time."""
        coding = asked.headers.get("content-encoding", "")
        if len(raw) <= SMALL and not endpoint.wrapped:
            with suppress(_LongError):
                return self._read(endpoint, asked, raw, coding, min(SMALL_PLAIN, endpoint.most))
        tenant = caller.organisation.id
        turn = self._turns.setdefault(tenant, asyncio.Lock())
        async with turn:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._read, endpoint, asked, raw, coding, endpoint.most)

    def _read(self, endpoint: Endpoint, asked: Asked, raw: bytes, coding: str, most: int) -> Taken:
        return _read_with(self._means(), endpoint, asked, raw, coding, most)

    def _allowed(self, endpoint: Endpoint, asked: Asked, caller: Caller, taken: Taken, day: str) -> list[Pending]:
        """What the terms let be kept. What is dropped is counted, but of those that want nothing written down."""
        provider = self.terms.provider(asked.headers.get("x-carnet-provider", "").strip().lower())
        pending = []
        for item in taken.items:
            rule = self.terms.forbids(caller, item.kind, item.flow, provider)
            if rule:
                self.counts.add(day, item.flow, f"{FORBIDDEN}:{rule}")
            else:
                pending.append(_pending(endpoint, caller, item, provider, day))
        if taken.dropped and not caller.organisation.zdr:
            self.counts.add_dropped(day, endpoint.name, taken.dropped)
        return pending

    def _day(self) -> str:
        return self._means().day

    def _means(self) -> Means:
        """Made anew when a day has begun."""
        begin, end, found = self._today
        now = self.now()
        if not begin <= now < end:
            begin = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            found = Means(self._allow, self._prints, begin.date().isoformat())
            self._today = begin, begin + _DAY, found
        return found


def _read_with(means: Means, endpoint: Endpoint, asked: Asked, raw: bytes, coding: str, most: int) -> Taken:
    try:
        body = decoded(raw, coding, most)
    except RefusedError as error:
        if error.status == 413 and most < endpoint.most:
            raise _LongError from None
        raise
    assert endpoint.take is not None  # noqa: S101 - what acts instead is read by nobody else
    return endpoint.take(asked, body, means)


def _pending(endpoint: Endpoint, caller: Caller, item: Item, provider: str, day: str) -> Pending:
    told = mark(str(caller.account.id), endpoint.name, item.mark) if item.mark else b""
    session = "" if item.kind == "rating" else item.session or f"no session, {day}"
    body = marked(told, item.body)
    draft = Draft(caller.account.email, session, item.kind, item.flow, body, Form.JSON, provider)
    return Pending(draft, told, endpoint.spooled)


def _let_in(found: Caller | Refusal) -> Caller:
    if isinstance(found, Refusal):
        raise RefusedError(found.status, NO_KEY if found is MISSING else told(found, INSTEAD), found.after)
    return found


def _end(lease: Lease | None) -> None:
    if lease is not None:
        lease.end()


def _check_method(endpoint: Endpoint, asked: Asked) -> None:
    if asked.method not in endpoint.methods:
        raise RefusedError(405, f"This address takes {' and '.join(endpoint.methods)}.")


class _LongError(Exception):
    """Raised where a short body becomes a long one."""


async def _read(asked: Asked, chunks: AsyncIterator[bytes], most: int, lease: Lease) -> bytes:
    lease.grow(EACH)
    length = asked.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise too_large(most)
    parts, size = [], 0
    async for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise too_large(most)
        lease.grow(2 * len(chunk))  # as it came, and as what is made of it
        parts.append(chunk)
    return b"".join(parts)
