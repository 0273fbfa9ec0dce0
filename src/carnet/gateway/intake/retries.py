"""What was kept a moment ago, so that a client that sends it again is answered and nothing is kept twice.

Each body begins with the mark of its retries, so that what is on the disk tells after a crash what had been kept.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.model.record import Scope
from carnet.records.opening import Opening
from carnet.records.sealing import body_of
from carnet.records.surveying import asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from carnet.records.keyring import Keyring
    from carnet.records.spool import Spool
    from carnet.stores.records_contract import RecordStore

WINDOW = timedelta(minutes=15)
MOST = 500_000
_HEAD = re.compile(rb'\{"retry":"([0-9a-f]{32})"')
_KINDS = {"metric", "error", "feedback", "transcript"}


def marked(mark: bytes, body: bytes) -> bytes:
    """A JSON object with its mark in front."""
    return b'{"retry":"%s",' % mark.hex().encode() + body[1:] if mark else body


def mark_of(body: bytes) -> bytes:
    """The mark of a body; empty for one that has none."""
    found = _HEAD.match(body)
    return bytes.fromhex(found[1].decode()) if found else b""


class Retries:
    """Marks of what was kept within the window. What there is no room for is forgotten, the oldest first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[bytes, float] = OrderedDict()

    def __contains__(self, mark: bytes) -> bool:
        return mark in self._known

    def __len__(self) -> int:
        return len(self._known)

    def add(self, mark: bytes, at: float) -> None:
        """Remember one, as of seconds on a clock that only grows."""
        self._known[mark] = at
        while len(self._known) > self._most or next(iter(self._known.values())) < at - WINDOW.total_seconds():
            self._known.popitem(last=False)

    def forget(self, mark: bytes) -> None:
        """It was not kept after all."""
        self._known.pop(mark, None)


def kept_lately(store: RecordStore, keyring: Keyring, spool: Spool, now: datetime) -> Iterator[bytes]:
    """Marks of what the store and the spool got within the window, for a process that has just begun."""
    for name in spool.names():
        with suppress(CarnetError, OSError):
            yield from filter(None, (mark_of(draft.body) for draft in spool.read(name)))
    for partition, chunks in asked(store, lambda where: where.chunks(Scope()), []):
        where, opening = store.partition(partition.name), Opening(store, keyring, partition)
        for chunk in chunks:
            if chunk.lane.kind not in _KINDS or chunk.created < now - WINDOW:
                continue
            with suppress(CarnetError):  # deleted or damaged since: then nothing of it is kept
                text = opening.text(chunk)
                for entry in where.entries([chunk.uid])[chunk.uid]:
                    yield mark_of(body_of(text, entry.id, entry.start, entry.size).data)
