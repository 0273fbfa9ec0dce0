"""The audit log: how far it goes, whether all of it is published, its newest entries; and checking everything."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from carnet.errors import BusyError, CarnetError
from carnet.records.chronicle import NAME, signer
from carnet.records.keyring import Keyring
from carnet.records.log.note import encode64
from carnet.records.log.publish import published
from carnet.records.verifying import faults
from carnet.web.log_words import told
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json
from carnet.web.words import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.records.log.checkpoint import Checkpoint
    from carnet.web.records import Records

NEWEST = 50
"""Entries told in words."""
MOST_FAULTS = 200


@dataclass(frozen=True, slots=True)
class State:
    """The log as it stands."""

    name: str
    """Empty before anything was logged."""
    key: str
    """What others verify it with."""
    entries: int
    checkpoint: Checkpoint | None
    fault: str = ""
    """Why its key or its checkpoint cannot be used."""

    @property
    def published(self) -> int:
        return self.checkpoint.size if self.checkpoint else 0

    @property
    def root(self) -> str:
        return encode64(self.checkpoint.root) if self.checkpoint else ""


@dataclass(frozen=True, slots=True)
class Check:
    """What checking everything came to."""

    at: datetime
    seconds: float
    faults: tuple[str, ...]
    """The first of them."""
    more: bool


def log_page(request: Request) -> Response:
    """`/log` and its JSON twin."""
    return _page(request, None)


def check(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /log/check`: look at the log, every object, every row and a seal of each session, as verify does."""
    del form
    records = records_of(request)
    if not records.checking.acquire(blocking=False):
        raise BusyError("A check is under way already; its result comes to the page that asked for it.")
    try:
        return _page(request, checked(records))
    finally:
        records.checking.release()


def checked(records: Records) -> Check:
    """Check everything, with keys of its own: it may last, and others change things meanwhile."""
    at, start = records.now(), time.monotonic()
    found = list(islice(faults(records.store, Keyring(records.store)), MOST_FAULTS + 1))
    return Check(at, time.monotonic() - start, tuple(found[:MOST_FAULTS]), len(found) > MOST_FAULTS)


def state_of(records: Records) -> State:
    """The log as it stands; looking makes no key."""
    store = records.store
    name, entries = store.catalogue.fact(NAME), store.catalogue.size()
    if name is None:
        return State("", "", entries, None)
    try:
        ours = signer(store, records.keyring)
        return State(name, ours.verifier.text(), entries, published(store.objects, ours.verifier))
    except CarnetError as error:
        return State(name, "", entries, None, str(error))


def _page(request: Request, found: Check | None) -> Response:
    records = records_of(request)
    state = state_of(records)
    rows = [told(index, words) for index, words in records.store.catalogue.openings(NEWEST)]
    if asks_json(request):
        return as_json(
            request,
            {
                "name": state.name or None,
                "key": state.key or None,
                "entries": state.entries,
                "published": state.published,
                "root": state.root or None,
                "fault": state.fault or None,
                "newest": [{"index": one.index, "at": one.at, "event": one.event, "words": one.words} for one in rows],
                **({"check": _check_answer(found)} if found else {}),
            },
        )
    return page(request, "log.html", {"state": state, "rows": rows, "found": found})


def _check_answer(found: Check) -> dict[str, object]:
    return {
        "at": rfc3339(found.at),
        "seconds": round(found.seconds, 3),
        "faults": list(found.faults),
        "more": found.more,
    }
