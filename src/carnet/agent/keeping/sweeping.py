"""The sweep that keeps `cleanupPeriodDays`: no agent has to run for it, and it stops where it could be wrong."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carnet.agent.alone import alone
from carnet.agent.machine import not_understood
from carnet.agent.transcripts_listing import as_period
from carnet.agent.transcripts_purge import IN_USE, REMOVE, Choice, Purged, purge
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from carnet.agent.transcripts_places import Places
    from carnet.agent.transcripts_purge import Act
    from carnet.model.machine import Machine

DAY = 86_400.0
MARK = "swept"


class PeriodError(CarnetError):
    """Raised when the settings do not tell for certain how long transcripts are kept; nothing is then taken away."""

    exit_code = 3


def period(machine: Machine, places: Places) -> int:
    """Days that transcripts are kept, by the settings of every layer. Raises PeriodError naming file and line."""
    if why := not_understood(machine):
        raise PeriodError(f"{why}; it may say how long transcripts are kept, so nothing was taken away. Mend it first")
    found = machine.settings.get(places.period_key)
    if found is None:
        return places.period_days
    value = found.value
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise PeriodError(f"{found.place}: {places.period_key} is no whole number of days from 1 on")
    return as_period(value, places)


def sweep(folder: Path, places: Places, days: int, now: float, act: Act = REMOVE) -> Purged:
    """Take away what the agent's own cleanup would, once it is older than the period; what is being written stays."""
    if not folder.is_dir():
        return Purged()
    ids = frozenset(place.id for place in places.places if place.swept == "age" and place.purge == "asked")
    return purge(folder, places, Choice(now - days * DAY, now - IN_USE, None, ids), act)


@contextmanager
def due(folder: Path, now: float, every: float = DAY) -> Iterator[bool]:
    """Whether the last sweep is a day ago and no other process sweeps; then it is this one's, and noted at the end."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / MARK, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        if not alone(handle) or (os.fstat(handle).st_size and now - os.fstat(handle).st_mtime < every):
            yield False
            return
        yield True
        os.ftruncate(handle, 0)
        os.write(handle, time.strftime("%Y-%m-%dT%H:%M:%SZ\n", time.gmtime(now)).encode())
        os.utime(handle, (now, now))
    finally:
        os.close(handle)
