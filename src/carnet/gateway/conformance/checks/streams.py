"""Streams: the same bytes, event by event; pings, comments and error frames; a broken one is not made whole."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from carnet.gateway.conformance.check import Basis, Check, Mark, failed, judged, passed
from carnet.gateway.conformance.checks.bodies import compared
from carnet.gateway.conformance.saying import COMMENT, ERROR, LAST, PING, STOP, STREAM, chunk, delta, start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.gateway.conformance.check import Told
    from carnet.gateway.conformance.trial import Trial
    from carnet.gateway.conformance.upstream import Arrival, Way
    from carnet.gateway.conformance.wire import Answer

ASKS_STREAM = b',"stream" : true'
MOST_LATE = 2
"""Events that are waited for in vain before the rest is sent at once."""


@dataclass(slots=True)
class Lockstep:
    """Sends a piece once the client has got something of the piece before."""

    pieces: Sequence[bytes]
    patience: float
    got: asyncio.Event = field(default_factory=asyncio.Event)
    late: list[int] = field(default_factory=list)
    """Numbers of pieces that the client got nothing of before the next was sent."""

    async def play(self, _: Arrival, way: Way) -> None:
        await way.send(STREAM)
        for number, piece in enumerate(self.pieces):
            self.got.clear()
            await way.send(chunk(piece))
            if number < len(self.pieces) - 1 and len(self.late) < MOST_LATE:
                await self._wait(number)
        await way.send(LAST)

    async def _wait(self, number: int) -> None:
        try:
            async with asyncio.timeout(self.patience):
                await self.got.wait()
        except TimeoutError:
            self.late.append(number)


@dataclass(frozen=True, slots=True)
class Streamed:
    """A stream that was played to its end."""

    steps: Lockstep
    answer: Answer

    @property
    def sent(self) -> bytes:
        return b"".join(self.steps.pieces)


async def _streamed(trial: Trial, *pieces: bytes) -> Streamed:
    steps = Lockstep(pieces, trial.patience / (MOST_LATE + 1))
    scene = trial.scene(steps.play)
    body = trial.body(scene, 0, ASKS_STREAM)
    async with trial.wire() as wire:
        await wire.send(trial.head(b"POST /v1/messages", size=len(body)) + body)
        answer = await wire.head()
        while await wire.piece(answer):
            steps.got.set()
    return Streamed(steps, answer)


def _whole(trial: Trial) -> tuple[bytes, ...]:
    return start(trial.model), delta(1), PING, delta(2), COMMENT, delta(3), STOP


async def _identical(trial: Trial) -> Told:
    streamed = await _streamed(trial, *_whole(trial))
    kind = streamed.answer.value(b"content-type") or b""
    if not kind.startswith(b"text/event-stream"):
        return failed(f"the content type became {kind.decode('latin-1')}")
    told = compared(streamed.sent, streamed.answer.body)
    if told.mark is Mark.PASS and not streamed.answer.whole:
        return failed("every byte came, but the end of the response did not")
    return told


async def _first(trial: Trial) -> Told:
    streamed = await _streamed(trial, start(trial.model) + delta(1), STOP)
    if streamed.steps.late:
        return failed("the first event did not come before the last was sent")
    return _end(streamed, "the first event came before the last was sent")


async def _each(trial: Trial) -> Told:
    streamed = await _streamed(trial, start(trial.model), *(delta(number) for number in range(5)), STOP)
    late = streamed.steps.late
    if late:
        return failed(f"{len(late)} of the events did not come before the next was sent")
    return _end(streamed, "each event came before the next was sent")


async def _frame(trial: Trial, frame: bytes, name: str) -> Told:
    """A frame among others comes through, and before what follows it is sent."""
    streamed = await _streamed(trial, start(trial.model), frame, delta(1), STOP)
    faults = [] if frame in streamed.answer.body else [f"the {name} is gone or changed"]
    if 1 in streamed.steps.late:
        faults.append(f"the {name} did not come before the next event was sent")
    return judged(f"the {name} came through at once", faults)


async def _error(trial: Trial) -> Told:
    streamed = await _streamed(trial, start(trial.model), delta(1), ERROR)
    body = streamed.answer.body
    faults = [] if ERROR in body else ["the error frame is gone or changed"]
    if b"message_stop" in body:
        faults.append("an end was made up behind it")
    return judged("the error frame came through, nothing behind it", faults)


def _end(streamed: Streamed, seen: str) -> Told:
    if streamed.answer.status != 200:
        return failed(f"answered {streamed.answer.status}")
    return passed(seen) if streamed.answer.body else failed("no event came")


@dataclass(slots=True)
class Breaking:
    """Sends the beginning of a stream, and ends the connection once the client has some of it."""

    pieces: Sequence[bytes]
    patience: float
    got: asyncio.Event = field(default_factory=asyncio.Event)

    async def play(self, _: Arrival, way: Way) -> None:
        await way.send(STREAM, *(chunk(piece) for piece in self.pieces))
        with suppress(TimeoutError):
            async with asyncio.timeout(self.patience):
                await self.got.wait()
        way.close()


async def _broken(trial: Trial) -> Told:
    """The upstream's connection ends inside a stream."""
    breaking = Breaking((start(trial.model), delta(1)), trial.patience / (MOST_LATE + 1))
    scene = trial.scene(breaking.play)
    body = trial.body(scene, 0, ASKS_STREAM)
    async with trial.wire() as wire:
        await wire.send(trial.head(b"POST /v1/messages", size=len(body)) + body)
        answer = await wire.head()
        while await wire.piece(answer):
            breaking.got.set()
    return _no_end(b"".join(breaking.pieces), answer)


def _no_end(sent: bytes, answer: Answer) -> Told:
    got = answer.body
    if answer.status != 200:
        return passed(f"answered {answer.status} instead of a stream")
    if b"event: error" in got:
        return passed("an error event was put behind what had come")
    faults = []
    if answer.whole:
        faults.append("it came back with the end of a whole response")
    if not sent.startswith(got):
        faults.append("what came is not what was sent before it broke")
    return judged(f"{len(got)} bytes came, then the connection ended without the end of the body", faults)


CHECKS = (
    Check("stream.identical", Basis.FIDELITY, "a stream comes back byte for byte, and whole", _identical),
    Check("stream.first-event", Basis.CONTRACT, "the first event comes before the last is sent", _first),
    Check("stream.each-event", Basis.CONTRACT, "each event comes before the next is sent", _each),
    Check("stream.ping", Basis.CONTRACT, "ping events come through, at once", partial(_frame, frame=PING, name="ping")),
    Check(
        "stream.comment",
        Basis.CONTRACT,
        "comment lines come through, at once",
        partial(_frame, frame=COMMENT, name="comment line"),
    ),
    Check("stream.error-frame", Basis.CONTRACT, "an error inside a stream comes through as it is", _error),
    Check("stream.broken", Basis.FIDELITY, "a stream that breaks off is not made to look whole", _broken),
)
