from __future__ import annotations

from carnet.stores.sql.partition_writing import AT_ONCE
from carnet.stores.sql.texts import texts


def test_as_many_sessions_are_asked_for_as_are_given_at_once() -> None:
    kept = texts("sqlite").statements
    assert [kept[f"partition.keys_of_{number}"].count("?") for number in ("one", "some")] == [4, 4 * AT_ONCE]
