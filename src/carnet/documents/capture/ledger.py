"""Writing captures in groups: one transaction for those that finish close together, reported once they are durable."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from carnet.errors import NotFoundError
from carnet.model.document import Attempt, Observation

if TYPE_CHECKING:
    from carnet.model.document import Capture
    from carnet.stores.contract import Store

GATHER = 0.03
"""Seconds in which captures are gathered for one transaction."""
MOST = 64


class Ledger:
    """Takes what captures saw and gives back what was recorded."""

    def __init__(self, store: Store, gather: float = GATHER) -> None:
        self._documents = store.documents
        self._gather = gather
        self._waiting: list[tuple[Observation | Attempt, asyncio.Future[Capture]]] = []
        self._full = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    async def write(self, entry: Observation | Attempt) -> Capture:
        """Record one capture. Returns when it is on the disk; raises what the store raises."""
        future: asyncio.Future[Capture] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, future))
        if len(self._waiting) >= MOST:
            self._full.set()
        if self._writer is None:
            self._writer = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        while self._waiting:
            try:
                async with asyncio.timeout(self._gather):
                    await self._full.wait()
            except TimeoutError:
                pass
            self._full.clear()
            group, self._waiting = self._waiting, []
            # In a thread: the disk's time is the fetches' time.
            await asyncio.to_thread(self._settle, group, asyncio.get_running_loop())
        self._writer = None

    def _settle(
        self, group: list[tuple[Observation | Attempt, asyncio.Future[Capture]]], loop: asyncio.AbstractEventLoop
    ) -> None:
        seen = [(entry, future) for entry, future in group if isinstance(entry, Observation)]
        tried = [(entry, future) for entry, future in group if isinstance(entry, Attempt)]
        outcomes = [
            *self._outcomes([entry for entry, _ in seen], []),
            *self._outcomes([], [entry for entry, _ in tried]),
        ]
        loop.call_soon_threadsafe(_tell, [future for _, future in [*seen, *tried]], outcomes)

    def _outcomes(self, seen: list[Observation], tried: list[Attempt]) -> list[Capture | Exception]:
        """A capture or a fault for each entry; one document that was removed meanwhile spoils only its own."""
        try:
            return [*self._written(seen, tried)]
        except NotFoundError as error:
            if len(seen) + len(tried) == 1:
                return [error]
            return [
                *(outcome for entry in seen for outcome in self._outcomes([entry], [])),
                *(outcome for entry in tried for outcome in self._outcomes([], [entry])),
            ]
        except Exception as error:  # noqa: BLE001 - told to whoever waits
            return [error] * (len(seen) + len(tried))

    def _written(self, seen: list[Observation], tried: list[Attempt]) -> list[Capture]:
        recorded = self._documents.record(seen) if seen else []
        return recorded + (self._documents.record_attempts(tried) if tried else [])


def _tell(futures: list[asyncio.Future[Capture]], outcomes: list[Capture | Exception]) -> None:
    for future, outcome in zip(futures, outcomes, strict=True):
        if future.done():
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
