"""The store of records behind the pages about people, opened when the first of them is asked for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from carnet.records.clock import ticked
from carnet.records.dumps import leave_no_dump
from carnet.records.keeping import resume
from carnet.records.keyring import Keyring
from carnet.records.spool import waits

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.requests import Request

    from carnet.stores.contract import Store
    from carnet.stores.records_contract import RecordStore


class Records:
    """The records of one application, with their keys."""

    def __init__(self, source: Store, clock: Callable[[], datetime]) -> None:
        self._source = source
        self._opening = threading.Lock()
        self._store: RecordStore | None = None
        self._keyring: Keyring | None = None
        self.now = clock
        self.checking = threading.Lock()
        """Held while everything is checked: once at a time is enough."""

    @property
    def stand(self) -> bool:
        """Whether there is a store of records at all; asking makes none."""
        return self._source.has_records

    @property
    def store(self) -> RecordStore:
        """Its files are made here, at the first use; pages about documents never come this way."""
        with self._opening:
            if self._store is None:
                leave_no_dump()
                self._store = self._source.records
            return self._store

    @property
    def keyring(self) -> Keyring:
        """The keys, for whoever holds the store's lock."""
        store = self.store
        with self._opening:
            if self._keyring is None:
                self._keyring = Keyring(store)
            return self._keyring

    def begin(self) -> datetime:
        """Before anything is changed: the present instant, after what another process left half done is finished.

        Raises ClockError where the clock was set back.
        """
        at = ticked(self.store.catalogue, self.now())
        self.keyring.root()  # proved before anything is destroyed
        if self.store.catalogue.works() or waits(self.store.spool):
            resume(self.store, self.keyring, at, [])  # what cannot be finished yet hinders nobody else
        return at


def records_of(request: Request) -> Records:
    return cast("Records", request.app.state.records)
