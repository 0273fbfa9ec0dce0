from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from carnet.errors import DamagedError, GoneError
from carnet.model.record import Scope
from carnet.records.opening import Opening
from carnet.records.sealing import listed
from carnet.stores.embedded.records import EmbeddedRecords
from carnet.stores.sql.partition import SqlPartition
from tests.records.kept import Shelf

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from carnet.model.record import Chunk, Partition
    from carnet.stores.records_contract import PartitionStore

NAME = "days30-2026-05-01"


def opening(shelf: Shelf) -> Opening:
    return Opening(shelf.store, shelf.keyring, partition(shelf))


def partition(shelf: Shelf) -> Partition:
    return next(one for one in shelf.store.catalogue.partitions() if one.name == NAME)


def where(shelf: Shelf) -> PartitionStore:
    return shelf.store.partition(NAME)


def chunks(shelf: Shelf) -> list[Chunk]:
    return where(shelf).chunks(Scope())


def bodies(text: bytes) -> list[bytes]:
    rows = listed(text)
    first = len(text) - sum(size for *_, size in rows)
    return [text[first + start : first + start + size] for _, start, size in rows]


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_chunks_open_in_any_order(shelf: Shelf, packed: object) -> None:
    wanted = [f"turn {number}".encode() for number in range(14)]
    for body in wanted:
        shelf.kept(body)
    if packed:
        assert shelf.later(hours=1).keep().packed == 1
    found = chunks(shelf)
    assert all(bool(one.object) == bool(packed) for one in found)
    for order in (range(14), reversed(range(14)), [13, 0, 7, 12, 1]):
        once = opening(shelf)
        for number in order:
            assert bodies(once.text(found[number])) == [wanted[number]]
            assert len(once._texts) <= 8


def test_neighbours_are_not_opened_twice(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        shelf.kept(f"turn {number}")
    once, found, asked = opening(shelf), chunks(shelf), list[bytes]()
    data = SqlPartition.data

    def counted(self: SqlPartition, uids: list[bytes]) -> Mapping[bytes, bytes]:
        asked.extend(uids)
        return data(self, uids)

    monkeypatch.setattr(SqlPartition, "data", counted)
    for one in found:
        once.text(one)
    assert asked == [one.uid for one in found]


def test_without_its_key_nothing_opens(shelf: Shelf) -> None:
    shelf.kept()
    (chunk,) = chunks(shelf)
    shelf.store.keys.destroy(NAME, [chunk.key.slot])
    with pytest.raises(GoneError, match="has been destroyed; nothing can open it any more"):
        opening(shelf).text(chunk)


def test_a_chunk_whose_ground_is_gone_is_damaged(shelf: Shelf) -> None:
    shelf.kept("one")
    shelf.kept("two")
    first, second = chunks(shelf)
    where(shelf).remove([first.uid])
    with pytest.raises(DamagedError, match="rests on one that is not there; delete the session"):
        opening(shelf).text(second)


def test_a_circle_that_damage_made_comes_to_an_end(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.kept("one")
    shelf.kept("two")
    first, second = chunks(shelf)
    rows = {first.uid: replace(first, base=second.uid), second.uid: second}
    monkeypatch.setattr(SqlPartition, "chunk", lambda _, uid: rows[uid])
    with pytest.raises(DamagedError, match="rests on one that is not there"):
        opening(shelf).text(second)


def test_bytes_that_are_not_the_written_ones_are_not_opened(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.kept()
    (chunk,) = chunks(shelf)
    data = where(shelf).data([chunk.uid])[chunk.uid]
    monkeypatch.setattr(SqlPartition, "data", lambda _, uids: dict.fromkeys(uids, data[:-1] + bytes([data[-1] ^ 1])))
    with pytest.raises(DamagedError, match="its bytes are not the ones that were written"):
        opening(shelf).text(chunk)


def test_a_missing_object_is_named(shelf: Shelf) -> None:
    shelf.kept()
    shelf.later(hours=1).keep()
    (chunk,) = chunks(shelf)
    shelf.store.objects.delete([chunk.object])
    with pytest.raises(DamagedError, match=rf"its object {chunk.object} is missing; restore it, or delete the session"):
        opening(shelf).text(chunk)


def test_an_object_that_was_cut_off_is_not_opened(shelf: Shelf) -> None:
    for number in range(2):
        shelf.kept(f"turn {number}")
    shelf.later(hours=1).keep()
    found = chunks(shelf)
    whole = shelf.store.objects.get(found[0].object)
    shelf.store.objects.put(found[0].object, whole[: found[1].offset + 5])
    once = opening(shelf)
    assert bodies(once.text(found[0])) == [b"turn 0"]
    with pytest.raises(DamagedError):
        once.text(found[1])


def test_what_was_packed_since_its_row_was_read_is_found(shelf: Shelf, data: Path) -> None:
    shelf.kept("one")
    before = chunks(shelf)
    with closing(EmbeddedRecords(data)) as opened:
        other = Shelf(opened, shelf.now)
        other.later(hours=1).keep()
    assert bodies(opening(shelf).text(before[0])) == [b"one"]
    assert opening(shelf).data(before[0]) == opening(shelf).data(chunks(shelf)[0])


def test_what_is_read_ahead_is_what_is_read_one_by_one(shelf: Shelf) -> None:
    for number in range(5):
        shelf.later(seconds=1).kept(f"turn {number}")
    found, once = chunks(shelf), opening(shelf)
    once.read_ahead(found)
    assert [once.data(one) for one in found] == [opening(shelf).data(one) for one in found]
    assert bodies(once.text(found[-1])) == [b"turn 4"]


def test_what_was_deleted_since_its_row_was_read_is_gone(shelf: Shelf) -> None:
    shelf.kept("one")
    (chunk,) = chunks(shelf)
    where(shelf).remove([chunk.uid])
    with pytest.raises(GoneError, match="has just been deleted"):
        opening(shelf).data(chunk)


def test_a_row_that_points_to_another_chunks_bytes_opens_nothing(shelf: Shelf) -> None:
    shelf.put(shelf.draft("one", session="s1"), shelf.draft("two", session="s2"))
    one, two = chunks(shelf)
    forged = replace(one, uid=two.uid, digest=two.digest, length=two.length)
    with pytest.raises(DamagedError, match="nothing of it is shown"):
        opening(shelf).text(forged)


def test_keys_that_were_opened_ahead_are_kept_for_those_chunks_only(shelf: Shelf) -> None:
    shelf.kept("first", session="s1")
    shelf.kept("second", session="s2")
    first, second = chunks(shelf)
    once = opening(shelf)
    once.keys_ahead([first, second])
    assert bodies(once.text(first)) == [b"first"]
    shelf.erase(session="s2")
    once.keys_ahead([first])
    with pytest.raises(GoneError):
        once.text(second)


def test_a_key_that_does_not_open_takes_no_other_with_it(shelf: Shelf) -> None:
    shelf.kept("first", session="s1")
    shelf.kept("second", session="s2")
    first, second = chunks(shelf)
    damaged = replace(second, key=replace(second.key, uid=bytes(len(second.key.uid))))
    once = opening(shelf)
    once.keys_ahead([first, damaged])
    assert bodies(once.text(first)) == [b"first"]
    with pytest.raises(DamagedError):
        once.text(damaged)
