from __future__ import annotations

import hashlib
from contextlib import closing
from os import urandom
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from carnet.errors import StoreError
from carnet.model.record import Form, Scope, record_id
from carnet.records.grounding import Grounding
from carnet.records.grouping import Group, Stretch, grouped
from carnet.records.opening import Opening
from carnet.records.sealing import Body, body_of, listed
from carnet.records.tails import Tails
from carnet.records.writing import write_groups
from carnet.stores.embedded.records import EmbeddedRecords
from carnet.stores.embedded.slots import SlotFiles
from carnet.stores.sql.partition import SqlPartition
from tests.records.kept import PAT, QUINN, Shelf

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from carnet.model.record import Chunk, Draft, Partition


def groups_of(shelf: Shelf, *drafts: Draft) -> list[Group]:
    shelf.writer.standing.refresh()
    grounding = Grounding(shelf.writer.standing, shelf.writer._rules(shelf.now), shelf.now)
    runs = [Stretch(grounding.of(one), at, [one]) for at, one in enumerate(drafts)]  # type: ignore[arg-type]
    return grouped(runs, urandom)


def write(shelf: Shelf, tails: Tails, *drafts: Draft) -> None:
    with shelf.store.lock():
        write_groups(shelf.store, shelf.keyring, tails, groups_of(shelf, *drafts), urandom)


def chunks(shelf: Shelf) -> list[tuple[Partition, Chunk]]:
    return [
        (part, one)
        for part in shelf.store.catalogue.partitions()
        for one in shelf.store.partition(part.name).chunks(Scope())
    ]


def texts(shelf: Shelf) -> list[list[bytes]]:
    found = []
    for part, one in chunks(shelf):
        text = Opening(shelf.store, shelf.keyring, part).text(one)
        found.append([body_of(text, *row).data for row in listed(text)])
    return found


def test_a_group_becomes_one_chunk_whose_row_tells_what_is_in_it(shelf: Shelf) -> None:
    write(shelf, Tails(), shelf.draft("one"), shelf.draft("three", form=Form.TEXT))
    ((partition, chunk),) = chunks(shelf)
    data = shelf.store.partition(partition.name).data([chunk.uid])[chunk.uid]
    assert (chunk.count, chunk.size, chunk.depth, chunk.base) == (2, 8, 0, b"")
    assert (chunk.length, chunk.digest) == (len(data), hashlib.sha256(data).digest())
    assert (chunk.created, chunk.key.session.name, chunk.object) == (shelf.now, "s1", "")
    entries = shelf.store.partition(partition.name).entries([chunk.uid])[chunk.uid]
    assert [(one.id, one.start, one.size) for one in entries] == [
        (record_id(chunk.uid, 0), 0, 3),
        (record_id(chunk.uid, 1), 3, 5),
    ]


def test_groups_of_one_batch_rest_on_each_other_too(shelf: Shelf) -> None:
    half = "x" * 700_000
    write(shelf, Tails(), shelf.draft(half), shelf.draft(half), shelf.draft(half))
    assert [one.depth for _, one in chunks(shelf)] == [0, 1, 2]
    assert texts(shelf) == [[half.encode()]] * 3


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=4), max_size=6), st.booleans())
def test_batches_come_back_whoever_remembers_the_ones_before(
    shelf: Shelf, batches: list[list[bytes]], anew: object
) -> None:
    before, tails = len(chunks(shelf)), Tails()
    for bodies in batches:
        tails = Tails() if anew else tails
        write(shelf, tails, *(shelf.draft(one) for one in bodies))
    assert texts(shelf)[before:] == batches


def test_many_small_bodies_rest_on_no_chunk_but_carry_the_next(shelf: Shelf) -> None:
    tails = Tails()
    for many, size in ((1, 600), (16, 600), (15, 600), (16, 5000)):
        write(shelf, tails, *(shelf.draft(f"{at}{'x' * size}") for at in range(many)))
    found = [one for _, one in chunks(shelf)]
    assert [one.depth for one in found] == [0, 0, 1, 2]
    assert [one.base for one in found[1:]] == [b"", found[1].uid, found[2].uid]
    assert [len(one) for one in texts(shelf)] == [1, 16, 15, 16]


def test_each_partition_is_written_by_itself(shelf: Shelf) -> None:
    write(shelf, Tails(), shelf.draft("days"), shelf.draft("years", PAT), shelf.draft("again"))
    assert {part.name: one.count for part, one in chunks(shelf)} == {"days30-2026-05-01": 2, "years5-2031-04": 1}


def test_sessions_get_their_keys_in_one_step(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = []
    append = SlotFiles.append

    def counted(self: SlotFiles, file: str, wrapped: Sequence[bytes]) -> list[int]:
        steps.append((file, len(wrapped)))
        return append(self, file, wrapped)

    monkeypatch.setattr(SlotFiles, "append", counted)
    write(shelf, Tails(), *(shelf.draft(session=f"s{number}") for number in range(20)))
    assert ("days30-2026-05-01", 20) in steps
    assert sum(1 for file, _ in steps if file != "ring") == 1


def test_keys_are_written_before_what_is_sealed_by_them(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    add = SqlPartition.add
    seen = []

    def looking(self: SqlPartition, keys: Sequence[object], sealed: Sequence[object]) -> object:
        seen.append(shelf.store.keys.used(self.name))
        return add(self, keys, sealed)  # type: ignore[arg-type]

    monkeypatch.setattr(SqlPartition, "add", looking)
    shelf.kept()
    assert seen == [[0]]


def test_after_a_fault_no_chunk_rests_on_what_was_not_written(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    tails = Tails()
    write(shelf, tails, shelf.draft("one"))

    def full(*_: object) -> list[object]:
        raise StoreError("full")

    with monkeypatch.context() as patched:
        patched.setattr(SqlPartition, "add", full)
        with pytest.raises(StoreError):
            write(shelf, tails, shelf.draft("two"))
    write(shelf, tails, shelf.draft("three"))
    assert texts(shelf) == [[b"one"], [b"three"]]
    assert chunks(shelf)[1][1].base in {b"", chunks(shelf)[0][1].uid}


def test_keys_that_were_written_for_nothing_are_swept(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> list[object]:
        raise StoreError("full")

    with monkeypatch.context() as patched:
        patched.setattr(SqlPartition, "add", full)
        with pytest.raises(StoreError):
            write(shelf, Tails(), shelf.draft("two"))
    assert shelf.store.keys.used("days30-2026-05-01") == [0]
    shelf.keep()
    assert shelf.store.keys.used("days30-2026-05-01") == []
    assert shelf.faults() == []


def test_a_key_is_known_again_by_who_has_never_seen_it(shelf: Shelf, data: Path) -> None:
    shelf.kept("one")
    with closing(EmbeddedRecords(data)) as opened:
        Shelf(opened).kept("two")
    assert len({one.key.uid for _, one in chunks(shelf)}) == 1
    assert shelf.store.keys.used("days30-2026-05-01") == [0]


def test_a_key_that_another_epoch_wraps_is_the_same_key(shelf: Shelf) -> None:
    tails = Tails()
    write(shelf, tails, shelf.draft("one"))
    organisation = shelf.organisation("acme").id
    shelf.keyring.new_epoch(organisation, 2)
    shelf.store.catalogue.remove_org_keys([])
    (partition, chunk), *_ = chunks(shelf)
    assert shelf.keyring.rewrap(partition, [chunk.key]) == 1
    write(shelf, tails, shelf.draft("two"))
    assert {one.key.uid for _, one in chunks(shelf)} == {chunk.key.uid}
    assert texts(shelf) == [[b"one"], [b"two"]]


def test_no_nonce_is_used_twice(shelf: Shelf) -> None:
    for number in range(20):
        shelf.put(shelf.draft(f"{number}"), shelf.draft(f"{number}", QUINN))
    nonces = [shelf.store.partition(part.name).data([one.uid])[one.uid][:12] for part, one in chunks(shelf)]
    assert len(set(nonces)) == len(nonces) == 40


def test_a_body_is_sealed_as_what_it_was_given_as(shelf: Shelf) -> None:
    ids = {form: shelf.kept(b"[1]", form=form) for form in Form}
    for form, record in ids.items():
        found = next(one for one in shelf.listed() if one.id == record)
        part = next(one for one in shelf.store.catalogue.partitions() if one.name == found.partition)
        chunk = shelf.store.partition(part.name).chunk(found.chunk)
        assert chunk is not None
        text = Opening(shelf.store, shelf.keyring, part).text(replace(chunk))
        assert body_of(text, bytes.fromhex(record), 0, 3) == Body(bytes.fromhex(record), b"[1]", form)
