"""Each sink in a task of its own: what was kept goes out, then what was deleted is told. Who is away waits alone."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from carnet.accounts.sinks import headers_of, secret_of
from carnet.errors import CarnetError
from carnet.gateway.intake import posting
from carnet.gateway.intake.forwarding import MOST, WINDOW, batch, floor
from carnet.gateway.intake.webhooks import message
from carnet.settings import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import aiohttp

    from carnet.gateway.intake.forwarding import Batch
    from carnet.model.sink import Sink
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore

PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds between two looks, and between two tries of a sink that is away, at most."""
TOLD_AT_ONCE = 500
NEVER = {400, 413, 415, 422}
"""Answers to a batch that will be the same the next time."""
_CHANCE = random.SystemRandom()
MEDIA = {"json": "application/json", "protobuf": "application/x-protobuf"}
log = logging.getLogger("carnet.intake")


@dataclass(slots=True)
class Sender:
    """Sends to one sink. Call `send` and `tell` one after the other: a deletion is told after what it deletes."""

    store: RecordStore
    keyring: Keyring
    sink: Sink
    client: aiohttp.ClientSession
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    environ: Mapping[str, str] = field(default_factory=environment)
    proxy: str = ""
    _singly: int = 0
    """Chunks to send one by one: among so many is one that the collector does not take."""

    async def send(self) -> bool:
        """Send what is new, one batch; whether there may be more. Raises ConnectionError where it does not get out."""
        most = 1 if self._singly else MOST
        found = await asyncio.to_thread(batch, self.store, self.keyring, self.sink, self.now(), most)
        if not found.records:
            await asyncio.to_thread(self._advance, found, 0, 0)
            return bool(found.chunks)
        headers = [*headers_of(self.sink, self.environ), ("Content-Type", MEDIA[self.sink.encoding])]
        requests = await asyncio.to_thread(lambda: list(found.load.requests(self.sink.encoding)))
        rejected = 0
        for signal, body in requests:
            url = f"{self.sink.url}/v1/{signal}"
            status, told = await posting.post(self.client, url, body, headers, self._proxy(url))
            if status in NEVER and len(found.chunks) > 1:
                self._singly = len(found.chunks)
                return True
            if status in NEVER:
                rejected = found.records
            elif 200 <= status < 300:
                rejected += refused_of(told, self.sink.encoding)
            else:
                raise ConnectionError(f"it answered {status}")
        self._singly = max(0, self._singly - 1)
        rejected = min(rejected, found.records)
        await asyncio.to_thread(self._advance, found, found.records - rejected, rejected)
        return True

    def _advance(self, found: Batch, sent: int, refused: int) -> None:
        after = found.progress
        after = replace(after, sent=after.sent + sent, refused=after.refused + refused, fault="")
        before = self.store.sinks.progress(self.sink.name)
        if found.chunks or after.fault != before.fault or after.through - before.through > WINDOW / 10:
            self.store.sinks.advance(self.sink.name, after, found.chunks, floor(after.through))

    async def tell(self) -> bool:
        """Tell what was deleted, some of it; whether there may be more. Raises ConnectionError until it is taken."""
        notices = await asyncio.to_thread(self.store.sinks.notices, self.sink.name, TOLD_AT_ONCE)
        if not notices:
            return False
        secret = secret_of(self.sink, self.environ)
        told = message([one.session for one in notices], secret, self.now())
        url = self.sink.webhook
        status, _ = await posting.post(self.client, url, told.body, told.headers, self._proxy(url))
        if not 200 <= status < 300:
            raise ConnectionError(f"its webhook answered {status}")
        await asyncio.to_thread(self.store.sinks.told, notices)
        return True

    def failed(self, why: str) -> None:
        """Remember why nothing gets through, for whoever asks."""
        progress = self.store.sinks.progress(self.sink.name)
        if progress.fault != why:
            self.store.sinks.advance(self.sink.name, replace(progress, fault=why), (), b"")

    def gone(self) -> bool:
        """Whether its organisation is gone and it has been told everything: then it is forgotten."""
        there = any(one.id == self.sink.organisation for one in self.store.directory.organisations())
        if there or self.store.sinks.waiting(self.sink.name):
            return False
        self.store.sinks.remove(self.sink.name)
        return True

    def _proxy(self, url: str) -> str:
        return self.proxy if url.startswith("https:") else ""


def refused_of(told: bytes, encoding: str) -> int:
    """How many records of a batch a collector did not take, as its answer says; logs and metrics say it alike."""
    with suppress(msgspec.DecodeError, DecodeError, UnicodeDecodeError, ValueError, TypeError, AttributeError):
        if encoding == "json":
            partial = (msgspec.json.decode(told) or {}).get("partialSuccess") or {}
            return max(0, int(partial.get("rejectedLogRecords") or partial.get("rejectedDataPoints") or 0))
        answer = ExportLogsServiceResponse()
        answer.ParseFromString(told)
        return max(0, answer.partial_success.rejected_log_records)
    return 0


@dataclass(slots=True)
class Sinks:
    """All sinks of a store."""

    store: RecordStore
    keyring: Keyring
    proxy: str = ""
    pause: float = PAUSE
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _tasks: dict[Sink, asyncio.Task[None]] = field(default_factory=dict)

    async def attend(self) -> None:
        """Begin with sinks that are new, and end with those that were removed or changed."""
        wanted = set(await asyncio.to_thread(self.store.sinks.listed))
        for sink in set(self._tasks) - wanted:
            self._tasks.pop(sink).cancel()
        for sink in wanted:
            if sink not in self._tasks or self._tasks[sink].done():
                self._tasks[sink] = asyncio.create_task(self._serve(sink))

    async def close(self) -> None:
        """End at once: what was not sent or told is sent and told at the next start."""
        tasks, self._tasks = list(self._tasks.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, sink: Sink) -> None:
        async with posting.session() as client:
            sender = Sender(self.store, self.keyring, sink, client, self.now, proxy=self.proxy)
            failures = 0
            while not await asyncio.to_thread(sender.gone):
                more, why = await one_pass(sender)
                failures = failures + 1 if why else 0
                if failures == 1:
                    log.warning("the sink %s: %s", sink.name, why)
                if failures or not more:
                    await asyncio.sleep(self._wait(failures))

    def _wait(self, failures: int) -> float:
        if not failures:
            return self.pause
        longest: float = min(LONGEST_PAUSE, self.pause * 2.0 ** min(failures, 10))
        return longest * _CHANCE.uniform(0.5, 1.0)  # so that not all come back at once


async def one_pass(sender: Sender) -> tuple[bool, str]:
    """Send, then tell, whatever became of the first; whether there may be more, and why something got stuck."""
    more, faults = False, []
    for step in (sender.send, sender.tell):
        try:
            more = await step() or more
        except (CarnetError, ConnectionError) as error:
            faults.append(str(error))
        except Exception as error:  # noqa: BLE001 - a sink is served as long as the process lives
            faults.append(type(error).__name__)
    why = "; ".join(faults)
    if why:
        with suppress(CarnetError):
            await asyncio.to_thread(sender.failed, why)
    return more, why
