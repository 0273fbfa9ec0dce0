"""Records' ids, and which sessions a scope means."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carnet.model.record import UID_BYTES, Scope, Session, record_id


@given(st.binary(min_size=UID_BYTES, max_size=UID_BYTES), st.integers(0, 2**32 - 1))
def test_an_id_is_its_chunk_and_its_place_in_it(uid: bytes, place: int) -> None:
    made = record_id(uid, place)

    assert len(made) == 16
    assert made[:UID_BYTES] == uid
    assert int.from_bytes(made[UID_BYTES:]) == place


def test_a_scope_without_parts_means_every_session() -> None:
    assert Scope().covers(Session(1, 2, "s", "r"))
    assert Scope().covers(Session(1, 0, ""))


def test_each_part_of_a_scope_narrows() -> None:
    session = Session(1, 2, "s", "r")

    assert Scope(1, 2, "s", "r").covers(session)
    for other in (Scope(9), Scope(account=9), Scope(session="t"), Scope(repository="q"), Scope(1, 2, "s", "q")):
        assert not other.covers(session)
