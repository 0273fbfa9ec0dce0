from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from carnet.stores.sql.direct import directly
from carnet.stores.sql.partition_tables import key, session
from carnet.stores.sql.partition_writing import newest_keys, packed_sizes, settled
from tests.stores import rows

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase


def test_rows_that_are_remembered_are_not_looked_up(partition_database: SqliteDatabase) -> None:
    with partition_database.writing() as connection:
        (known,) = settled(directly(connection), [rows.key()])
        asked: list[str] = []
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        assert settled(directly(connection), [known]) == [known]
        assert asked == []
        assert settled(directly(connection), [replace(known, rows=(0, 0))]) == [known]
        assert asked


def test_a_key_keeps_the_session_it_was_written_with(partition_database: SqliteDatabase) -> None:
    with partition_database.writing() as connection:
        settled(directly(connection), [rows.key(1), rows.key(2, rows.session("s2"))])
        settled(directly(connection), [rows.key(2, rows.session("s2")), rows.key(3)])
        found = connection.execute(sa.select(key.c.slot, session.c.name).join_from(key, session).order_by(key.c.slot))
        assert [tuple(row) for row in found] == [(1, "s1"), (2, "s2"), (3, "s1")]


def test_the_newest_key_is_of_the_very_session(partition_database: SqliteDatabase) -> None:
    alike = [rows.session(), rows.session(account=2), rows.session(organisation=2), rows.session(repository="r")]
    with partition_database.writing() as connection:
        settled(directly(connection), [rows.key(number, of) for number, of in enumerate(alike, 1)])
        settled(directly(connection), [rows.key(8, alike[0])])
        found = newest_keys(directly(connection), [*alike[:3], rows.session(account=7)])
        assert {of: one.slot for of, one in found.items()} == {alike[0]: 8, alike[1]: 2, alike[2]: 3}
        assert list(found.values()) == settled(directly(connection), list(found.values()))
        assert newest_keys(directly(connection), []) == {}


@pytest.mark.parametrize("number", [0, 1, 3, 4, 15, 16, 17, 40])
def test_keys_of_any_number_of_sessions_are_found(partition_database: SqliteDatabase, number: int) -> None:
    of = [rows.session(f"s{at}", account=at % 3 + 1) for at in range(number)]
    with partition_database.putting() as direct:
        known = settled(direct, [rows.key(at, one) for at, one in enumerate(of, 1) if at % 2])
        found = newest_keys(direct, of)
        assert {one.session: one for one in known} == found


def test_sizes_are_four_bytes_each() -> None:
    assert packed_sizes((1, 258)) == b"\0\0\0\x01\0\0\x01\x02"
