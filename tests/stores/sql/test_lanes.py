from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.stores.sql.direct import directly
from carnet.stores.sql.lanes import lane_ids, lanes
from carnet.stores.sql.partition_tables import lane as table
from tests.stores.rows import LANE, lane

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase

OTHERS = {
    "kind": "metric",
    "flow": "metrics",
    "provider": "",
    "retention": "years5",
    "training": False,
    "purposes": (),
    "rules": ("carnet.b", "carnet.a"),
}


def test_a_decision_is_written_once_and_comes_back_whole(partition_database: SqliteDatabase) -> None:
    for _ in range(2):
        with partition_database.writing() as connection:
            found = lane_ids(directly(connection), [LANE, LANE])
            assert list(found) == [LANE]
            assert lanes(directly(connection)) == {found[LANE]: LANE}
            assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 1


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_decisions_that_differ_in_one_thing_are_two(partition_database: SqliteDatabase, name: str) -> None:
    other = lane(**{name: OTHERS[name]})
    with partition_database.writing() as connection:
        found = lane_ids(directly(connection), [LANE, other])
        assert found[LANE] != found[other]
        assert lanes(directly(connection)) == {number: one for one, number in found.items()}


def test_nothing_wanted_adds_nothing(partition_database: SqliteDatabase) -> None:
    with partition_database.writing() as connection:
        assert lane_ids(directly(connection), []) == {}
        assert lanes(directly(connection)) == {}
