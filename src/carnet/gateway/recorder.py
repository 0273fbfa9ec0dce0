"""What is kept of exchanges: a tap on each, handed to the queue when it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from carnet.gateway.contract import Durability, Recording
from carnet.gateway.errors import Refused
from carnet.gateway.exchange_record import encoded, known_of
from carnet.model.record import Draft, Form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from carnet.gateway.contract import Admitted, Asked, Ended
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


TOO_LARGE = Refused(
    413,
    "this exchange would have to be recorded, and its request alone is larger than a record may be (records.max-bytes)",
    "no-room",
)
STEP = 2048
"""Bytes of a response that the queue is told of together."""
BESIDE = 256 << 10
"""Bytes of a record beside request and response: heads, what is known."""


@dataclass(slots=True)
class KeepingRecorder:
    """Records exchanges through one queue. `providers` says for each upstream's name who runs the models there."""

    queue: Queue
    providers: Mapping[str, str]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    unrecorded: int = 0
    """Exchanges that took place without a record because there was no room and their organisation wants it so."""

    def begin(self, admitted: Admitted, asked: Asked, body: bytes) -> Tap | Refused | None:
        room = self.queue.writer.most_bytes - BESIDE - len(body)
        if room >= 0 and self.queue.take(len(body)):
            return Tap(self, admitted, asked, body, self.clock(), room)
        if admitted.recording is Recording.REQUIRED:
            return FULL if room >= 0 else TOO_LARGE
        self.pass_unrecorded()
        return None

    def pass_unrecorded(self) -> None:
        """Count an exchange that takes place without a record."""
        self.unrecorded += 1
        self.queue.tell("passed", 1)


@dataclass(slots=True)
class Tap:
    """The copy of one exchange."""

    recorder: KeepingRecorder
    admitted: Admitted
    asked: Asked
    body: bytes
    at: datetime
    room: int
    """Bytes of a response that a record has room for."""
    head: ResponseHead | None = None
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0
    ungrown: int = 0
    """Of these, those that the queue does not know yet."""
    dropped: bool = False
    """Nothing of it is kept any more."""

    def response_head(self, upstream: str, head: ResponseHead) -> None:
        del upstream
        self.head = head

    def response_bytes(self, chunk: bytes) -> bool:
        if self.dropped:
            return True
        if self.size + len(chunk) > self.room:
            return self._overflow()
        self.chunks.append(chunk)
        self.size += len(chunk)
        self.ungrown += len(chunk)
        if self.ungrown > STEP:
            self._grow()
        return True

    def _grow(self) -> None:
        self.recorder.queue.grow(self.ungrown)
        self.ungrown = 0

    def _overflow(self) -> bool:
        """A response without end must not take all memory: it ends here, or passes unrecorded from here on."""
        if self.admitted.recording is Recording.REQUIRED:
            return False
        self.recorder.queue.give_back(len(self.body) + self.size - self.ungrown)
        self.recorder.pass_unrecorded()
        self.dropped, self.body = True, b""
        self.chunks.clear()
        return True

    def end(self, ended: Ended) -> Durability | None:
        """An exchange that was never sent to an upstream leaves no record: nothing passed through us."""
        if self.dropped:
            return None
        taken = len(self.body) + self.size
        if not ended.timings.sent:
            self.recorder.queue.give_back(taken - self.ungrown)
            return None
        durable = Durability()
        self.recorder.queue.add(partial(self._draft, ended), taken, durable.settle, self.ungrown)
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


def _name(value: bytes) -> str:
    """A header's value as a name that shows on one line."""
    if not value:
        return ""
    text = value.decode("latin-1")[:LONGEST_NAME].strip()
    return text if text.isprintable() else ""
