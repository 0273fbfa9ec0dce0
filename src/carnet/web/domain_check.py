"""`GET /api/web/domain_info?domain=HOST`: whether a host may be fetched from. No key is needed; one says whose lists.

A host name is all that is taken, and it is let go of with the answer: it is in no log, no count, no file.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING, cast

from starlette.background import BackgroundTask
from starlette.responses import JSONResponse

from carnet.accounts.keybook import KeyBook
from carnet.accounts.keys import Refusal
from carnet.errors import CarnetError
from carnet.gateway.domains.counts import Counts
from carnet.gateway.domains.judging import Book, decide
from carnet.gateway.domains.lists import ListError
from carnet.gateway.domains.pace import Pace
from carnet.gateway.domains.shelf import Shelf
from carnet.model.host import read_host

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.account import Caller
    from carnet.settings import Settings
    from carnet.web.records import Records

log = logging.getLogger("carnet.web")

PATH = "/api/web/domain_info"
SCOPE = "intake"
REASON = "Carnet-Reason"
"""Header that tells why."""
KEEP = 30
"""Days that counts are kept: what the pack `carnet` gives this flow (its rule domain-check.all)."""
WRITE_EVERY = 10.0
"""Seconds between two times that counts are written."""
_OVERDUE = 2.0
"""Times between two looks after which an answer waits for one."""
AWAY = "The lists of hosts cannot be read, so nothing can be told. `carnet domains lists` on the server says why."


class DomainChecks:
    """The check of one running server."""

    def __init__(self, settings: Settings, records: Records, clock: Callable[[], float] = time.monotonic) -> None:
        self._records, self._clock = records, clock
        self._every = settings.duration("intake.domains.look-every").total_seconds()
        self._looked = self._wrote = clock()
        self.shelf = Shelf.of(settings, self._now, log.warning)
        self.counts = Counts(KEEP)
        self._pace = Pace(settings.whole("intake.domains.per-minute"))
        self._reading = asyncio.Lock()
        self._tending = threading.Lock()
        self._books: tuple[object, dict[str, Book]] = None, {}
        self._keys: KeyBook | None = None
        self._fresh: asyncio.Task[None] | None = None

    def _now(self) -> datetime:
        return self._records.now()

    async def answer(self, request: Request) -> Response:
        peer = request.client.host if request.client else ""
        if wait := self._pace.wait(peer, self._clock()):
            return _refused(
                429, f"Too many checks from this address; try again in {wait} s.", {"Retry-After": str(wait)}
            )
        caller = await self._caller(request, peer)
        if isinstance(caller, Refusal):
            return _refused(caller.status, caller.sentence, {"Retry-After": str(caller.after)} if caller.after else {})
        try:
            text = _domain(request)
            host = read_host(text)
        except ValueError as error:
            return self._noted("no-host", caller, _refused(422, f"domain: {error}."))
        try:
            book = await self._book(caller.organisation.name if caller else "")
        except ListError:
            return self._behind(_refused(503, AWAY, {"Retry-After": "10"}))
        decision = decide(host, book)
        answer = {"domain": text, "can_fetch": decision.can_fetch}
        return self._noted(
            decision.reason,
            caller,
            JSONResponse(answer, headers={REASON: decision.reason, "Cache-Control": "no-store"}),
        )

    async def _caller(self, request: Request, peer: str) -> Caller | Refusal | None:
        """Whose key a request shows; None where it shows none."""
        shown = [value for name, value in request.headers.items() if name in {"authorization", "x-api-key"}]
        if not shown:
            return None
        if self._keys is None:
            store = await asyncio.to_thread(lambda: self._records.store)
            if self._fresh is None:
                self._keys = KeyBook(store, now=self._now)
                self._fresh = asyncio.create_task(self._keys.keep_fresh())
        keys = self._keys
        assert keys is not None  # noqa: S101 - made above, by whoever came first
        return await keys.judged(shown, SCOPE, peer)

    async def _book(self, organisation: str) -> Book:
        if self._overdue():
            async with self._reading:
                if self._overdue():
                    at = self._clock()
                    await asyncio.to_thread(self.shelf.refresh)
                    self._looked = at
        lists, shelved = self.shelf.lists(), self.shelf.shelved
        if self._books[0] is not shelved:
            self._books = shelved, {}
        known = self._books[1]
        if organisation not in known:
            known[organisation] = Book.of(lists, organisation)
        return known[organisation]

    def _overdue(self) -> bool:
        """Whether the lists were never looked at, or not for long: nobody asked, and no look came behind an answer."""
        return self.shelf.shelved is None or self._clock() - self._looked >= _OVERDUE * self._every

    def _noted(self, reason: str, caller: Caller | None, response: Response) -> Response:
        """Count the answer; not of an organisation that wants nothing kept. What is due is done behind the answer."""
        if caller is None or not caller.organisation.zdr:
            self.counts.add(self._now().date(), reason)
        return self._behind(response)

    def _behind(self, response: Response) -> Response:
        at = self._clock()
        if at - self._looked >= self._every or at - self._wrote >= WRITE_EVERY:
            response.background = BackgroundTask(self.tend)
        return response

    def tend(self) -> None:
        """Read lists that changed and write counts, as far as they are due."""
        if not self._tending.acquire(blocking=False):
            return
        try:
            at = self._clock()
            if at - self._looked >= self._every:
                self._looked = at
                self.shelf.refresh()
            if at - self._wrote >= WRITE_EVERY:
                self._wrote = at
                self.write()
        finally:
            self._tending.release()

    def write(self) -> None:
        """Write the counts; a store that is away gets them the next time."""
        if not self.counts.fresh:
            return
        try:
            self.counts.write(self._records.store.catalogue, self._now().date())
        except CarnetError as error:
            log.warning("counts of domain checks are not written yet: %s", error)

    async def close(self) -> None:
        """Write what is not written, and let go of threads."""
        if self._fresh is not None:
            self._fresh.cancel()
        if self._keys is not None:
            self._keys.close()
        await asyncio.to_thread(self.write)


def _domain(request: Request) -> str:
    """The one parameter there is. Raises ValueError."""
    given = request.query_params.multi_items()
    if [name for name, _ in given] != ["domain"]:
        raise ValueError("a check takes this one parameter, once: ?domain=HOST")
    return given[0][1]


def _refused(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    found = JSONResponse({"error": {"status": status, "text": text}}, status, headers)
    found.headers["Cache-Control"] = "no-store"
    if status == 401:
        found.headers["WWW-Authenticate"] = 'Bearer realm="carnet"'
    return found


async def domain_info(request: Request) -> Response:
    """Answer one check."""
    return await checks_of(request).answer(request)


def checks_of(request: Request) -> DomainChecks:
    return cast("DomainChecks", request.app.state.domain_checks)
