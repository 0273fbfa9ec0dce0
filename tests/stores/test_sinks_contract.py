"""What every store does with sinks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.errors import AlreadyThereError, NotFoundError
from carnet.model.account import Organisation
from carnet.model.sink import Progress, Sink
from tests.records.kept import NOW
from tests.stores.rows import sink

if TYPE_CHECKING:
    from carnet.stores.contract import Store
    from carnet.stores.records_contract import RecordStore


@pytest.fixture
def records(store: Store) -> RecordStore:
    store.records.directory.add_organisation(Organisation(0, "acme", "commercial", "team", NOW))
    return store.records


def test_a_sink_comes_back_as_it_was_added(records: RecordStore) -> None:
    records.sinks.add(sink())
    assert records.sinks.listed() == [sink()]
    assert records.sinks.progress("own") == Progress(NOW)


def test_a_name_is_taken_once_and_an_organisation_must_be_there(records: RecordStore) -> None:
    records.sinks.add(sink())
    with pytest.raises(AlreadyThereError):
        records.sinks.add(sink())
    with pytest.raises(NotFoundError, match="not there any more"):
        records.sinks.add(Sink("other", 9, "https://a.test", NOW))


def test_progress_and_what_it_has_are_written_together(records: RecordStore) -> None:
    records.sinks.add(sink())
    after = Progress(NOW + timedelta(minutes=1), 4, 3, 2, "why")
    records.sinks.advance("own", after, [b"a" * 12, b"b" * 12], b"")
    assert records.sinks.progress("own") == after
    records.sinks.advance("own", after, [b"a" * 12, b"c" * 12], b"b")
    assert records.sinks.forwarded("own") == {b"b" * 12, b"c" * 12}


def test_what_was_removed_meanwhile_is_not_made_anew(records: RecordStore) -> None:
    records.sinks.advance("own", Progress(NOW), [b"a" * 12], b"")
    records.sinks.note("own", ["s"], NOW)
    assert records.sinks.forwarded("own") == set()
    assert records.sinks.waiting("own") == 0


def test_a_deletion_waits_once_until_it_was_told(records: RecordStore) -> None:
    records.sinks.add(sink())
    records.sinks.note("own", ["s2", "s1"], NOW)
    records.sinks.note("own", ["s1"], NOW)
    waiting = records.sinks.notices("own", 10)
    assert [row.session for row in waiting] == ["s1", "s2"]
    records.sinks.told(waiting[:1])
    assert records.sinks.waiting("own") == 1
