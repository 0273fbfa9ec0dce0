"""Exchanges on their way to the store: durable there, else in the spool, else no new one is begun."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.gateway.queueing import Queue
from carnet.records import writing
from carnet.records.putting import Writer
from carnet.records.spool import Spool
from tests.records.kept import ACME, PAT, Shelf, mend, ruin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from carnet.gateway.contract import Fate
    from carnet.model.record import Draft
    from carnet.stores.contract import Store


@pytest.fixture
def shelf(store: Store) -> Shelf:
    return Shelf(store.records).settle()


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carnet.gateway.queueing._RETRY_EVERY", 0.02)


@contextmanager
def _queue(shelf: Shelf, most_bytes: int = 10_000, spool_bytes: int = 1 << 20) -> Iterator[Queue]:
    spool = Spool(shelf.store.spool, shelf.keyring.spool_key(), spool_bytes)
    queue = Queue(Writer(shelf.store), spool, most_bytes, lambda: shelf.now)
    queue.start()
    try:
        yield queue
    finally:
        queue.stop()


def _add(queue: Queue, draft: Draft, then: Callable[[Fate], object] = lambda _: None) -> None:
    assert queue.take(len(draft.body))
    queue.add(lambda: draft, len(draft.body), then)


def _add_many(queue: Queue, shelf: Shelf, number: int) -> None:
    for i in range(25):
        _add(queue, shelf.draft(f"{number} {i}", session=f"s{number}"))


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.005)


@contextmanager
def _away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def away(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("carnet.records.putting.write_groups", away)
        yield


def test_what_is_handed_over_is_in_the_store_when_that_is_told(shelf: Shelf) -> None:
    durable = threading.Event()
    with _queue(shelf) as queue:
        _add(queue, shelf.draft("words"), lambda _: durable.set())
        assert durable.wait(20)
        assert [shelf.shown(one.id) for one in shelf.everything()] == [b"words"]
        _until(lambda: queue.idle)
    assert (queue.counts.kept, queue.counts.lost) == (1, 0)


def test_every_one_of_many_threads_has_one_record(shelf: Shelf) -> None:
    with _queue(shelf, 1 << 20) as queue:
        threads = [threading.Thread(target=_add_many, args=(queue, shelf, number)) for number in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    bodies = sorted(shelf.shown(one.id).decode() for one in shelf.everything())
    assert bodies == sorted(f"{n} {i}" for n in range(8) for i in range(25))
    assert queue.bytes == 0


def test_while_the_store_is_away_the_spool_takes_it_and_gives_it_back(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable = threading.Event()
    with _queue(shelf) as queue:
        with _away(monkeypatch):
            _add(queue, shelf.draft("one"), lambda _: durable.set())
            assert durable.wait(20)
            assert queue.counts.away
            assert len(queue.spool.names()) == 1
            _until(lambda: queue.idle)
        _until(lambda: not queue.spool.names() and not queue.counts.away)
        _add(queue, shelf.draft("two"))
        _until(lambda: queue.idle)
    assert sorted(shelf.shown(one.id) for one in shelf.everything()) == [b"one", b"two"]
    assert (queue.counts.kept, queue.counts.spooled, queue.counts.lost) == (2, 1, 0)


def test_when_the_spool_is_empty_memory_is_given_back_without_a_rest(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Queue, "_rest", lambda *_: None)
    rests: list[int] = []
    with _queue(shelf) as queue:
        queue.at_rest = lambda: rests.append(queue.spool.size)
        with _away(monkeypatch):
            _add(queue, shelf.draft("one"))
            _until(lambda: queue.idle)
            assert rests == []
        _until(lambda: rests)
    assert rests == [0]


def test_beside_a_damaged_file_the_others_are_stored_and_the_rest_waits_for_the_repair(
    shelf: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("carnet.records.spool.REST", 0.05)
    shelf.kept("before", PAT)
    content = ruin(shelf, data, "years5-2031-04")
    fates = list[str]()
    with _queue(shelf) as queue:
        for turn in range(3):
            for one in (shelf.draft(f"ann {turn}"), shelf.draft(f"pat {turn}", PAT)):
                _add(queue, one, lambda fate: fates.append(fate.word))
            _until(lambda: queue.idle)
        assert sorted(fates) == ["spooled"] * 3 + ["stored"] * 3
        assert not queue.counts.away
        assert len([one for one in caplog.messages if "years5-2031-04" in one]) == 1, "told once"
        mend(data, "years5-2031-04", content)
        _until(lambda: not queue.spool.names())
    assert len(shelf.everything()) == 7
    assert (queue.counts.kept, queue.counts.spooled, queue.counts.lost) == (6, 3, 0)


def test_beside_a_damaged_file_and_with_a_full_spool_it_goes_on_waiting_within_its_bound(
    shelf: Shelf, data: Path
) -> None:
    shelf.kept("before", PAT)
    content = ruin(shelf, data, "years5-2031-04")
    with _queue(shelf, most_bytes=20, spool_bytes=10) as queue:
        _add(queue, shelf.draft("0123456789", PAT))
        _until(lambda: queue.full)
        assert queue.take(10)
        assert not queue.take(1), "no room for more is given while it waits"
        queue.give_back(10)
        mend(data, "years5-2031-04", content)
        _until(lambda: queue.idle)
    assert sorted(shelf.shown(one.id) for one in shelf.everything()) == [b"0123456789", b"before"]


@contextmanager
def _half(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The store takes one partition of each batch and then no more; one more in the list for each that came to it."""
    write = writing._write_partition
    calls = list[int]()

    def once(*args: object) -> None:
        calls.append(1)
        if len(calls) % 2 == 0:
            raise StoreError("the disk is full")
        write(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_write_partition", once)
        yield calls


@pytest.mark.parametrize("spool_bytes", [1 << 20, 10])
def test_what_the_store_took_of_a_batch_before_it_was_away_is_there_once(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, spool_bytes: int
) -> None:
    fates: list[Fate] = []
    with _half(monkeypatch) as calls:
        queue = Queue(
            Writer(shelf.store), Spool(shelf.store.spool, shelf.keyring.spool_key(), spool_bytes), now=lambda: shelf.now
        )
        for draft in (shelf.draft("a"), shelf.draft("b", PAT), shelf.draft("c")):
            _add(queue, draft, fates.append)
        queue.start()
        _until(lambda: len(calls) >= 2)  # and not whether it is away: it may be back a moment later
    _until(lambda: queue.idle and not queue.spool.names())
    queue.stop()
    assert sorted(shelf.shown(one.id) for one in shelf.everything()) == [b"a", b"b", b"c"]
    assert queue.counts.kept == 3
    assert len(fates) == 3


def _batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many were put together, each time. No batch is written before it was waited for to the end."""
    monkeypatch.setattr("carnet.gateway.queueing.GATHER", 3600.0)
    monkeypatch.setattr("carnet.gateway.queueing.LONGEST_GATHER", 3600.0)
    found: list[int] = []
    put = Writer.put

    def seen(self: Writer, drafts: Sequence[Draft], *more: object) -> object:
        found.append(len(drafts))
        return put(self, drafts, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Writer, "put", seen)
    return found


def test_a_batch_waits_for_those_under_way_if_as_many_ended_together_the_last_time(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = _batches(monkeypatch)
    spool = Spool(shelf.store.spool, shelf.keyring.spool_key())
    queue = Queue(Writer(shelf.store), spool, now=lambda: shelf.now)
    for together in (3, 3, 2):
        for _ in range(together):
            assert queue.take(4)
        for _ in range(together):
            queue.add(lambda: shelf.draft("word"), 4)
            time.sleep(0.01)
        if not batches:
            queue.start()
        _until(lambda: queue.idle)
    queue.stop()
    assert batches == [3, 3, 2]


def test_one_that_is_alone_waits_for_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = _batches(monkeypatch)
    with _queue(shelf) as queue:
        assert queue.take(7)  # something else is under way and does not end
        for number in range(3):
            _add(queue, shelf.draft(str(number)))
            _until(lambda: queue.bytes == 7)
        queue.give_back(7)
    assert batches == [1, 1, 1]


def test_the_end_waits_for_nobody_who_is_under_way(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    _batches(monkeypatch)
    with _queue(shelf) as queue:
        queue._expected = 5
        assert queue.take(7)
        _add(queue, shelf.draft("word"))
    assert [shelf.shown(one.id) for one in shelf.everything()] == [b"word"]


def test_whoever_waits_is_told_what_became_of_the_record(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    fates: list[Fate] = []
    told: list[tuple[str, int]] = []
    with _queue(shelf) as queue:
        queue.tell = lambda what, number: told.append((what, number))
        _add(queue, shelf.draft("one"), fates.append)
        _until(lambda: len(fates) == 1)
        _add(queue, shelf.draft("x", account="nobody@acme.test"), fates.append)
        _until(lambda: len(fates) == 2)
        with _away(monkeypatch):
            _add(queue, shelf.draft("two"), fates.append)
            _until(lambda: len(fates) == 3)
    assert [one.word for one in fates] == ["stored", "faulty", "spooled"]
    assert shelf.shown(fates[0].record) == b"one"
    assert told[:3] == [("kept", 1), ("faulty", 1), ("spooled", 1)]


def test_where_neither_takes_it_room_runs_out_and_nothing_is_lost(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _queue(shelf, most_bytes=1000, spool_bytes=10) as queue:
        with _away(monkeypatch):
            _add(queue, shelf.draft("a" * 600))
            _until(lambda: queue.counts.away)
            assert not queue.take(600)
            _until(lambda: queue.full)
            assert not queue.take(600)
        _until(lambda: queue.idle)
        assert not queue.full
        assert queue.take(600)
        queue.give_back(600)
    assert [len(shelf.shown(one.id)) for one in shelf.everything()] == [600]


def test_what_grows_beyond_the_bound_is_kept_all_the_same(shelf: Shelf) -> None:
    with _queue(shelf, most_bytes=100) as queue:
        assert queue.take(10)
        queue.grow(500)
        assert not queue.take(1)
        queue.add(lambda: shelf.draft("a" * 510), 510)
        _until(lambda: queue.idle)
    assert len(shelf.everything()) == 1


def test_the_end_writes_what_waits(shelf: Shelf) -> None:
    with _queue(shelf) as queue:
        for number in range(20):
            _add(queue, shelf.draft(str(number)))
    assert len(shelf.everything()) == 20


def test_the_end_spools_what_the_store_does_not_take(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    with _away(monkeypatch), _queue(shelf) as queue:
        _add(queue, shelf.draft("one"))
    assert len(queue.spool.names()) == 1
    with _queue(shelf) as again:
        _until(lambda: not again.spool.names())
    assert [shelf.shown(one.id) for one in shelf.everything()] == [b"one"]


def test_the_end_does_not_wait_for_a_store_that_hangs(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    free, stuck = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        stuck.set()
        free.wait(20)
        raise StoreError("too late")

    monkeypatch.setattr("carnet.records.putting.write_groups", hang)
    spool = Spool(shelf.store.spool, shelf.keyring.spool_key())
    queue = Queue(Writer(shelf.store), spool, now=lambda: shelf.now)
    queue.start()
    _add(queue, shelf.draft("one"))
    assert stuck.wait(20)
    _add(queue, shelf.draft("two"))
    queue.stop(0.05)
    assert sorted(one.body for name in spool.names() for one in spool.read(name)) == [b"one", b"two"]
    free.set()


def test_what_policy_refuses_is_nowhere_and_its_room_comes_back(shelf: Shelf) -> None:
    shelf.change(ACME, {"zdr": True})
    with _queue(shelf) as queue:
        _add(queue, shelf.draft("one"))
        _until(lambda: queue.idle)
    assert (queue.counts.refused, queue.counts.kept) == (1, 0)
    assert shelf.everything() == []
    assert not shelf.store.spool.exists()


def test_one_that_cannot_be_made_or_kept_holds_no_other_up(shelf: Shelf) -> None:
    told = threading.Event()

    def broken() -> Draft:
        raise ValueError("a fault")

    with _queue(shelf) as queue:
        queue.take(5)
        queue.add(broken, 5, lambda _: told.set())
        _add(queue, shelf.draft("x", account="nobody@acme.test"))
        _add(queue, shelf.draft("good"))
        assert told.wait(20)
        _until(lambda: queue.idle)
    assert (queue.counts.faulty, queue.counts.kept) == (2, 1)


def test_after_each_time_of_work_it_is_said_once_that_nothing_is_to_be_written(shelf: Shelf) -> None:
    rests: list[int] = []
    with _queue(shelf) as queue:
        queue.at_rest = lambda: rests.append(queue.counts.kept)
        time.sleep(0.1)
        assert rests == []
        for number in (1, 2):
            _add(queue, shelf.draft(f"words {number}"))
            _until(lambda: queue.idle and len(rests) == queue.counts.kept)
        time.sleep(0.1)
    assert rests == [1, 2]
