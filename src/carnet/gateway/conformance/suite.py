"""All checks in the order of the report, carried out one after the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from carnet.gateway.conformance.check import Line, Mark, Told, failed
from carnet.gateway.conformance.checks import (
    bodies,
    credentials,
    endpoints,
    errors,
    framing,
    headers,
    smuggling,
    streams,
)
from carnet.gateway.conformance.trial import NothingArrivedError
from carnet.gateway.conformance.wire import SilentError
from carnet.gateway.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from carnet.gateway.conformance.check import Check
    from carnet.gateway.conformance.trial import Trial

CHECKS: tuple[Check, ...] = (
    *bodies.CHECKS,
    *headers.CHECKS,
    *credentials.CHECKS,
    *errors.CHECKS,
    *streams.CHECKS,
    *endpoints.CHECKS,
    *framing.CHECKS,
    *smuggling.CHECKS,
)


class UnrelatedError(Exception):
    """Raised when nothing that is sent to the gateway reaches the upstream; the text says what happened instead."""


async def reach(trial: Trial, wait: float, pause: float = 0.5) -> None:
    """Return once a message sent to the gateway has reached the upstream. Raises UnrelatedError if none does."""
    clock = asyncio.get_running_loop().time
    until = clock() + wait
    while True:
        said = await _tried(trial)
        if not said:
            return
        if clock() >= until:
            raise UnrelatedError(said)
        await asyncio.sleep(pause)


async def _tried(trial: Trial) -> str:
    """What kept a message from the upstream; empty: nothing did."""
    try:
        trip = await trial.post(trial.scene())
    except (OSError, EOFError, MalformedError, SilentError) as error:
        return _what(error)
    if trip.scene.arrivals:
        return ""
    return f"the gateway answered {trip.answer.status}, and nothing arrived at the upstream"


async def carried_out(trial: Trial, checks: Iterable[Check] = CHECKS, calm: float = 30.0) -> AsyncIterator[Line]:
    """Each check with what became of it, as soon as that is known.

    A gateway may send nothing for a while after errors of its upstream, which the suite makes: a check that failed
    while nothing went through is tried again once something does, within `calm` seconds.
    """
    for check in checks:
        told = await _told(trial, check)
        if told.mark is Mark.FAIL and await _tried(trial) and await _calmed(trial, calm):
            told = await _told(trial, check)
        yield Line(check, Told(told.mark, _without(told.seen, trial.key)))


async def _calmed(trial: Trial, calm: float) -> bool:
    try:
        await reach(trial, calm)
    except UnrelatedError:
        return False
    return True


async def _told(trial: Trial, check: Check) -> Told:
    try:
        return await check.run(trial)
    except NothingArrivedError as error:
        return failed(f"nothing arrived: {error}")
    except (OSError, EOFError, MalformedError, SilentError) as error:
        return failed(_what(error))


def _what(error: Exception) -> str:
    match error:
        case SilentError():
            return "no answer in the time that was waited"
        case TimeoutError():
            return "no connection in the time that was waited"
        case MalformedError():
            return f"the answer is no sound HTTP: {error}"
        case EOFError():
            return "the connection ended without an answer"
    return f"no connection: {getattr(error, 'strerror', None) or type(error).__name__}"


def _without(seen: str, key: bytes) -> str:
    """What was seen, on one line, without the key."""
    text = seen.replace(key.decode("latin-1"), "(the key)") if key else seen
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def status(lines: Iterable[Line]) -> int:
    """Exit status: 0 all passed, 1 findings, 3 something could not be tried."""
    marks = {line.told.mark for line in lines}
    if Mark.FAIL in marks:
        return 1
    return 0 if marks == {Mark.PASS} else 3
