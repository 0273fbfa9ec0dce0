"""What every store of records does with the records of a partition."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from carnet.errors import StoreError
from carnet.model.record import DayTally, Record, Scope, Tally, record_id
from tests import make
from tests.stores import rows
from tests.stores.rows import entries, key, lane, sealed, session, uid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from carnet.model.record import Key, Sealed
    from carnet.stores.contract import Store
    from carnet.stores.records_contract import PartitionStore, RecordStore

NAME = "days30-2026-04-01"
SESSIONS = [
    session("s1"),
    session("s2"),
    session("s1", repository="r"),
    session("s1", account=2),
    session("s1", organisation=2, account=3),
]
KEYS = [key(number, of) for number, of in enumerate(SESSIONS, 1)]
LANES = [rows.LANE, lane(training=False), lane(kind="metric", flow="metrics"), lane(retention="months6")]


def add(part: PartitionStore, *several: Sealed) -> list[Key]:
    return list(part.add(list(dict.fromkeys(one.chunk.key for one in several)), several))


def ids(part: PartitionStore, scope: Scope | None = None, kind: str = "") -> list[tuple[int, int]]:
    """The number of each record's chunk, and its place there."""
    return [divmod(int(record.id, 16), 1 << 32) for record in part.records(scope or Scope(), kind)]


def there(part: PartitionStore, scope: Scope | None = None) -> list[int]:
    return [int.from_bytes(chunk.uid) for chunk in part.chunks(scope or Scope())]


# --- in


def test_uids_from_one_on_are_told_by_organisation_and_flow(part: PartitionStore) -> None:
    for number, which, of in ((1, 0, 0), (2, 0, 2), (3, 4, 2), (4, 1, 2)):
        add(part, sealed(number, KEYS[which], of=LANES[of]))
    assert part.since(uid(2), 1, ["metrics"], 10) == [uid(2), uid(4)]
    assert part.since(uid(0), 1, ["metrics", "inference"], 2) == [uid(1), uid(2)]
    assert part.since(uid(0), 1, ["errors"], 10) == []


def test_a_chunk_comes_back_with_its_bytes_and_records(part: PartitionStore) -> None:
    one = sealed(1, KEYS[2], sizes=(5, 0, 7), hours=1.5)
    add(part, one)
    assert one.chunk == part.chunk(uid(1))
    assert part.chunks(Scope()) == [one.chunk]
    assert part.data([uid(1)]) == {uid(1): one.data}
    assert part.entries([uid(1)]) == {uid(1): entries(one)}
    last = record_id(uid(1), 2).hex()
    assert part.find(last) == Record(
        last, SESSIONS[2], one.chunk.lane, one.chunk.created, one.chunk.expires, 7, uid(1), NAME, 5
    )
    assert part.sessions(Scope()) == [SESSIONS[2]]
    assert part.scoped_keys(Scope()) == [KEYS[2]]
    assert part.slots() == {3}
    assert part.tallies() == [Tally(NAME, 1, one.chunk.lane, 3, 12)]


def test_what_there_is_of_some_flows_is_told_by_day_and_newest_first(part: PartitionStore) -> None:
    metrics = lane(kind="metric", flow="metrics")
    add(part, sealed(1, sizes=(5, 7), hours=1), sealed(2, hours=30, of=metrics), sealed(3, hours=31, of=metrics))
    add(part, sealed(4, KEYS[2], hours=3, of=metrics))
    one, two, three, four = (part.chunk(uid(number)) for number in (1, 2, 3, 4))
    assert one
    assert two
    assert three
    assert four
    day, next_day = one.created.date(), two.created.date()
    whose = [KEYS[2].session.organisation, two.key.session.organisation]
    assert part.by_day(["metrics"]) == [
        DayTally(day, Tally(NAME, whose[0], metrics, four.count, four.size), four.expires, uid(4)),
        DayTally(
            next_day, Tally(NAME, whose[1], metrics, two.count + three.count, two.size + three.size),
            max(two.expires, three.expires), uid(3),
        ),
    ]  # fmt: skip
    assert part.by_day(["errors"]) == []
    assert [found.uid for found in part.latest(Scope(), ["metrics"], 2)] == [uid(4), uid(3)]
    assert [found.uid for found in part.latest(Scope(), ["metrics", one.lane.flow], 9)] == [
        uid(4),
        uid(3),
        uid(2),
        uid(1),
    ]
    assert part.latest(Scope(organisation=99), ["metrics"], 9) == []


def test_what_is_not_there_is_told_as_nothing(part: PartitionStore) -> None:
    add(part, sealed(1))
    assert part.find(record_id(uid(1), 1).hex()) is None
    assert part.find(record_id(uid(2), 0).hex()) is None
    assert part.chunk(uid(2)) is None
    assert part.data([uid(7)]) == {}
    assert part.entries([uid(7)]) == {uid(7): ()}
    assert part.keys([session("other")]) == {}
    assert part.keys([]) == {}


def test_adding_twice_adds_nothing_twice_and_the_first_stays(part: PartitionStore) -> None:
    add(part, sealed(1))
    add(part, replace(sealed(1, hours=3), data=b"another form"), sealed(2))
    assert there(part) == [1, 2]
    assert ids(part) == [(1, 0), (2, 0)]
    assert sealed(1).chunk == part.chunk(uid(1))
    assert part.data([uid(1)]) == {uid(1): sealed(1).data}
    assert [(tally.records, tally.bytes) for tally in part.tallies()] == [(2, 10)]
    assert part.scoped_keys(Scope()) == [key()]


def test_keys_come_back_in_their_order_and_serve_the_next_addition(part: PartitionStore) -> None:
    add(part, sealed(1, KEYS[1]))
    (first, second) = part.add(KEYS[:2], [sealed(2, KEYS[0])])
    assert KEYS[:2] == [replace(first, rows=(0, 0)), replace(second, rows=(0, 0))]
    assert (first, second) == tuple(part.add([first, second], [sealed(3, second), sealed(4, first)]))
    assert part.chunk(uid(3)) == sealed(3, KEYS[1]).chunk
    assert part.chunk(uid(4)) == sealed(4, KEYS[0]).chunk
    assert len(part.scoped_keys(Scope())) == 2


def test_the_newest_key_of_each_session_is_told(part: PartitionStore) -> None:
    newer = key(9, SESSIONS[0])
    add(part, *(sealed(number, one) for number, one in enumerate(KEYS, 1)))
    add(part, sealed(9, newer))
    found = part.keys([*SESSIONS, session("other")])
    assert {one.session: one for one in [newer, *KEYS[1:]]} == {
        of: replace(one, rows=(0, 0)) for of, one in found.items()
    }
    assert list(found.values()) == part.add(list(found.values()), [])


def test_an_addition_that_fails_adds_nothing(part: PartitionStore) -> None:
    add(part, sealed(1))
    gone = replace(KEYS[2], rows=(77, 77))
    with pytest.raises(StoreError):
        add(part, sealed(2, KEYS[1], of=LANES[1]), sealed(3, gone))
    assert there(part) == [1]
    assert part.sessions(Scope()) == [session()]
    assert part.slots() == {1}
    assert [(tally.lane, tally.records) for tally in part.tallies()] == [(rows.LANE, 1)]
    assert part.check() == []


def test_a_chunk_given_twice_is_added_once(part: PartitionStore) -> None:
    add(part, sealed(1), sealed(2), sealed(2))
    add(part, sealed(2), sealed(3))
    assert there(part) == [1, 2, 3]
    assert [tally.records for tally in part.tallies()] == [3]
    assert part.check() == []


def test_partitions_know_nothing_of_each_other(records: RecordStore) -> None:
    one, other = records.partition("days30-a"), records.partition("hold")
    add(one, sealed(1))
    add(other, replace(sealed(1), data=b"elsewhere"), sealed(2))
    assert (there(one), there(other)) == ([1], [1, 2])
    assert [tally.partition for tally in [*one.tallies(), *other.tallies()]] == ["days30-a", "hold"]
    assert [record.partition for record in other.records(Scope())] == ["hold", "hold"]
    one.remove([uid(1)])
    assert (there(one), there(other)) == ([], [1, 2])
    assert records.partition_names() == ["days30-a", "hold"]


# --- out again


def test_records_come_in_the_order_they_were_created(part: PartitionStore) -> None:
    add(part, sealed(3, hours=2), sealed(1, hours=5, sizes=(1, 2)), sealed(2, KEYS[1], hours=1), sealed(4, hours=2))
    assert ids(part) == [(2, 0), (3, 0), (4, 0), (1, 0), (1, 1)]


def test_records_of_a_kind_are_told_and_of_an_unknown_one_none(part: PartitionStore) -> None:
    add(part, *(sealed(number, hours=number, of=of) for number, of in enumerate(LANES, 1)))
    assert ids(part, kind="metric") == [(3, 0)]
    assert ids(part, kind="exchange") == [(1, 0), (2, 0), (4, 0)]
    assert ids(part, kind="rating") == []


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(organisation=1),
        Scope(organisation=2),
        Scope(account=1),
        Scope(organisation=1, account=2),
        Scope(session="s1"),
        Scope(repository="r"),
        Scope(organisation=1, account=1, session="s1"),
        Scope(1, 1, "s1", "r"),
        Scope(organisation=2, account=1),
        Scope(session="S1"),
        Scope(session="%"),
    ],
    ids=str,
)
def test_a_scope_means_the_sessions_it_covers(part: PartitionStore, scope: Scope) -> None:
    add(part, *(sealed(number, one) for number, one in enumerate(KEYS, 1)))
    meant = [number for number, one in enumerate(SESSIONS, 1) if scope.covers(one)]
    assert meant == there(part, scope)
    assert [(number, 0) for number in meant] == ids(part, scope)
    assert [SESSIONS[number - 1] for number in meant] == sorted(part.sessions(scope), key=SESSIONS.index)
    assert [KEYS[number - 1] for number in meant] == sorted(part.scoped_keys(scope), key=KEYS.index)


def test_chunks_are_due_at_their_end_and_not_before(part: PartitionStore) -> None:
    add(part, sealed(1, days=2), sealed(2, days=1), sealed(3, KEYS[1], days=1))
    end, moment = make.at(24), timedelta(microseconds=1)
    assert part.chunks(Scope(), end - moment) == []
    assert [one.uid for one in part.chunks(Scope(), end)] == [uid(2), uid(3)]
    assert [one.uid for one in part.chunks(Scope(session="s1"), end)] == [uid(2)]
    assert [one.uid for one in part.chunks(Scope(), end + timedelta(days=1))] == [uid(1), uid(2), uid(3)]


def test_chunks_come_by_session_and_may_be_removed_meanwhile(part: PartitionStore) -> None:
    add(part, sealed(1), sealed(2, KEYS[1]), sealed(3), sealed(4, KEYS[3]), sealed(5, KEYS[1]))
    assert [int.from_bytes(one.uid) for one in part.by_session(Scope())] == [1, 3, 2, 5, 4]
    assert [int.from_bytes(one.uid) for one in part.by_session(Scope(session="s2"))] == [2, 5]
    seen = []
    for one in part.by_session(Scope(account=1)):
        seen.append(one)
        part.remove([one.uid])
    assert seen == [sealed(1).chunk, sealed(3).chunk, sealed(2, KEYS[1]).chunk, sealed(5, KEYS[1]).chunk]
    assert there(part) == [4]


def test_chunks_that_end_come_in_that_order_and_may_be_removed_meanwhile(part: PartitionStore) -> None:
    add(part, sealed(1, days=3), sealed(2, KEYS[1], days=1), sealed(3, days=2), sealed(4, days=5))
    end = sealed(1, days=3).chunk.expires
    seen = []
    for one in part.ending(end):
        seen.append(int.from_bytes(one.uid))
        part.remove([one.uid])
    assert (seen, there(part)) == ([2, 3, 1], [4])


def test_more_than_a_page_of_chunks_comes_whole(part: PartitionStore) -> None:
    several = [sealed(number, key(number % 7 + 1, session(f"s{number % 7}"))) for number in range(1, 1102)]
    add(part, *several)
    found = list(part.by_session(Scope()))
    assert len(found) == len({one.uid for one in found}) == 1101
    assert len([1 for one, other in pairwise(found) if one.key.session != other.key.session]) == 6
    assert len({one.uid for one in part.ending(make.at(24 * 31))}) == 1101


def test_sessions_beyond_a_page_come_whole_however_many_chunks_each_has(part: PartitionStore) -> None:
    many = [sealed(number, key(number, session(f"s{number}"))) for number in range(1, 452)]
    large = [sealed(number, key(2, session("s2"))) for number in range(1000, 2003)]
    add(part, *many, *large)
    found = [int.from_bytes(one.uid) for one in part.by_session(Scope())]
    assert found == [1, 2, *range(1000, 2003), *range(3, 452)]
    assert len(list(part.by_session(Scope(session="s2")))) == 1004


def test_keys_and_chunks_of_some_sessions_are_theirs_alone(part: PartitionStore) -> None:
    one = sealed(1, key(1, session("s1"))), sealed(2, key(2, session("s1")))
    other = sealed(3, key(3, session("s1", 2))), sealed(4, key(4, session("s4")))
    add(part, *one, *other)
    wanted = [session("s1"), session("s5")]
    assert [int.from_bytes(chunk.uid) for chunk in part.chunks_of(wanted)] == [1, 2]
    assert {key.uid for key in part.keys_of(wanted)} == {item.chunk.key.uid for item in one}
    assert (part.chunks_of([]), part.keys_of([])) == ([], [])
    whole = [session(f"s{number}") for number in range(3000)]
    assert len(part.chunks_of(whole)) == 3


def test_entries_come_in_the_order_of_their_bytes(part: PartitionStore) -> None:
    one = sealed(1, sizes=(3, 0, 4))
    add(part, one, sealed(2))
    assert part.entries([uid(2), uid(1)]) == {uid(2): entries(sealed(2)), uid(1): entries(one)}


# --- away


def test_removing_takes_the_records_and_leaves_the_key_while_something_is_under_it(part: PartitionStore) -> None:
    add(part, sealed(1), sealed(2), sealed(3, KEYS[1]))
    part.remove([uid(1)])
    assert there(part) == [2, 3]
    assert ids(part) == [(2, 0), (3, 0)]
    assert part.data([uid(1), uid(2)]) == {uid(2): sealed(2).data}
    assert part.slots() == {1, 2}
    part.remove([uid(2)])
    assert part.scoped_keys(Scope()) == [KEYS[1]]
    assert part.sessions(Scope()) == [SESSIONS[1]]
    assert [tally.records for tally in part.tallies()] == [1]


def test_removing_takes_one_of_two_keys_of_a_session(part: PartitionStore) -> None:
    newer = key(9)
    add(part, sealed(1), sealed(2, newer))
    part.remove([uid(2)])
    assert part.scoped_keys(Scope()) == [key()]
    assert part.sessions(Scope()) == [session()]
    assert {session(): key()} == {of: replace(one, rows=(0, 0)) for of, one in part.keys([session()]).items()}


def test_removing_leaves_the_keys_of_other_sessions_that_wait_for_their_first_chunk(part: PartitionStore) -> None:
    part.add([KEYS[1]], [])
    add(part, sealed(1))
    part.remove([uid(1)])
    assert part.scoped_keys(Scope()) == [KEYS[1]]


def test_removing_what_is_not_there_takes_nothing(part: PartitionStore) -> None:
    add(part, sealed(1))
    part.remove([uid(7)])
    part.remove([])
    assert there(part) == [1]


def test_what_was_removed_can_be_added_again(part: PartitionStore) -> None:
    for _ in range(2):
        add(part, sealed(1))
        assert ids(part) == [(1, 0)]
        part.remove([uid(1)])
        assert (ids(part), part.tallies(), part.slots(), part.sessions(Scope())) == ([], [], set(), [])


def test_removals_grow_when_a_chunk_goes_or_is_sealed_anew_and_only_then(part: PartitionStore) -> None:
    add(part, sealed(1), sealed(2))
    part.end({uid(1): make.at(1)})
    part.settle([replace(sealed(1).chunk, object="bodies/x", offset=0)])
    before = part.removals()
    add(part, sealed(3))
    assert before == part.removals()
    part.replace([sealed(1)])
    sealed_anew = part.removals()
    part.remove([uid(2)])
    assert before < sealed_anew < part.removals()


# --- changed in place


def test_another_sealed_form_replaces_the_bytes_and_leaves_the_records(part: PartitionStore) -> None:
    add(part, sealed(1, sizes=(2, 3)), sealed(2))
    part.settle([replace(sealed(1).chunk, object="bodies/x", offset=8)])
    other = replace(sealed(1, sizes=(2, 3)).chunk, base=b"", length=4, digest=bytes(32))
    part.replace([replace(sealed(1), chunk=other, data=b"anew", sizes=())])
    assert other == part.chunk(uid(1))
    assert part.data([uid(1), uid(2)]) == {uid(1): b"anew", uid(2): sealed(2).data}
    assert part.entries([uid(1)]) == {uid(1): entries(sealed(1, sizes=(2, 3)))}
    assert part.objects() == set()
    assert part.check() == []


def test_another_end_is_that_of_no_other(part: PartitionStore) -> None:
    add(part, sealed(1), sealed(2))
    part.end({uid(1): make.at(4), uid(7): make.at(4)})
    assert part.chunk(uid(1)) == replace(sealed(1).chunk, expires=make.at(4))
    assert part.chunk(uid(2)) == sealed(2).chunk


def test_another_decision_changes_the_end_and_the_tallies_of_no_other(part: PartitionStore) -> None:
    add(part, sealed(1, sizes=(2, 3)), sealed(2), sealed(3, KEYS[4]))
    other = replace(sealed(1).chunk, size=5, count=2, lane=LANES[1], expires=make.at(4))
    part.replace([replace(sealed(1), chunk=other, sizes=()), sealed(7, of=LANES[2])])
    assert part.chunk(uid(1)) == other
    assert part.chunk(uid(2)) == sealed(2).chunk
    assert (there(part), part.check()) == ([1, 2, 3], [])
    assert {(one.organisation, one.lane.training, one.records, one.bytes) for one in part.tallies()} == {
        (1, False, 2, 5),
        (1, True, 1, 5),
        (2, True, 1, 5),
    }


def test_packed_chunks_are_found_in_their_object_and_not_in_the_index(part: PartitionStore) -> None:
    add(part, sealed(1), sealed(2), sealed(3))
    packed = [replace(sealed(number).chunk, object="bodies/x", offset=10 * number) for number in (1, 2)]
    part.settle(packed)
    assert part.chunks(Scope()) == [*packed, sealed(3).chunk]
    assert part.data([uid(1), uid(2), uid(3)]) == {uid(3): sealed(3).data}
    assert part.objects() == {"bodies/x"}
    part.remove([uid(1)])
    assert part.objects() == {"bodies/x"}
    part.remove([uid(2)])
    assert part.objects() == set()


def test_keys_are_moved_to_other_slots(part: PartitionStore) -> None:
    add(part, *(sealed(number, one) for number, one in enumerate(KEYS[:2], 1)))
    part.move_keys([replace(KEYS[0], slot=70), replace(KEYS[4], slot=5)])
    assert part.slots() == {70, 2}
    assert part.scoped_keys(Scope(session="s1")) == [replace(KEYS[0], slot=70)]


def test_sessions_that_rest_or_have_much_are_loose(part: PartitionStore) -> None:
    add(part, sealed(1, hours=1), sealed(2, hours=3), sealed(3, KEYS[1], hours=2))
    length, never = sealed(1).chunk.length, 1 << 40
    assert part.loose(make.at(1.9), never) == []
    assert part.loose(make.at(2), never) == [SESSIONS[1]]
    assert sorted(part.loose(make.at(3), never), key=SESSIONS.index) == SESSIONS[:2]
    assert part.loose(make.at(0), 2 * length) == [SESSIONS[0]]
    assert part.loose(make.at(0), 2 * length + 1) == []
    part.settle([replace(sealed(2).chunk, object="bodies/x", offset=0)])
    assert part.loose(make.at(1), never) == [SESSIONS[0]]
    assert part.loose(make.at(0), 2 * length) == []


def test_more_than_a_condition_takes_at_once_is_no_different(part: PartitionStore) -> None:
    several = [sealed(number, key(number, session(f"s{number}"))) for number in range(1, 503)]
    wanted = [one.chunk.uid for one in several]
    add(part, *several)
    add(part, *several)
    assert len(part.keys([one.chunk.key.session for one in several])) == 502
    assert len(part.data(wanted)) == 502
    assert all(part.entries(wanted).values())
    part.replace([replace(one, chunk=replace(one.chunk, lane=LANES[1])) for one in several])
    assert [(tally.lane, tally.records) for tally in part.tallies()] == [(LANES[1], 502)]
    part.remove(wanted[:-1])
    assert there(part) == [502]
    assert part.slots() == {502}
    assert part.check() == []


def test_records_survive_reopening(opening: Callable[[Path], Store], data: Path) -> None:
    with closing(opening(data)) as store:
        add(store.records.partition(NAME), sealed(1), sealed(2))
        store.records.partition(NAME).remove([uid(1)])
    with closing(opening(data)) as store:
        part = store.records.partition(NAME)
        assert part.chunks(Scope()) == [sealed(2).chunk]
        assert (part.removals(), part.check()) == (1, [])
        part.checkpoint()


# --- the newest, and all of them one by one


def test_the_newest_have_the_greatest_ids(part: PartitionStore) -> None:
    add(part, sealed(3, hours=9), sealed(1, sizes=(1, 2, 3)), sealed(2, KEYS[1], of=LANES[2]), sealed(4))
    told = [divmod(int(one.id, 16), 1 << 32) for one in part.newest(Scope(), "", 4)]
    assert told == [(4, 0), (3, 0), (2, 0), (1, 2)]
    assert [one.session for one in part.newest(Scope(session="s2"), "", 9)] == [SESSIONS[1]]
    assert [one.lane.kind for one in part.newest(Scope(), "metric", 9)] == ["metric"]
    assert part.newest(Scope(), "rating", 9) == []


@pytest.mark.parametrize("most", [1, 2, 3, 9])
def test_pages_of_the_newest_follow_each_other_within_chunks_too(part: PartitionStore, most: int) -> None:
    add(part, *(sealed(number, sizes=(1, 2, 3)) for number in (1, 2, 3)))
    found: list[Record] = []
    while page := part.newest(Scope(), "", most, found[-1].id if found else ""):
        assert len(page) <= most
        found += page
    assert found == sorted(part.records(Scope()), key=lambda one: one.id, reverse=True)
    assert len(found) == 9


@pytest.mark.parametrize("scope", [Scope(), Scope(session="s1"), Scope(organisation=2)], ids=str)
def test_a_walk_passes_every_chunk_in_the_order_they_were_created(part: PartitionStore, scope: Scope) -> None:
    hours = {1: 5, 2: 1, 3: 4, 4: 1, 5: 0}
    add(part, *(sealed(number, KEYS[number - 1], hours=hours[number]) for number in (3, 1, 5, 4, 2)))
    walked = list(part.walk(scope))
    assert walked == sorted(part.chunks(scope), key=lambda one: (one.created, one.uid))
    assert walked


def test_those_that_are_there_are_told_from_those_that_are_not(part: PartitionStore) -> None:
    part.add([KEYS[0]], [sealed(1, KEYS[0]), sealed(2, KEYS[0])])
    assert part.there([uid(1), uid(2), uid(3)]) == {uid(1), uid(2)}
    part.remove([uid(1)])
    assert part.there([uid(1), uid(2), uid(3)]) == {uid(2)}
    assert part.there([]) == set()
