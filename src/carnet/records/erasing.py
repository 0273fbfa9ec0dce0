"""Deletion: keys first, then rows, then objects; a receipt at the end. What is held waits for its release."""

from __future__ import annotations

import secrets
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from carnet.documents.instants import written
from carnet.errors import CarnetError
from carnet.model.record import Scope, Session, Work
from carnet.records.chronicle import Written, publish_log, write
from carnet.records.draining import drain_all
from carnet.records.dropping import RING
from carnet.records.receipts import Receipt, details_of, past, receipt_of
from carnet.records.removing import AT_ONCE, remove
from carnet.records.surveying import Unread, partitions
from carnet.records.telling import tell
from carnet.records.works import ERASE, left_of, means, unread_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from carnet.model.record import Chunk, Partition
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore

SPOOL = "spool"
"""Where records wait for the store."""


def begin(store: RecordStore, scope: Scope, now: datetime, words: Mapping[str, str], remove: str = "") -> Work:
    """Write down that everything in a scope is to be erased. `words` name the scope as its asker does;
    `remove` is `account` or `organisation` where that is to be forgotten, too.
    """
    if scope == Scope():
        raise ValueError("an erasure needs a scope")
    done = {"words": dict(words), "remove": remove, "receipt": secrets.token_hex(8), "salt": secrets.token_hex(16)}
    return store.catalogue.add_work(Work(0, ERASE, scope, now, done))


def erase(store: RecordStore, keyring: Keyring, work: Work, clock: Callable[[], datetime]) -> Receipt:
    """Do what is left of an erasure. The receipt says `queued` while something of it is held, or cannot be read."""
    with store.lock():
        pass_ = _Pass(store, keyring, work, clock())
        work = _destroy_keys(pass_, work, clock)
        work = _count(pass_, work)
        _remove_rows(pass_, work)
        work = _summed(pass_, work)
        if pass_.held or pass_.unread:
            return _queued(pass_, work)
        return _finished(store, keyring, work, clock())


class _Pass:
    """One way through all partitions that an erasure means anything in. One that cannot be read stops it nowhere."""

    def __init__(self, store: RecordStore, keyring: Keyring, work: Work, now: datetime) -> None:
        self.store = store
        self.keyring = keyring
        self.now = now
        self.held = {one.session for one in store.catalogue.holds() if means(work, one.session)}
        self.unread = list[Unread]()
        try:
            drain_all(store, now)
        except CarnetError as error:
            self.unread.append(Unread(SPOOL, error))

    def each(self, step: Callable[[Partition], None]) -> None:
        """Take a step in every partition that could be read so far."""
        lost = {one.name for one in self.unread}
        for partition in partitions(self.store):
            if partition.name not in lost:
                try:
                    step(partition)
                except CarnetError as error:
                    self.unread.append(Unread(partition.name, error))

    def doomed(self, work: Work, partition: Partition) -> Iterator[Chunk]:
        """Chunks to be taken away, one session's after another's; few are in memory."""
        chunks = self.store.partition(partition.name).by_session(work.scope)
        return (one for one in chunks if self.takes(work, one.key.session, partition))

    def takes(self, work: Work, session: Session, partition: Partition) -> bool:
        return session not in self.held and means(work, session, partition.name)


def _noted(store: RecordStore, work: Work, what: Mapping[str, object]) -> Work:
    changed = replace(work, done={**work.done, **what})
    store.catalogue.change_work(changed)
    return changed


def _destroy_keys(pass_: _Pass, work: Work, clock: Callable[[], datetime]) -> Work:
    """From here on nobody can open anything of it, whatever bytes are left."""
    keys, destroyed = pass_.store.keys, list[bool]()

    def destroy(partition: Partition) -> None:
        scoped = pass_.store.partition(partition.name).scoped_keys(work.scope)
        slots = [key.slot for key in scoped if pass_.takes(work, key.session, partition)]
        destroyed.append(any(keys.read(partition.name, slots)))
        keys.destroy(partition.name, slots)

    pass_.each(destroy)
    if pass_.unread and work.done["remove"] == "organisation" and not pass_.held:
        destroyed.append(_forget_keys(pass_.store, work.scope.organisation))  # what cannot be read opens no more, too
    if any(destroyed) or not (pass_.held or pass_.unread or "keys" in work.done):
        return _noted(pass_.store, work, {"keys": written(clock())})
    return work


def _count(pass_: _Pass, work: Work) -> Work:
    """What the receipt will say, by partition, taken from the rows before they go; a pass that is repeated, or was not
    finished somewhere, counts nothing twice.
    """
    counted = _passed(work)
    chunks, sessions = set[bytes](), set[Session]()

    def count(partition: Partition) -> None:
        before, sums = len(sessions), dict.fromkeys(_NUMBERS, 0)
        for one in pass_.doomed(work, partition):
            if one.uid not in chunks:
                chunks.add(one.uid)
                sessions.add(one.key.session)
                sums["records"] += one.count
                sums["bytes"] += one.size
        if partition.name not in _passed(work):
            counted[partition.name] = sums | {"sessions": len(sessions) - before}

    pass_.each(count)
    return _noted(pass_.store, work, {"pass": counted})


def _summed(pass_: _Pass, work: Work) -> Work:
    """The pass is over: what it took away is added to what earlier ones did; what it could not finish stays noted."""
    lost = {one.name for one in pass_.unread}
    found = _passed(work)
    sums = work.done.get("counted")
    counted: dict[str, int] = dict(sums) if isinstance(sums, dict) else dict.fromkeys(_NUMBERS, 0)
    for name, numbers in found.items():
        if name not in lost:
            counted = {one: counted[one] + numbers[one] for one in _NUMBERS}
    left = {name: numbers for name, numbers in found.items() if name in lost}
    return _noted(pass_.store, work, {"pass": left, "counted": counted})


_NUMBERS = ("sessions", "records", "bytes")


def _passed(work: Work) -> dict[str, dict[str, int]]:
    found = work.done.get("pass")
    return dict(found) if isinstance(found, dict) else {}


def _remove_rows(pass_: _Pass, work: Work) -> None:
    def take(partition: Partition) -> None:
        doomed = pass_.doomed(work, partition)
        while some := list(islice(doomed, AT_ONCE)):
            tell(pass_.store, pass_.keyring, some, pass_.now)
            pass_.store.catalogue.forget_sessions(list({one.key.session for one in some}))
            remove(pass_.store, pass_.keyring, partition, some)

    pass_.each(take)


def _queued(pass_: _Pass, work: Work) -> Receipt:
    """Write down what had to be left, so that the next pass means that and nothing its scope gets from now on."""
    store, before, now = pass_.store, unread_of(work), sorted({one.name for one in pass_.unread})
    left = left_of(work)
    if left is None or before - set(now):
        left = pass_.held  # what could be read at last may have been brought to what is held
    told = [[one.organisation, one.account, one.name, one.repository] for one in sorted(left & pass_.held, key=str)]
    what: dict[str, object] = {"held": len(told), "left": told, "unread": now}
    if SPOOL in now:
        del what["left"]  # what waits there will come in later, and is meant all the same
    work = _noted(store, work, what)
    return receipt_of(work, None, None, unread=tuple(pass_.unread))


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


def _forget_keys(store: RecordStore, organisation: int) -> bool:
    """Destroy an organisation's own keys: nothing of it opens any more, wherever it lies; whether there were any."""
    keys = {place: slot for place, slot in store.catalogue.org_keys().items() if place[0] == organisation}
    store.keys.destroy(RING, list(keys.values()))
    store.catalogue.remove_org_keys(list(keys))
    return bool(keys)


def _scope_kinds(work: Work) -> list[str]:
    words = work.done["words"]
    return list(words) if isinstance(words, dict) else []
