"""Reports on their way to the store: acknowledged when durable, kept once, each tenant in its turn."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.gateway.intake.desk import Desk, Outcome, Pending
from carnet.records import writing
from carnet.records.spool import Spool
from tests.records.kept import ANN, PAT, Shelf, ruin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from carnet.model.record import Draft
    from carnet.records.putting import Answer
    from carnet.stores.contract import Store


@pytest.fixture
def shelf(store: Store) -> Shelf:
    return Shelf(store.records).settle()


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carnet.gateway.intake.desk.RETRY_EVERY", 0.02)


@asynccontextmanager
async def at_desk(shelf: Shelf, spool_bytes: int = 1 << 20) -> AsyncIterator[Desk]:
    desk = Desk(shelf.writer, Spool(shelf.store.spool, shelf.keyring.spool_key(), spool_bytes), lambda: shelf.now)
    desk.start()
    try:
        yield desk
    finally:
        await desk.stop()


def pending(shelf: Shelf, words: str = "words", mark: bytes = b"", account: str = ANN, **more: object) -> Pending:
    draft = shelf.draft(words, account, kind="metric", flow="metrics")
    return Pending(draft, mark, **more)  # type: ignore[arg-type]


@contextmanager
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("carnet.records.putting.write_groups", fail)
        yield


async def test_what_is_acknowledged_is_in_the_store(shelf: Shelf) -> None:
    async with at_desk(shelf) as desk:
        assert await desk.keep(1, [pending(shelf, "one"), pending(shelf, "two")]) == [Outcome.KEPT] * 2
        assert sorted(shelf.shown(one.id) for one in shelf.everything()) == [b"one", b"two"]


async def test_the_same_is_kept_once_also_while_it_is_being_written(shelf: Shelf) -> None:
    async with at_desk(shelf) as desk:
        asked = [desk.keep(1, [pending(shelf, mark=b"m")]) for _ in range(20)]
        outcomes = [one for told in await asyncio.gather(*asked) for one in told]
        assert sorted(one.value for one in outcomes) == ["kept"] + ["repeated"] * 19
        assert await desk.keep(1, [pending(shelf, mark=b"m"), pending(shelf, mark=b"n")]) == [
            Outcome.REPEATED,
            Outcome.KEPT,
        ]
        assert await desk.keep(1, [pending(shelf, mark=b"o")] * 1 + [pending(shelf, mark=b"o")]) == [
            Outcome.KEPT,
            Outcome.REPEATED,
        ]
    assert len(shelf.everything()) == 3


async def test_without_a_mark_nothing_is_taken_for_a_retry(shelf: Shelf) -> None:
    async with at_desk(shelf) as desk:
        assert await desk.keep(1, [pending(shelf), pending(shelf)]) == [Outcome.KEPT] * 2
        assert await desk.keep(1, [pending(shelf)]) == [Outcome.KEPT]


async def test_a_client_that_leaves_does_not_undo_what_it_sent(shelf: Shelf) -> None:
    async with at_desk(shelf) as desk:
        task = asyncio.create_task(desk.keep(1, [pending(shelf, mark=b"m")]))
        await asyncio.sleep(0)
        task.cancel()
        assert await desk.keep(1, [pending(shelf, mark=b"m")]) == [Outcome.REPEATED]
    assert len(shelf.everything()) == 1


async def test_while_the_store_is_away_reports_are_sealed_and_come_back(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_desk(shelf) as desk:
        with away(monkeypatch):
            assert await desk.keep(1, [pending(shelf, mark=b"m")]) == [Outcome.SPOOLED]
            assert await desk.keep(1, [pending(shelf, mark=b"m")]) == [Outcome.REPEATED]
            assert desk.away
        for _ in range(500):
            if shelf.everything():
                break
            await asyncio.sleep(0.01)
    assert [shelf.shown(one.id) for one in shelf.everything()] == [b"words"]
    assert not desk.away


async def test_beside_a_damaged_file_the_others_are_kept_and_the_rest_waits(shelf: Shelf, data: Path) -> None:
    shelf.kept("before", PAT)
    ruin(shelf, data, "years5-2031-04")
    feedback = shelf.draft("fed back", PAT, kind="feedback", flow="feedback")
    async with at_desk(shelf) as desk:
        given = [pending(shelf), Pending(feedback, b""), Pending(feedback, b"", spooled=False)]
        assert await desk.keep(1, given) == [Outcome.KEPT, Outcome.SPOOLED, Outcome.AWAY]
        assert not desk.away
    assert len(desk.spool.names()) == 1


async def test_what_was_kept_of_a_batch_is_not_spooled_as_well(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    write, calls = writing._write_partition, list[int]()

    def once(*args: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise StoreError("the disk is full")
        write(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "_write_partition", once)
    feedback = Pending(shelf.draft("fed back", PAT, kind="feedback", flow="feedback"), b"")
    async with at_desk(shelf) as desk:
        assert await desk.keep(1, [pending(shelf), feedback]) == [Outcome.KEPT, Outcome.SPOOLED]
        for _ in range(500):
            if len(shelf.everything()) == 2:
                break
            await asyncio.sleep(0.01)
    assert sorted(shelf.shown(one.id) for one in shelf.everything()) == [b"fed back", b"words"]


async def test_what_may_not_wait_and_what_has_no_room_is_not_acknowledged(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_desk(shelf) as desk:
        with away(monkeypatch):
            mixed = [pending(shelf, spooled=False), pending(shelf)]
            assert await desk.keep(1, mixed) == [Outcome.AWAY, Outcome.SPOOLED]
    async with at_desk(shelf, spool_bytes=1) as desk:
        with away(monkeypatch):
            assert await desk.keep(1, [pending(shelf, mark=b"m")]) == [Outcome.AWAY]
        await asyncio.sleep(0.05)
        assert await desk.keep(1, [pending(shelf, mark=b"m")]) == [Outcome.KEPT]


async def test_a_fault_of_any_kind_is_told_and_ends_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_desk(shelf, spool_bytes=1) as desk:
        with monkeypatch.context() as patch:
            patch.setattr(Spool, "add", lambda *_: 1 / 0)
            patch.setattr("carnet.records.putting.write_groups", lambda *_: 1 / 0)
            assert await desk.keep(1, [pending(shelf)]) == [Outcome.AWAY]
        await asyncio.sleep(0.05)
        assert await desk.keep(1, [pending(shelf)]) == [Outcome.KEPT]


async def test_whose_account_is_gone_is_refused_alone(shelf: Shelf) -> None:
    async with at_desk(shelf) as desk:
        both = [pending(shelf, account="gone@acme.test"), pending(shelf)]
        assert await desk.keep(1, both) == [Outcome.REFUSED, Outcome.KEPT]


async def test_a_tenant_that_floods_waits_for_itself_alone(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[bytes] = []
    held = threading.Event()
    put = shelf.writer.put

    def slowly(drafts: Sequence[Draft], now: datetime) -> list[Answer]:
        held.wait(20)
        order.extend(draft.body for draft in drafts)
        return put(drafts, now)

    monkeypatch.setattr("carnet.gateway.intake.desk.BATCH", 4)
    monkeypatch.setattr("carnet.records.putting.Writer.put", lambda _, drafts, now: slowly(drafts, now))
    async with at_desk(shelf) as desk:
        asked = [asyncio.create_task(desk.keep(1, [pending(shelf, "flood")])) for _ in range(40)]
        await asyncio.sleep(0.05)
        asked.append(asyncio.create_task(desk.keep(2, [pending(shelf, "other")])))
        await asyncio.sleep(0.05)
        held.set()
        await asyncio.gather(*asked)
    assert b"other" in order[:8]


async def test_what_waits_at_the_end_is_written(shelf: Shelf) -> None:
    desk = Desk(shelf.writer, Spool(shelf.store.spool, shelf.keyring.spool_key()), lambda: shelf.now)
    desk.start()
    asked = [asyncio.create_task(desk.keep(1, [pending(shelf)])) for _ in range(30)]
    await asyncio.sleep(0)
    await desk.stop()
    assert await asyncio.gather(*asked) == [[Outcome.KEPT]] * 30
    assert len(shelf.everything()) == 30


async def test_clients_that_were_answered_together_are_written_together_again(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carnet.gateway.intake.desk.GATHER", 20.0)
    monkeypatch.setattr("carnet.gateway.intake.desk.LONGEST_GATHER", 20.0)
    sizes: list[int] = []
    put = shelf.writer.put

    def counted(drafts: Sequence[Draft], now: datetime) -> list[Answer]:
        sizes.append(len(drafts))
        return put(drafts, now)

    monkeypatch.setattr(type(shelf.writer), "put", lambda _, drafts, now: counted(drafts, now))
    desk = Desk(shelf.writer, Spool(shelf.store.spool, shelf.keyring.spool_key(), 1 << 20), lambda: shelf.now)
    first = [asyncio.create_task(desk.keep(1, [pending(shelf, f"{number}")])) for number in range(4)]
    await asyncio.sleep(0)
    desk.start()
    await asyncio.gather(*first)
    again = []
    for number in range(4):
        again.append(asyncio.create_task(desk.keep(1, [pending(shelf, f"again {number}")])))
        await asyncio.sleep(0.01)
    await asyncio.gather(*again)
    await desk.stop()
    assert sizes == [4, 4]


async def test_a_lone_report_after_many_is_written_all_the_same(shelf: Shelf) -> None:
    async with at_desk(shelf) as desk:
        await asyncio.gather(*(desk.keep(1, [pending(shelf, f"{number}")]) for number in range(9)))
        for _ in range(3):
            assert await desk.keep(1, [pending(shelf)]) == [Outcome.KEPT]


async def test_a_batch_waits_no_longer_for_others_than_a_bound(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carnet.gateway.intake.desk.GATHER", 3600.0)
    async with at_desk(shelf) as desk:
        await asyncio.gather(*(desk.keep(1, [pending(shelf, f"{number}")]) for number in range(9)))
        assert await desk.keep(1, [pending(shelf)]) == [Outcome.KEPT]
