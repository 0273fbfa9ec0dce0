"""Whatever is added, removed and changed in a partition: what it tells is what is there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.model.record import Lane, Scope
from tests import make
from tests.stores.rows import entries, sealed
from tests.stores.test_records_contract_partitions import KEYS, LANES, add

if TYPE_CHECKING:
    from carnet.model.record import Sealed
    from carnet.stores.records_contract import PartitionStore, RecordStore

STEPS = st.one_of(
    st.tuples(
        st.just("add"),
        st.sampled_from(KEYS),
        st.sampled_from(LANES),
        st.lists(st.integers(0, 9), min_size=1, max_size=3),
    ),
    st.tuples(st.sampled_from(["remove", "relane", "replace", "settle"]), st.integers(0, 7), st.sampled_from(LANES)),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=10))
def test_whatever_is_done_the_index_tells_what_is_there(records: RecordStore, steps: list[tuple[object, ...]]) -> None:
    part = records.partition("law")
    part.remove([one.uid for one in part.chunks(Scope())])
    held: dict[bytes, tuple[Sealed, Lane]] = {}
    packed: set[bytes] = set()
    for number, step in enumerate(steps, 1):
        match step:
            case ("add", key_, of, list(sizes)):
                one = sealed(number, key_, sizes=sizes, of=of)  # type: ignore[arg-type]
                add(part, one)
                held[one.chunk.uid] = one, one.chunk.lane
            case (str(what), int(mask), lane_):
                some = [one for at, one in enumerate(held) if mask >> at % 3 & 1]
                if what == "remove":
                    part.remove(some)
                    held = {one: had for one, had in held.items() if one not in some}
                elif what == "relane":
                    part.relane({one: (lane_, make.at(9)) for one in some})  # type: ignore[misc]
                    held |= {one: (held[one][0], lane_) for one in some}  # type: ignore[misc]
                elif what == "replace":
                    part.replace([held[one][0] for one in some])
                    packed -= set(some)
                else:
                    part.settle([replace(held[one][0].chunk, object="bodies/o") for one in some])
                    packed |= set(some)
        assert_told(part, held, packed)


def assert_told(part: PartitionStore, held: dict[bytes, tuple[Sealed, Lane]], packed: set[bytes]) -> None:
    counted, sizes = Counter[tuple[int, Lane]](), Counter[tuple[int, Lane]]()
    for one, of in held.values():
        counted[one.chunk.key.session.organisation, of] += one.chunk.count
        sizes[one.chunk.key.session.organisation, of] += one.chunk.size
    assert part.check() == []
    assert {place: (number, sizes[place]) for place, number in counted.items()} == {
        (one.organisation, one.lane): (one.records, one.bytes) for one in part.tallies()
    }
    assert {(uid_, of) for uid_, (_, of) in held.items()} == {(one.uid, one.lane) for one in part.chunks(Scope())}
    assert {one.chunk.key for one, _ in held.values()} == set(part.scoped_keys(Scope()))
    assert {one.chunk.key.session for one, _ in held.values()} == set(part.sessions(Scope()))
    assert {uid_: one.data for uid_, (one, _) in held.items() if uid_ not in packed} == part.data(list(held))
    assert {entry.id.hex() for one, _ in held.values() for entry in entries(one)} == {
        record.id for record in part.records(Scope())
    }
