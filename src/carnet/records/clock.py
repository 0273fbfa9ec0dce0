"""Time that only goes forward: a clock that was set back would date records into the past and end them early."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.documents.instants import written
from carnet.errors import CarnetError, ClockError
from carnet.model.record import Scope
from carnet.records.chronicle import publish_log, write
from carnet.records.surveying import merged

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.model.record import Chunk
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import Catalogue, RecordStore

TOLERANCE = timedelta(minutes=5)
"""How far a clock may step back (or a client's run ahead) without harm."""
_MARK_EVERY = timedelta(minutes=1)


def checked(catalogue: Catalogue, now: datetime) -> datetime:
    """The present instant. Raises ClockError where it has been later already."""
    _refuse_back(catalogue.clock(), now)
    return now


def reset(store: RecordStore, keyring: Keyring, now: datetime, reason: str) -> datetime:
    """Take the present for right after all, which is written into the log; what was marked before.

    Raises CarnetError where no later instant is marked: there is nothing to take back.
    """
    with store.lock():
        last = store.catalogue.clock()
        if last is None or last - TOLERANCE <= now:
            raise CarnetError(f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC, and no later instant has been: it is right")
        keyring.root()  # the log can be signed, or nothing is changed
        write(store, "clock", now, {"from": written(last), "reason": reason})
        store.catalogue.reset_clock(now)
        publish_log(store, keyring)
    return last


def dated_later(store: RecordStore, now: datetime) -> int:
    """How many records say that they came about later than now: they were kept while the clock was ahead."""
    return sum(one.count for _, one in merged(store, lambda where: where.walk(Scope()), _place) if one.created > now)


def _place(chunk: Chunk) -> tuple[datetime, object]:
    return chunk.created, chunk.uid


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
            "Nothing is kept, ended, deleted or shown until it is right again; nothing is lost. "
            "If it was too far ahead then: carnet records clock --reset --reason TEXT"
        )
