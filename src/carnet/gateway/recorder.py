"""What is kept of exchanges: a tap on each, handed to the queue when it ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carnet.gateway.contract import Recording
from carnet.gateway.errors import Refused
from carnet.gateway.exchange_record import encoded, known_of
from carnet.model.record import Draft, Form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from carnet.gateway.contract import Admitted, Asked, Ended, Fate
    from carnet.gateway.heads import ResponseHead
    from carnet.gateway.queueing import Queue

SESSION, AGENT, PARENT = b"x-claude-code-session-id", b"x-claude-code-agent-id", b"x-claude-code-parent-agent-id"
LONGEST_NAME = 200
FULL = Refused(
    529,
    "this exchange would have to be recorded, and there is no room for it now: the store of records is away. "
    "Try again in a minute; the operator sees why in the log.",
    "no-room",
    retry_after=30,
)


@dataclass(slots=True)
class KeepingRecorder:
    """Records exchanges through one queue. `providers` says for each upstream's name who runs the models there."""

    queue: Queue
    providers: Mapping[str, str]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    unrecorded: int = 0
    """Exchanges that took place without a record because there was no room and their organisation wants it so."""

    def begin(self, admitted: Admitted, asked: Asked, body: bytes) -> Tap | Refused | None:
        if self.queue.take(len(body)):
            return Tap(self, admitted, asked, body, self.clock())
        if admitted.recording is Recording.REQUIRED:
            return FULL
        self.unrecorded += 1
        self.queue.tell("passed", 1)
        return None


@dataclass(slots=True)
class Tap:
    """The copy of one exchange."""

    recorder: KeepingRecorder
    admitted: Admitted
    asked: Asked
    body: bytes
    at: datetime
    head: ResponseHead | None = None
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0

    def response_head(self, upstream: str, head: ResponseHead) -> None:
        del upstream
        self.head = head

    def response_bytes(self, chunk: bytes) -> None:
        self.chunks.append(chunk)
        self.size += len(chunk)
        self.recorder.queue.grow(len(chunk))

    def end(self, ended: Ended) -> asyncio.Future[Fate] | None:
        """An exchange that was never sent to an upstream leaves no record: nothing passed through us."""
        taken = len(self.body) + self.size
        if not ended.timings.sent:
            self.recorder.queue.give_back(taken)
            return None
        loop = asyncio.get_running_loop()
        durable: asyncio.Future[Fate] = loop.create_future()
        self.recorder.queue.add(
            lambda: self._draft(ended), taken, lambda fate: loop.call_soon_threadsafe(_settled, durable, fate)
        )
        return durable

    def _draft(self, ended: Ended) -> Draft:
        fields = self.asked.head.fields
        names = [_name(fields.get(one, b"")) for one in (AGENT, PARENT)]
        known = known_of(self.asked, self.body, self.head, ended, names)
        return Draft(
            account=self.admitted.account,
            session=_name(fields.get(SESSION, b"")) or f"no session, {self.at:%Y-%m-%d}",
            kind="exchange",
            flow="inference",
            body=encoded(known, self.body, self.chunks),
            form=Form.BYTES,
            provider=self.recorder.providers.get(ended.upstream, ""),
            at=self.at,
        )


def _settled(durable: asyncio.Future[Fate], fate: Fate) -> None:
    if not durable.done():
        durable.set_result(fate)


def _name(value: bytes) -> str:
    """A header's value as a name that shows on one line."""
    text = value.decode("latin-1")[:LONGEST_NAME].strip()
    return text if text.isprintable() else ""
