"""Whatever is added, removed and changed in a partition: what it tells is what is there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

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
    st.tuples(st.sampled_from(["remove", "decide", "end", "settle"]), st.integers(0, 7), st.sampled_from(LANES)),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=10))
def test_whatever_is_done_the_index_tells_what_is_there(records: RecordStore, steps: list[tuple[object, ...]]) -> None:
    part = records.partition("law")
    part.remove([one.uid for one in part.chunks(Scope())])
    held: dict[bytes, Sealed] = {}
    packed: set[bytes] = set()
    for number, step in enumerate(steps, 1):
        match step:
            case ("add", key_, of, list(sizes)):
                one = sealed(number, key_, sizes=sizes, of=of)  # type: ignore[arg-type]
                add(part, one)
                held[one.chunk.uid] = one
            case (str(what), int(mask), lane_):
                some = [one for at, one in enumerate(held) if mask >> at % 3 & 1]
                if what == "remove":
                    part.remove(some)
                    held = {one: had for one, had in held.items() if one not in some}
                elif what == "end":
                    part.end(dict.fromkeys(some, make.at(9)))
                elif what == "decide":
                    held |= {one: decided(held[one], lane_) for one in some}  # type: ignore[arg-type]
                    part.replace([held[one] for one in some])
                    packed -= set(some)
                else:
                    part.settle([replace(held[one].chunk, object="bodies/o") for one in some])
                    packed |= set(some)
        assert_told(part, held, packed)


def decided(one: Sealed, of: Lane) -> Sealed:
    return replace(one, chunk=replace(one.chunk, lane=of))


def assert_told(part: PartitionStore, held: dict[bytes, Sealed], packed: set[bytes]) -> None:
    counted, sizes = Counter[tuple[int, Lane]](), Counter[tuple[int, Lane]]()
    for one in held.values():
        place = one.chunk.key.session.organisation, one.chunk.lane
        counted[place] += one.chunk.count
        sizes[place] += one.chunk.size
    assert part.check() == []
    assert {place: (number, sizes[place]) for place, number in counted.items()} == {
        (one.organisation, one.lane): (one.records, one.bytes) for one in part.tallies()
    }
    assert {(uid_, one.chunk.lane) for uid_, one in held.items()} == {
        (one.uid, one.lane) for one in part.chunks(Scope())
    }
    assert {one.chunk.key for one in held.values()} == set(part.scoped_keys(Scope()))
    assert {one.chunk.key.session for one in held.values()} == set(part.sessions(Scope()))
    assert {uid_: one.data for uid_, one in held.items() if uid_ not in packed} == part.data(list(held))
    assert {entry.id.hex() for one in held.values() for entry in entries(one)} == {
        record.id for record in part.records(Scope())
    }
