"""Deletion: keys first, then rows, then objects; a receipt at the end. What is held waits for its release."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.documents.instants import written
from carnet.model.record import Scope, Session, Work
from carnet.records.chronicle import Written, publish_log, write
from carnet.records.dropping import RING
from carnet.records.reading import partitions
from carnet.records.receipts import Receipt, details_of, past, receipt_of
from carnet.records.removing import remove

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from carnet.model.record import Chunk, Partition
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore

ERASE = "erase"


def begin(store: RecordStore, scope: Scope, now: datetime, words: Mapping[str, str], remove: str = "") -> Work:
    """Write down that everything in a scope is to be erased. `words` name the scope as its asker does;
    `remove` is `account` or `organisation` where that is to be forgotten, too.
    """
    if scope == Scope():
        raise ValueError("an erasure needs a scope")
    done = {"words": dict(words), "remove": remove, "receipt": secrets.token_hex(8), "salt": secrets.token_hex(16)}
    return store.catalogue.add_work(Work(0, ERASE, scope, now, done))


def erase(store: RecordStore, keyring: Keyring, work: Work, clock: Callable[[], datetime]) -> Receipt:
    """Do what is left of an erasure. The receipt says `queued` while something of it is held."""
    with store.lock():
        held = {one.session for one in store.catalogue.holds() if means(work, one.session)}
        work = _destroy_keys(store, work, held, clock)
        work = _count(store, work, held)
        _remove_rows(store, keyring, work, held)
        work = _summed(store, work)
        if held:
            left = [[one.organisation, one.account, one.name, one.repository] for one in held]
            return receipt_of(_noted(store, work, {"held": len(held), "left": left}), None, None)
        return _finished(store, keyring, work, clock())


def means(work: Work, session: Session) -> bool:
    """Whether an erasure means a session: once it waits, only those that were held when it came by, and none that its
    scope got since.
    """
    left = _left(work)
    return work.scope.covers(session) if left is None else session in left


def _left(work: Work) -> set[Session] | None:
    left = work.done.get("left")
    return {Session(*one) for one in left} if isinstance(left, list) else None


def is_due(store: RecordStore, work: Work) -> bool:
    """Whether an erasure has something to do: it has not come by yet, or something it waits for was released."""
    left = _left(work)
    return left is None or bool(left - {one.session for one in store.catalogue.holds()})


def _noted(store: RecordStore, work: Work, what: Mapping[str, object]) -> Work:
    changed = replace(work, done={**work.done, **what})
    store.catalogue.change_work(changed)
    return changed


def _destroy_keys(store: RecordStore, work: Work, held: Collection[Session], clock: Callable[[], datetime]) -> Work:
    """From here on nobody can open anything of it, whatever bytes are left."""
    destroyed = False
    for partition in partitions(store):
        keys = store.partition(partition.name).scoped_keys(work.scope)
        slots = [key.slot for key in keys if key.session not in held and means(work, key.session)]
        destroyed |= any(store.keys.read(partition.name, slots))
        store.keys.destroy(partition.name, slots)
    if destroyed or not (held or "keys" in work.done):
        return _noted(store, work, {"keys": written(clock())})
    return work


def _count(store: RecordStore, work: Work, held: Collection[Session]) -> Work:
    """What the receipt will say, taken from the rows before they go; a pass that is repeated counts nothing twice."""
    if work.done.get("pass"):
        return work
    chunks = {one.uid: one for _, members in _doomed(store, work, held) for one in members}.values()
    counted = {
        "sessions": len({one.key.session for one in chunks}),
        "records": sum(one.count for one in chunks),
        "bytes": sum(one.size for one in chunks),
    }
    return _noted(store, work, {"pass": counted})


def _summed(store: RecordStore, work: Work) -> Work:
    """The pass is over: what it took away is added to what earlier ones did."""
    counted, more = _numbers(work, "counted"), _numbers(work, "pass")
    return _noted(store, work, {"pass": None, "counted": {name: counted.get(name, 0) + more[name] for name in more}})


def _doomed(store: RecordStore, work: Work, held: Collection[Session]) -> list[tuple[Partition, list[Chunk]]]:
    found = [(one, store.partition(one.name).chunks(work.scope)) for one in partitions(store)]
    return [
        (one, [chunk for chunk in chunks if chunk.key.session not in held and means(work, chunk.key.session)])
        for one, chunks in found
    ]


def _remove_rows(store: RecordStore, keyring: Keyring, work: Work, held: Collection[Session]) -> None:
    doomed = _doomed(store, work, held)
    store.catalogue.forget_sessions(list({one.key.session for _, chunks in doomed for one in chunks}))
    for partition, chunks in doomed:
        remove(store, keyring, partition, chunks)


def _finished(store: RecordStore, keyring: Keyring, work: Work, now: datetime) -> Receipt:
    """The log's entry, the receipt, and then no word of whom it was about."""
    logged = _logged(store, work) if "finished" in work.done else None  # it may have stopped behind its entry
    work = _noted(store, work, {"finished": work.done.get("finished") or written(now)})
    if work.done["remove"] == "account":
        store.directory.remove_account(work.scope.account)
    elif work.done["remove"] == "organisation":
        _forget_keys(store, work.scope.organisation)
        store.directory.remove_organisation(work.scope.organisation)
    entry = logged or _log(store, work, now)
    ours = publish_log(store, keyring)
    receipt = receipt_of(work, entry, ours, store.objects)
    store.catalogue.remove_work(work.id)
    store.catalogue.checkpoint()
    return receipt


def _log(store: RecordStore, work: Work, now: datetime) -> Written:
    details = details_of(work)
    told = {name: value for name, value in details.items() if name != "scope"} | {"of": sorted(_scope_kinds(work))}
    return write(store, "erasure", now, details, told=told, salt=str(work.done["salt"]))


def _logged(store: RecordStore, work: Work) -> Written | None:
    for row in past(store, store.catalogue.size()):
        if row.get("receipt") == work.done["receipt"]:
            index = int(str(row["index"]))
            return Written(index, store.catalogue.entries(index, index + 1)[0], str(work.done["salt"]))
    return None


def _forget_keys(store: RecordStore, organisation: int) -> None:
    keys = {place: slot for place, slot in store.catalogue.org_keys().items() if place[0] == organisation}
    store.keys.destroy(RING, list(keys.values()))


def _scope_kinds(work: Work) -> list[str]:
    words = work.done["words"]
    return list(words) if isinstance(words, dict) else []


def _numbers(work: Work, name: str) -> dict[str, int]:
    found = work.done.get(name)
    return found if isinstance(found, dict) else {}


def waiting(store: RecordStore) -> list[Work]:
    """Erasures that wait for a release."""
    holds = store.catalogue.holds()
    return [
        work
        for work in store.catalogue.works()
        if work.kind == ERASE and any(means(work, one.session) for one in holds)
    ]
