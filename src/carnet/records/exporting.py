"""Exports: what may train, and everything about one person, as JSON lines with a manifest at the end."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

import msgspec

from carnet.documents.instants import written
from carnet.errors import DamagedError, GoneError
from carnet.model.record import HOLD, Form, Scope
from carnet.records.chronicle import write
from carnet.records.deciding import Deciding, eligible_now
from carnet.records.opening import Opening
from carnet.records.sealing import body_of
from carnet.records.surveying import Unread, hand_over, merged, partitions
from carnet.records.works import ERASE, RECLASSIFY, means

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from carnet.model.account import Account, Organisation
    from carnet.model.record import Chunk, Partition
    from carnet.records.keyring import Keyring
    from carnet.records.sealing import Body
    from carnet.stores.records_contract import RecordStore


@dataclass(slots=True)
class Lines:
    """Lines written so far, for the manifest."""

    count: int = 0
    size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def line(self, row: dict[str, object]) -> bytes:
        text = msgspec.json.encode(row) + b"\n"
        self.count += 1
        self.size += len(text)
        self.digest.update(text)
        return text

    def manifest(self, what: dict[str, object], now: datetime) -> bytes:
        """The last line: what this is, and the digest of all lines before it."""
        told = {**what, "at": f"{now:%Y-%m-%dT%H:%M:%SZ}", "lines": self.count, "bytes": self.size}
        return json.dumps({"manifest": {**told, "sha256": self.digest.hexdigest()}}).encode() + b"\n"


def asked_training(
    store: RecordStore, keyring: Keyring, now: datetime, purpose: str = "", unread: list[Unread] | None = None
) -> Iterator[bytes]:
    """The export of what may train, on which the log gets an entry."""
    write(store, "export", now, {"purpose": purpose or "any"})
    return training(store, keyring, now, purpose, unread)


def asked_subject(
    store: RecordStore, keyring: Keyring, account: Account, now: datetime, unread: list[Unread] | None = None
) -> Iterator[bytes]:
    """The export of everything about a person, on which the log gets an entry."""
    write(store, "export", now, {"subject": account.email}, (account.organisation, account.id))
    return subject(store, keyring, account, now, unread)


def training(
    store: RecordStore, keyring: Keyring, now: datetime, purpose: str = "", unread: list[Unread] | None = None
) -> Iterator[bytes]:
    """Records that were eligible when they were written and still are, whose purposes have this one.

    What cannot be read is added to `unread`, and named in the manifest.
    """
    lines = Lines()
    asking = _Eligible(store, now)
    for partition, chunk in _chunks(store, Scope(), unread):
        if asking(chunk, partition):
            with store.lock():  # between the question and the answer nobody withdraws
                again = _again(store, partition, chunk)
                rows = _rows(store, keyring, *again, unread) if again and asking(again[1], again[0]) else []
            # One of another purpose is opened, too: else a changed row could keep it back.
            yield from (lines.line(row) for row in rows if not purpose or purpose in chunk.lane.purposes)
    what: dict[str, object] = {"export": "training", "purpose": purpose or None, **_missing(unread)}
    yield lines.manifest(what, now)


def subject(
    store: RecordStore, keyring: Keyring, account: Account, now: datetime, unread: list[Unread] | None = None
) -> Iterator[bytes]:
    """Everything about a person: the account, its consent history, what is held, every record with its body.

    What cannot be read is added to `unread`, and named in the manifest.
    """
    lines = Lines()
    yield lines.line(_account(store, account))
    for hold in store.catalogue.holds():
        if hold.session.account == account.id:
            told = {"session": hold.session.name, "reason": hold.reason, "placed": written(hold.placed)}
            yield lines.line({"hold": told})
    for partition, chunk in _chunks(store, Scope(account.organisation, account.id), unread):
        with store.lock():
            again = _again(store, partition, chunk)
            if again and again[0].name != HOLD and again[1].expires <= now:
                continue  # it has ended, whether or not a keeper came
            rows = _rows(store, keyring, *again, unread) if again else []
        yield from (lines.line(row) for row in rows)
    yield lines.manifest({"export": "subject", "account": account.email, **_missing(unread)}, now)


def _missing(unread: Sequence[Unread] | None) -> dict[str, object]:
    """For the manifest of an export that lacks something."""
    return {"unread": sorted({one.name for one in unread})} if unread else {}


class _Eligible:
    """Asks, for every chunk, the consent and the terms as they are at this moment."""

    def __init__(self, store: RecordStore, now: datetime) -> None:
        self._store = store
        self._now = now
        self._deciding = Deciding(now.astimezone(UTC).date())
        self._generation = -1

    def __call__(self, chunk: Chunk, partition: Partition) -> bool:
        if chunk.expires <= self._now:
            return False
        self._refresh()
        session = chunk.key.session
        if any(means(work, session, partition.name) for work in self._pending):
            return False
        organisation = self._organisations.get(session.organisation)
        return eligible_now(self._deciding, organisation, self._accounts.get(session.account), chunk.lane)

    def _refresh(self) -> None:
        generation = self._store.catalogue.generation()
        if generation != self._generation:
            self._generation = generation
            directory = self._store.directory
            self._organisations: dict[int, Organisation] = {one.id: one for one in directory.organisations()}
            self._accounts: dict[int, Account] = {one.id: one for one in directory.accounts()}
            self._pending = [work for work in self._store.catalogue.works() if work.kind in {ERASE, RECLASSIFY}]


def _chunks(store: RecordStore, scope: Scope, unread: list[Unread] | None) -> Iterator[tuple[Partition, Chunk]]:
    """Each once, in the order they were created, few of them in memory."""
    return merged(store, lambda where: where.walk(scope), lambda one: (one.created, one.uid), unread)


def _again(store: RecordStore, partition: Partition, chunk: Chunk) -> tuple[Partition, Chunk] | None:
    """A chunk as it is by now, and where; None once it is gone. Call it with the lock held."""
    standing = partitions(store)
    for one in sorted(standing, key=lambda one: one.name != partition.name):
        found = store.partition(one.name).chunk(chunk.uid)
        if found is not None:
            return one, found
    return None


def _rows(
    store: RecordStore, keyring: Keyring, partition: Partition, chunk: Chunk, unread: list[Unread] | None
) -> list[dict[str, object]]:
    """Of a chunk; of one that nothing vouches for none, and its partition is unread: the rest goes on."""
    try:
        text = Opening(store, keyring, partition).text(chunk)
        entries = store.partition(partition.name).entries([chunk.uid])[chunk.uid]
        return [_row(chunk, partition, body_of(text, one.id, one.start, one.size)) for one in entries]
    except GoneError:
        return []  # its key is destroyed, and an erasure that was cut short has left its row
    except DamagedError as error:
        hand_over([Unread(partition.name, error)], unread)
        return []


def _row(chunk: Chunk, partition: Partition, body: Body) -> dict[str, object]:
    return {
        "id": body.id.hex(),
        "kind": chunk.lane.kind,
        "flow": chunk.lane.flow,
        "provider": chunk.lane.provider or None,
        "session": chunk.key.session.name,
        "repository": chunk.key.session.repository or None,
        "created": written(chunk.created),
        "expires": written(chunk.expires),
        "retention": chunk.lane.retention,
        "training": "yes" if chunk.lane.training else "no",
        "purposes": list(chunk.lane.purposes),
        "rules": list(chunk.lane.rules),
        "held": partition.name == HOLD,
        **_body(body),
    }


def _body(body: Body) -> dict[str, object]:
    with suppress(UnicodeDecodeError):
        if body.form is Form.TEXT:
            return {"body": body.data.decode()}
        if body.form is Form.JSON:
            data = body.data.decode().replace("\r", " ").replace("\n", " ")  # blanks in JSON, and a line is a line
            return {"body": msgspec.Raw(data.encode())}
    return {"body": base64.b64encode(body.data).decode(), "encoding": "base64"}


def _account(store: RecordStore, account: Account) -> dict[str, object]:
    organisation = next(one for one in store.directory.organisations() if one.id == account.organisation)
    history = store.directory.acts(account.organisation, account.id)
    return {
        "account": account.email,
        "organisation": organisation.name,
        "terms": organisation.terms,
        "tier": account.tier or organisation.tier,
        "created": written(account.created),
        "model_improvement": "on" if account.consent else "off",
        "history": [{"at": written(one.at), "what": one.what, "value": one.value} for one in history],
    }
