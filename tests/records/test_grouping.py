from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from os import urandom

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from carnet.model.record import HOLD, UID_BYTES, Draft, Form, Lane, Partition, Session
from carnet.records.grouping import CHUNK_BYTES, Ground, Stretch, grouped, new_uid

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
    copies = [Stretch(replace(ground), at, [draft(body)]) for at, (ground, body) in enumerate(placed)]
    groups = grouped(copies, urandom)  # of grounds that are equal, and not the same objects
    assert [group.ground for group in groups] == list(dict.fromkeys(ground for ground, _ in placed))
    for group in groups:
        assert group.bodies == [body for ground, body in placed if ground == group.ground]
    by_place = {place: body for group in groups for place, body in zip(group.places, group.bodies, strict=True)}
    assert [by_place[at] for at in range(len(placed))] == [body for _, body in placed]


def test_every_reason_to_be_apart_keeps_apart() -> None:
    groups = grouped([Stretch(ground, at, [draft()]) for at, ground in enumerate([GROUND, *OTHERS])], urandom)
    assert len(groups) == 1 + len(OTHERS)


@given(st.lists(st.sampled_from([0, 1, CHUNK_BYTES // 3, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1]), max_size=9))
def test_a_chunk_has_no_more_than_its_share_but_for_a_body_that_is_larger(sizes: list[int]) -> None:
    drafts = [draft(bytes(size)) for size in sizes]
    at_once = grouped([Stretch(GROUND, 0, drafts)], urandom)
    one_by_one = grouped([Stretch(GROUND, at, [one]) for at, one in enumerate(drafts)], urandom)
    for groups in (at_once, one_by_one):
        for group in groups:
            assert group.bytes == sum(map(len, group.bodies))
            assert len(group.bodies) == 1 or group.bytes <= CHUNK_BYTES
        assert [len(one) for group in groups for one in group.bodies] == sizes
        assert [place for group in groups for place in group.places] == list(range(len(sizes)))
    assert [one.places for one in at_once] == [one.places for one in one_by_one]


def test_chunks_of_one_batch_have_uids_of_their_own() -> None:
    groups = grouped([Stretch(ground, at, [draft()]) for at, ground in enumerate([GROUND, *OTHERS])], urandom)
    assert len({one.uid for one in groups}) == len(groups)
    assert {(len(one.uid), one.uid[:4]) for one in groups} == {(UID_BYTES, groups[0].uid[:4])}


@given(st.lists(st.datetimes(datetime(1, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))))  # noqa: DTZ001
def test_uids_are_sorted_by_time_and_any_time_has_one(times: list[datetime]) -> None:
    uids = [new_uid(one, bytes(8)) for one in sorted(times)]
    assert all(before <= after for before, after in pairwise(uids))
    assert {len(one) for one in uids} <= {UID_BYTES}


def test_nothing_becomes_nothing() -> None:
    assert grouped([], urandom) == []
