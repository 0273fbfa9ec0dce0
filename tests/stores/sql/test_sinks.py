"""Sinks in SQL: what each has and what it was not told yet goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.errors import NotFoundError
from carnet.model.account import Organisation
from carnet.model.sink import Progress
from tests.records.kept import NOW
from tests.stores.rows import sink

if TYPE_CHECKING:
    from carnet.stores.contract import Store
    from carnet.stores.records_contract import RecordStore


@pytest.fixture
def records(store: Store) -> RecordStore:
    store.records.directory.add_organisation(Organisation(0, "acme", "commercial", "team", NOW))
    return store.records


def test_a_sink_that_is_removed_leaves_nothing(records: RecordStore) -> None:
    records.sinks.add(sink())
    records.sinks.advance("own", Progress(NOW), [b"a" * 12], b"")
    records.sinks.note("own", ["s"], NOW)
    records.sinks.remove("own")
    records.sinks.add(sink())
    assert records.sinks.forwarded("own") == set()
    assert records.sinks.waiting("own") == 0
    for asked in (records.sinks.remove, records.sinks.progress):
        with pytest.raises(NotFoundError, match="carnet sink list"):
            asked("none")
