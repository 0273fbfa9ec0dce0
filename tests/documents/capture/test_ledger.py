"""Captures are written in groups, and reported once they are durable."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from carnet.documents.capture.ledger import Ledger
from carnet.errors import NotFoundError, StoreError
from carnet.model.document import Attempt, Outcome
from tests import make

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from carnet.model.document import Capture, Observation
    from carnet.stores.contract import Store


def written(store: Store, *entries: Observation | Attempt) -> list[Capture | BaseException]:
    async def together() -> list[Capture | BaseException]:
        ledger = Ledger(store, 0.005)
        return await asyncio.gather(*map(ledger.write, entries), return_exceptions=True)

    return asyncio.run(together())


def test_entries_get_their_own_captures_in_one_transaction(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    owners = [store.documents.add_document(make.document(f"d{n}")).id for n in range(3)]
    calls: list[int] = []
    record = store.documents.record

    def counted(seen: Sequence[Observation]) -> list[Capture]:
        calls.append(len(seen))
        return record(seen)

    monkeypatch.setattr(store.documents, "record", counted)
    entries = [make.observation(owner, 1, b"%d\n" % owner) for owner in owners]
    found = written(store, *entries, Attempt(make.attempt(owners[0], 2)))
    assert [getattr(each, "document", None) for each in found] == [*owners, owners[0]]
    assert calls == [3]


def test_a_capture_is_in_the_store_when_it_is_reported(store: Store) -> None:
    owner = store.documents.add_document(make.document()).id

    async def one() -> bool:
        capture = await Ledger(store, 0.005).write(make.observation(owner, 1))
        return store.documents.captures(owner) == [capture]

    assert asyncio.run(one())


def test_a_document_removed_meanwhile_spoils_only_its_own_capture(store: Store) -> None:
    owner, gone = (store.documents.add_document(make.document(name)) for name in ("a", "b"))
    store.documents.remove_documents([gone])
    found = written(
        store,
        make.observation(owner.id, 1),
        make.observation(gone.id, 1),
        Attempt(make.attempt(owner.id, 2, Outcome.FAILED, "no")),
    )
    assert isinstance(found[1], NotFoundError)
    assert [getattr(found[n], "outcome", None) for n in (0, 2)] == [Outcome.NEW, Outcome.FAILED]


def test_a_store_that_cannot_write_is_told_to_everybody_who_waits(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> list[Capture]:
        raise StoreError("the disk is full")

    monkeypatch.setattr(store.documents, "record", full)
    owner = store.documents.add_document(make.document()).id
    found = written(store, make.observation(owner, 1), make.observation(owner, 2))
    assert [type(each) for each in found] == [StoreError, StoreError]
