from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from os import urandom

from hypothesis import given
from hypothesis import strategies as st

from carnet.model.record import HOLD, UID_BYTES, Draft, Form, Lane, Partition, Session, record_id
from carnet.records.grouping import CHUNK_BYTES, Ground, grouped, new_uid

NOW = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
LANE = Lane(
    *("exchange", "inference", "anthropic", "days30"),
    training=False,
    purposes=(),
    rules=(),
)
GROUND = Ground(Partition("days30-2026-05-01", NOW.date()), Session(1, 1, "s1"), LANE, NOW, NOW + timedelta(days=30))
OTHERS = [
    replace(GROUND, partition=Partition(HOLD, None)),
    replace(GROUND, session=Session(1, 1, "s2")),
    replace(GROUND, session=Session(1, 1, "s1", "repository")),
    replace(GROUND, session=Session(1, 2, "s1")),
    replace(GROUND, session=Session(2, 1, "s1")),
    replace(GROUND, lane=replace(LANE, training=True)),
    replace(GROUND, lane=replace(LANE, provider="")),
    replace(GROUND, lane=replace(LANE, kind="transcript")),
    replace(GROUND, created=NOW + timedelta(microseconds=1)),
]


def draft(body: bytes = b"words") -> Draft:
    return Draft("ann@acme.test", "s1", "exchange", "inference", body, Form.BYTES)


@given(st.lists(st.tuples(st.sampled_from([GROUND, *OTHERS]), st.binary(max_size=5)), max_size=30))
def test_what_was_decided_alike_is_sealed_together_and_nothing_else(placed: list[tuple[Ground, bytes]]) -> None:
    copies = [(replace(ground), draft(body)) for ground, body in placed]  # equal, and not the same objects
    groups, ids = grouped(copies, urandom)
    assert [group.ground for group in groups] == list(dict.fromkeys(ground for ground, _ in placed))
    for group in groups:
        assert [one.data for one in group.bodies] == [body for ground, body in placed if ground == group.ground]
    by_id = {one.id: one.data for group in groups for one in group.bodies}
    assert [by_id[one] for one in ids] == [body for _, body in placed]


def test_every_reason_to_be_apart_keeps_apart() -> None:
    groups, _ = grouped([(ground, draft()) for ground in [GROUND, *OTHERS]], urandom)
    assert len(groups) == 1 + len(OTHERS)


@given(st.lists(st.sampled_from([0, 1, CHUNK_BYTES // 3, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1]), max_size=9))
def test_a_chunk_has_no_more_than_its_share_but_for_a_body_that_is_larger(sizes: list[int]) -> None:
    groups, ids = grouped([(GROUND, draft(bytes(size))) for size in sizes], urandom)
    for group in groups:
        assert len(group.bodies) == 1 or sum(len(one.data) for one in group.bodies) <= CHUNK_BYTES
    assert [len(one.data) for group in groups for one in group.bodies] == sizes
    assert len(set(ids)) == len(sizes)


def test_ids_name_the_chunk_and_the_place_in_it() -> None:
    (group,), ids = grouped([(GROUND, draft()), (GROUND, draft())], urandom)
    assert ids == [record_id(group.uid, 0), record_id(group.uid, 1)] == [one.id for one in group.bodies]


@given(st.lists(st.datetimes(datetime(1, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))))  # noqa: DTZ001
def test_uids_are_sorted_by_time_and_any_time_has_one(times: list[datetime]) -> None:
    uids = [new_uid(one, bytes) for one in sorted(times)]
    assert all(before <= after for before, after in pairwise(uids))
    assert {len(one) for one in uids} <= {UID_BYTES}


def test_two_of_one_instant_differ_by_chance() -> None:
    assert len({new_uid(NOW, urandom) for _ in range(100)}) == 100


def test_nothing_becomes_nothing() -> None:
    assert grouped([], urandom) == ([], [])
