"""What a relay process knows of keys: fast, bounded, and within a second of the truth."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.accounts import keybook
from carnet.accounts.keybook import FRESH, KeyBook
from carnet.accounts.keys import Refusal, make_key, presented
from carnet.accounts.organisations import add_organisation, organisation_named
from carnet.accounts.people import account_named, add_account, new_account
from carnet.errors import StoreError
from carnet.model.account import SCOPES, Caller

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from carnet.stores.contract import Store
    from carnet.stores.records_contract import RecordStore

NOW = datetime(2026, 4, 1, 23, 50, tzinfo=UTC)
ANN, PAT, PEER = "ann@acme.test", "pat@people.test", "192.0.2.1"


class Desk:
    """A store with two tenants, a book over it, and the book's clock."""

    def __init__(self, store: RecordStore) -> None:
        self.store, self.at, self.lookups, self.broken = store, 1000.0, 0, False
        for name, terms, tier, email in (
            ("acme", "commercial", "enterprise", ANN),
            ("people", "consumer", "pro", PAT),
        ):
            organisation = add_organisation(store.directory, name, terms, tier, NOW)
            add_account(store.directory, new_account(email, organisation, "", NOW), "", NOW)
        self._find, self._generation = store.api_keys.find, store.catalogue.generation
        store.api_keys.find = self.find  # type: ignore[method-assign]
        store.catalogue.generation = self.generation  # type: ignore[method-assign]
        self.book = KeyBook(store, lambda: self.at, lambda: NOW + timedelta(seconds=self.at - 1000), grace=100)

    def find(self, ids: Sequence[str]) -> Mapping[str, Caller]:
        self.lookups += len(ids)
        self.check()
        return self._find(ids)

    def generation(self) -> int:
        self.check()
        return self._generation()

    def check(self) -> None:
        assert threading.current_thread().name.startswith("carnet-keys"), "the event loop never asks the store"
        if self.broken:
            raise StoreError("away")

    def key(self, email: str = ANN, scopes: Sequence[str] = SCOPES) -> str:
        account = account_named(self.store.directory, email)
        return make_key(self.store.api_keys, account, scopes, None, "", NOW)[1]

    async def refresh(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self.book._thread, self.book.refresh)

    async def email(self, text: str, scope: str = "relay", peer: str = PEER) -> str:
        """The address behind a key, or the reason why it is refused."""
        answer = await self.book.judged([text], scope, peer)
        return answer.account.email if isinstance(answer, Caller) else answer.reason


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    desk = Desk(store.records)
    yield desk
    desk.book.close()


async def test_each_tenants_key_is_its_own(desk: Desk) -> None:
    ann, pat = desk.key(), desk.key(PAT)
    await desk.refresh()
    assert [await desk.email(ann), await desk.email(pat)] == [ANN, PAT]
    caller = await desk.book.judged([pat], "relay", PEER)
    assert isinstance(caller, Caller)
    assert (caller.organisation.name, caller.organisation.terms) == ("people", "consumer")
    mixed = ann[:12] + pat[12:]
    assert await desk.email(mixed) == "mistyped"


async def test_a_known_key_costs_no_look_at_the_store(desk: Desk) -> None:
    text = desk.key()
    await desk.refresh()
    assert await desk.email(text) == ANN
    shown = presented([text])
    assert not isinstance(shown, Refusal)
    desk.broken = True
    for _ in range(100):
        assert isinstance(desk.book.known(shown, "relay", PEER), Caller)
    assert desk.lookups == 1


async def test_a_revoked_key_is_refused_after_the_next_look_and_memory_is_not_believed_for_long(desk: Desk) -> None:
    text = desk.key()
    await desk.refresh()
    assert await desk.email(text) == ANN
    desk.store.api_keys.revoke(text[3:11], NOW)
    desk.at += FRESH + 0.01
    assert await desk.email(text) == "revoked", "nobody has refreshed, so the store is asked"
    await desk.refresh()
    assert await desk.email(text) == "revoked"


async def test_a_key_is_not_unknown_because_everything_is_read_anew_right_after_it_was_looked_up(desk: Desk) -> None:
    text = desk.key()
    await desk.refresh()
    asking = asyncio.ensure_future(desk.email(text))
    await asyncio.sleep(0)
    desk.key(PAT)  # the catalogue changes
    desk.book._thread.submit(desk.book.refresh).result()  # the loop stands still, so it has not seen the answer yet
    assert await asking == ANN


async def test_closing_an_account_closes_its_keys_alone(desk: Desk) -> None:
    ann, pat = desk.key(), desk.key(PAT)
    await desk.refresh()
    assert [await desk.email(ann), await desk.email(pat)] == [ANN, PAT]
    desk.store.directory.remove_account(account_named(desk.store.directory, PAT).id)
    await desk.refresh()
    assert [await desk.email(ann), await desk.email(pat)] == [ANN, "unknown"]
    desk.store.directory.remove_organisation(organisation_named(desk.store.directory, "acme").id)
    await desk.refresh()
    assert await desk.email(ann) == "unknown"
    assert desk.store.api_keys.listed() == []


async def test_an_unknown_id_is_asked_about_once_and_a_key_made_later_works(desk: Desk) -> None:
    text = desk.key()
    desk.store.directory.remove_account(account_named(desk.store.directory, ANN).id)
    await desk.refresh()
    for _ in range(5):
        assert await desk.email(text) == "unknown"
    assert desk.lookups == 1
    late = desk.key(PAT)
    await desk.refresh()
    assert await desk.email(late) == PAT


async def test_guessing_is_slowed_for_the_guesser_and_for_nobody_who_is_known(desk: Desk) -> None:
    good, neighbour = desk.key(), desk.key(PAT)
    account = account_named(desk.store.directory, ANN)
    await desk.refresh()
    assert await desk.email(good) == ANN
    gone = [make_key(_Nowhere(), account, SCOPES, None, "", NOW)[1] for _ in range(60)]  # type: ignore[arg-type]
    desk.lookups = 0
    answers = [await desk.email(text) for text in gone]
    assert answers == ["unknown"] * 20 + ["guesses"] * 40
    assert desk.lookups == 20
    assert await desk.email(good) == ANN, "from the same address, behind the same proxy"
    assert await desk.email(neighbour, peer="192.0.2.2") == PAT
    refused = await desk.book.judged([gone[50]], "relay", PEER)
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.after) == (429, 6)
    desk.at += 6
    await desk.refresh()
    assert await desk.email(gone[50]) == "unknown"


async def test_a_wrong_secret_for_an_id_that_is_known_counts_as_a_guess(desk: Desk) -> None:
    text = desk.key()
    await desk.refresh()
    assert await desk.email(text) == ANN
    forged = _forged(text)
    answers = {await desk.email(forged) for _ in range(30)}
    assert answers == {"unknown", "guesses"}
    assert await desk.email(text) == ANN


async def test_memory_of_keys_and_of_unknown_ids_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keybook, "_MOST", 5)
    account = account_named(desk.store.directory, ANN)
    texts = [desk.key() for _ in range(12)]
    await desk.refresh()
    for number, text in enumerate(texts):
        assert await desk.email(text) == ANN
        gone = make_key(_Nowhere(), account, SCOPES, None, "", NOW)[1]  # type: ignore[arg-type]
        assert await desk.email(gone, peer=f"192.0.2.{number}") == "unknown"
    assert (len(desk.book._callers), len(desk.book._unknown)) == (5, 5)


async def test_lookups_for_all_peers_together_are_bounded(desk: Desk) -> None:
    account = account_named(desk.store.directory, ANN)
    await desk.refresh()
    for _ in range(500):
        desk.book._lookups.take(desk.at)
    gone = make_key(_Nowhere(), account, SCOPES, None, "", NOW)[1]  # type: ignore[arg-type]
    assert await desk.email(gone) == "busy"
    assert desk.lookups == 0


async def test_while_the_store_is_away_known_keys_work_for_a_while_and_others_do_not(desk: Desk) -> None:
    known, other = desk.key(), desk.key(PAT)
    await desk.refresh()
    assert await desk.email(known) == ANN
    desk.broken = True
    for _ in range(9):
        desk.at += 10
        with pytest.raises(StoreError):
            await desk.refresh()
        assert await desk.email(known) == ANN
        assert await desk.email(other) == "busy"
    desk.at += 11
    with pytest.raises(StoreError):
        await desk.refresh()
    assert await desk.email(known) == "busy", "the grace is over"
    desk.broken = False
    desk.store.api_keys.revoke(known[3:11], NOW)
    await desk.refresh()
    assert [await desk.email(known), await desk.email(other)] == ["revoked", PAT]


async def test_the_day_of_use_is_kept_and_nothing_finer(desk: Desk) -> None:
    text = desk.key()
    await desk.refresh()
    assert await desk.email(text) == ANN
    before = desk.store.catalogue.__class__.generation(desk.store.catalogue)
    await desk.refresh()
    (caller,) = desk.store.api_keys.listed()
    assert caller.key.used == NOW.date()
    desk.at += 1200
    await desk.refresh()
    assert await desk.email(text) == ANN
    await desk.refresh()
    (caller,) = desk.store.api_keys.listed()
    assert caller.key.used == NOW.date() + timedelta(days=1)
    assert desk.store.catalogue.__class__.generation(desk.store.catalogue) == before, "use changes nothing for others"


async def test_a_revocation_by_another_process_holds_within_a_second(store: Store, data: Path) -> None:
    organisation = add_organisation(store.records.directory, "acme", "commercial", "enterprise", NOW)
    account = add_account(store.records.directory, new_account(ANN, organisation, "", NOW), "", NOW)
    key, text = make_key(store.records.api_keys, account, ["relay"], None, "", datetime.now(UTC))
    book = KeyBook(store.records)
    task = asyncio.create_task(book.keep_fresh())
    try:
        assert isinstance(await book.judged([text], "relay", PEER), Caller)
        code = (
            "import sys,time;from datetime import datetime,UTC;from pathlib import Path;"
            "from carnet.stores.embedded.records import EmbeddedRecords;"
            "s=EmbeddedRecords(Path(sys.argv[1]));s.api_keys.revoke(sys.argv[2],datetime.now(UTC));"
            "print(time.time(),flush=True)"
        )
        environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]}
        process = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", code, str(data), key.id],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        revoked = float(process.stdout)
        await asyncio.sleep(max(0.0, revoked + 1.0 - time.time()))
        answer = await book.judged([text], "relay", PEER)
        assert isinstance(answer, Refusal)
        assert answer.reason == "revoked"
    finally:
        task.cancel()
        book.close()


class _Nowhere:
    """Takes keys that no store will know."""

    def add(self, key: object) -> None:
        pass


def _forged(text: str) -> str:
    """Another secret under the same id, with a checksum that fits."""
    from carnet.accounts.keys import _checksum  # noqa: PLC0415

    bare = text[:12] + text[12:52][::-1]
    assert bare != text[:52]
    return bare + _checksum(bare)


async def test_what_was_known_stands_until_anything_is_read_anew_or_its_time_is_over(desk: Desk) -> None:
    caller = await desk.book.judged([desk.key()], "relay", PEER)
    assert isinstance(caller, Caller)
    stands = desk.book.stands(caller, 3600.0)
    assert stands is not None
    assert desk.book.same(stands, desk.at + FRESH)
    assert not desk.book.same(stands, desk.at + FRESH + 0.01)
    soon = desk.book.stands(caller, 0.2)
    assert soon is not None
    assert not desk.book.same(soon, desk.at + 0.21)
    desk.store.api_keys.revoke(caller.key.id, NOW)
    await desk.refresh()
    assert not desk.book.same(stands, desk.at)
    assert desk.book.stands(caller, 3600.0) is None


async def test_nothing_stands_longer_than_an_instant_while_the_store_is_away(desk: Desk) -> None:
    caller = await desk.book.judged([desk.key()], "relay", PEER)
    assert isinstance(caller, Caller)
    desk.broken = True
    with pytest.raises(StoreError):
        await desk.refresh()
    desk.at += 5
    stands = desk.book.stands(caller, 3600.0)
    assert stands is not None
    assert not desk.book.same(stands, desk.at + 0.01)
    desk.at += 200
    assert desk.book.stands(caller, 3600.0) is None
