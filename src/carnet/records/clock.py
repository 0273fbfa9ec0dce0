"""Time that only goes forward: a clock that was set back would date records into the past and end them early."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.errors import ClockError

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.stores.records_contract import Catalogue

TOLERANCE = timedelta(minutes=5)
"""How far a clock may step back (or a client's run ahead) without harm."""
_MARK_EVERY = timedelta(minutes=1)


def checked(catalogue: Catalogue, now: datetime) -> datetime:
    """The present instant. Raises ClockError where it has been later already."""
    _refuse_back(catalogue.clock(), now)
    return now


def ticked(catalogue: Catalogue, now: datetime) -> datetime:
    """The present instant, remembered. Raises ClockError where it has been later already."""
    return tick(catalogue, catalogue.clock(), now)


def tick(catalogue: Catalogue, last: datetime | None, now: datetime) -> datetime:
    """The same, where the latest instant is known."""
    _refuse_back(last, now)
    if last is None or now >= last + _MARK_EVERY:
        catalogue.mark_clock(now)
    return now


def _refuse_back(last: datetime | None, now: datetime) -> None:
    if last is not None and now < last - TOLERANCE:
        raise ClockError(
            f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC, but {last:%Y-%m-%d %H:%M:%S} UTC has been: it was set back. "
            "Nothing is kept, ended, deleted or shown until it is right again; nothing is lost"
        )
