from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.errors import DamagedError
from carnet.model.record import Scope, Session, record_id
from carnet.stores.sql.partition import SqlPartition
from carnet.stores.sql.partition_rows import entries_of, session_of, within
from carnet.stores.sql.partition_tables import session
from carnet.stores.sql.partition_writing import packed_sizes
from tests.stores.rows import key, sealed, uid

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase

NAMES = st.sampled_from(["", "s1", "S1", "s1 ", "%", "'", "s1\0"])
SESSIONS = st.builds(Session, st.integers(1, 2), st.integers(0, 2), NAMES, NAMES)
SCOPES = st.builds(Scope, st.integers(0, 2), st.integers(0, 2), NAMES, NAMES)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SESSIONS, unique=True, max_size=8), SCOPES)
def test_the_database_means_the_sessions_that_a_scope_covers(
    partition_database: SqliteDatabase, sessions: list[Session], scope: Scope
) -> None:
    with partition_database.writing() as connection:
        connection.execute(sa.delete(session))
        for one in sessions:
            values = (one.organisation, one.account, one.name, one.repository)
            connection.execute(sa.insert(session).values(dict(zip(list(session.c.keys())[1:], values, strict=True))))
        found = [session_of(row) for row in connection.execute(sa.select(session).where(within(scope)))]
    assert sorted(filter(scope.covers, sessions), key=str) == sorted(found, key=str)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=20))
def test_sizes_say_where_each_body_lies(sizes: list[int]) -> None:
    entries = list(entries_of(uid(7), packed_sizes(sizes)))
    assert sizes == [one.size for one in entries]
    assert [sum(sizes[:at]) for at in range(len(sizes))] == [one.start for one in entries]
    assert [record_id(uid(7), at) for at in range(len(sizes))] == [one.id for one in entries]


def test_records_of_a_damaged_row_are_not_told(partition_database: SqliteDatabase) -> None:
    part = SqlPartition("x", partition_database, lambda: None, list)
    part.add([key()], [sealed(1)])
    with partition_database.writing() as connection:
        connection.exec_driver_sql("UPDATE chunk SET sizes = x'0000000500'")
    with pytest.raises(DamagedError, match=f"chunk {uid(1).hex()}"):
        list(part.records(Scope()))
    with pytest.raises(DamagedError, match=f"chunk {uid(1).hex()}"):
        part.find(record_id(uid(1), 0).hex())
    with pytest.raises(DamagedError, match=f"chunk {uid(1).hex()}"):
        part.entries([uid(1)])
