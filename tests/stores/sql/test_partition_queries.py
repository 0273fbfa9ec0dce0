"""What is particular to questions in SQL; what every partition does is in test_records_contract_partitions.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.model.record import Scope, record_id
from carnet.stores.sql import partition_queries as module
from carnet.stores.sql.partition import SqlPartition
from tests.stores.rows import key, lane, sealed, session, uid
from tests.stores.sql.test_catalogue import ODD

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase


@pytest.fixture
def part(partition_database: SqliteDatabase) -> SqlPartition:
    return SqlPartition("x", partition_database, lambda: None, list)


@pytest.mark.parametrize("page", [1, 2, 3, 5, 6, 7])
@pytest.mark.parametrize("kind", ["", "exchange"])
def test_pages_leave_nothing_out_and_tell_nothing_twice(
    part: SqlPartition, monkeypatch: pytest.MonkeyPatch, page: int, kind: str
) -> None:
    """Four of six chunks are of one instant, so that pages end between them."""
    monkeypatch.setattr(module, "PAGE", page)
    hours = {4: 0, 1: 1, 2: 1, 5: 1, 6: 1, 3: 2}
    part.add([key()], [sealed(number, hours=hours[number], sizes=(1, 2)) for number in (6, 1, 5, 2, 3, 4)])
    part.add([key()], [sealed(9, hours=1, of=lane(kind="metric"))] if kind else [])
    wanted = [record_id(uid(number), place).hex() for number in (4, 1, 2, 5, 6, 3) for place in (0, 1)]
    assert wanted == [record.id for record in part.records(Scope(), kind)]


def test_what_goes_while_pages_are_read_is_no_fault(part: SqlPartition, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    part.add([key()], [sealed(number, hours=number) for number in range(1, 6)])
    reading = part.records(Scope())
    told = [next(reading).chunk]
    part.remove([uid(1), uid(3)])
    part.add([key()], [sealed(9, hours=9)])
    told += [record.chunk for record in reading]
    assert told == [uid(1), uid(2), uid(4), uid(5)], "what came later is for the next reader"


def test_sessions_with_odd_names_are_each_for_themselves(part: SqlPartition) -> None:
    keys = [key(number, session(name, repository=name)) for number, name in enumerate(ODD, 1)]
    part.add(keys, [sealed(number, one) for number, one in enumerate(keys, 1)])
    assert {one.session: one.uid for one in keys} == {
        of: one.uid for of, one in part.keys([one.session for one in keys]).items()
    }
    for number, name in enumerate(ODD, 1):
        assert [one.uid for one in part.chunks(Scope(session=name))] == [uid(number)]
        assert part.sessions(Scope(repository=name)) == [session(name, repository=name)]


def test_an_id_that_is_none_is_not_asked_of_the_database(part: SqlPartition) -> None:
    with pytest.raises(ValueError, match="fromhex"):
        part.find("' OR 1=1")
