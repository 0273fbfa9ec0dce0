"""The keys: root > organisation (by epoch) with the partition's secret > session."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from carnet.errors import DamagedError, LostError, StoreError
from carnet.model.record import Key
from carnet.records.dropping import RING, drop
from carnet.records.wrapping import KEY_BYTES, NONCE_BYTES, combined, epoch_of, unwrap, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from carnet.model.record import Partition, Session
    from carnet.stores.records_contract import RecordStore

_ROOT_CHECK = "root check"
LOG_SLOT = "log.slot"
SPOOL_SLOT = "spool.slot"
SINK_SLOT = "sink.slot"
_FRESH = 16 + KEY_BYTES + NONCE_BYTES
"""Bytes of chance for a session's key: its uid, itself, and what it is wrapped with."""


class Keyring:
    """Keys of one store. What it remembers is dropped when the store's generation changes."""

    def __init__(self, store: RecordStore, random: Callable[[int], bytes] = os.urandom) -> None:
        self._store = store
        self._random = random
        self._generation = -1
        self._root = b""
        self._org_keys: dict[int, tuple[int, bytes]] = {}
        self._wrapping: dict[tuple[int, int, int], bytes] = {}
        self._ready: dict[str, Partition] = {}
        self._looked = False

    # --- the root

    def root(self) -> bytes:
        """The root key, proved to be the one this ring is wrapped by. Raises StoreError where it is another."""
        if not self._looked:
            self._as_of(self._store.catalogue.generation())
        return self._root

    @contextmanager
    def current(self, generation: int) -> Iterator[None]:
        """For as long as the lock is held nobody else changes the ring: one look is enough for many keys."""
        self._as_of(generation)
        self._looked = True
        try:
            yield
        finally:
            self._looked = False

    def _as_of(self, generation: int) -> None:
        if generation != self._generation:
            self._org_keys.clear()
            self._wrapping.clear()
            self._ready.clear()
            self._root = self._proved()
            self._generation = generation

    def _proved(self) -> bytes:
        with self._store.lock():
            root = self._store.root()
            check = self._store.keys.read(RING, [0])[0]
            if not check and (self._store.keys.used(RING) or self._store.catalogue.partitions()):
                raise DamagedError(
                    "the key ring is missing, or its slot 0 is empty, so no root key can be proved: "
                    "restore the file of keys; nothing was changed"
                )
            if not check:
                self._store.keys.append(RING, [self._wrap(root, self._random(KEY_BYTES), _ROOT_CHECK)])
            elif unwrap(root, check, _ROOT_CHECK) is None:
                raise StoreError(
                    "the root key is not the one these records were sealed with; put the right file back "
                    "(setting `records.root-key`, or keys/root.key in the data folder); nothing was changed"
                )
        return root

    def rotate_root(self) -> None:
        """Make a new root key and wrap the whole ring by it: both or neither."""
        with self._store.lock():
            old, new = self.root(), self._random(KEY_BYTES)
            ring = {}
            for slot, what in self._ring().items():
                key = self._from_ring(old, slot, what)
                ring[slot] = wrap(new, key, what, epoch_of(self._store.keys.read(RING, [slot])[0]), self._nonce())
            self._store.replace_root(ring, new)
            self._generation = -1

    def _ring(self) -> dict[int, str]:
        """What each slot of the ring is."""
        catalogue = self._store.catalogue
        found = {0: _ROOT_CHECK}
        found |= {slot: _org(org, epoch) for (org, epoch), slot in catalogue.org_keys().items()}
        found |= {one.slot: _part(one.name) for one in catalogue.partitions() if one.slot >= 0}
        named = {name: catalogue.fact(name) for name in (LOG_SLOT, SPOOL_SLOT, SINK_SLOT)}
        return found | {int(slot): name for name, slot in named.items() if slot}

    def sweep_ring(self) -> int:
        """Destroy slots of the ring that nothing refers to: a crash left them."""
        with self._store.lock():
            self.root()
            stray = sorted(set(self._store.keys.used(RING)) - set(self._ring()))
            self._store.keys.destroy(RING, stray)
            return len(stray)

    # --- secrets of the ring

    def add_to_ring(self, what: str, epoch: int = 0) -> int:
        """A new key in the ring; its slot."""
        return self._store.keys.append(RING, [self._wrap(self.root(), self._random(KEY_BYTES), what, epoch)])[0]

    def log_key(self) -> bytes:
        """The seed of the key that signs the log, made at the first use."""
        return self._named(LOG_SLOT)

    def spool_key(self) -> bytes:
        """The key of what waits for the store while it is away, made at the first use."""
        return self._named(SPOOL_SLOT)

    def sink_key(self) -> bytes:
        """The key of the pseudonyms by which sinks know sessions, made at the first use."""
        return self._named(SINK_SLOT)

    def _named(self, name: str) -> bytes:
        """A key of which there is one, by the fact that says where it lies."""
        with self._store.lock():
            slot = self._store.catalogue.fact(name)
            if slot is None:
                slot = str(self.add_to_ring(name))
                self._store.catalogue.set_fact(name, slot)
            return self._from_ring(self.root(), int(slot), name)

    def org_key(self, organisation: int) -> tuple[int, bytes]:
        """The newest (epoch, key) of an organisation, made at the first use."""
        self.root()
        return self._newest(organisation)

    def _newest(self, organisation: int) -> tuple[int, bytes]:
        if organisation not in self._org_keys:
            with self._store.lock():
                keys = self._store.catalogue.org_keys()
                epoch = max((epoch for org, epoch in keys if org == organisation), default=0)
                epoch = epoch or self.new_epoch(organisation, 1)
                root, slot = self.root(), self._store.catalogue.org_keys()[organisation, epoch]
                self._org_keys[organisation] = epoch, self._from_ring(root, slot, _org(organisation, epoch))
        return self._org_keys[organisation]

    def new_epoch(self, organisation: int, epoch: int) -> int:
        slot = self.add_to_ring(_org(organisation, epoch), epoch)
        self._store.catalogue.add_org_key(organisation, epoch, slot)
        return epoch

    def prepared(self, partition: Partition) -> Partition:
        """The partition with a secret in the ring, made at its first use. Call it with the lock held."""
        self.root()
        if partition.name not in self._ready:
            self._ready[partition.name] = self._prepared(partition)
        return self._ready[partition.name]

    def _prepared(self, partition: Partition) -> Partition:
        for one in self._store.catalogue.partitions():
            if one.name == partition.name and one.slot >= 0:
                return one
            if one.name == partition.name:
                drop(self._store, one)  # what was begun is finished before the name is used again
        ready = replace(partition, slot=self.add_to_ring(_part(partition.name)))
        self._store.partition(partition.name)  # its file stands before anybody knows of it: one that is missing is lost
        self._store.catalogue.add_partition(ready)
        return ready

    # --- session keys

    def make(self, partition: Partition, sessions: Sequence[Session]) -> dict[Session, tuple[Key, bytes, bytes]]:
        """New keys of sessions, written: (where it lies, the key, its wrapped form). Call it with the lock held."""
        self.root()
        chance = self._random(_FRESH * len(sessions))  # at once: each asking of the system costs as much as a wrapping
        fresh = [
            (
                session,
                chance[at : at + 16],
                chance[at + 16 : at + 16 + KEY_BYTES],
                chance[at + 16 + KEY_BYTES : at + _FRESH],
            )
            for session, at in zip(sessions, range(0, len(chance), _FRESH), strict=True)
        ]
        wrapped = [self._sealed_key(partition, session, uid, key, nonce) for session, uid, key, nonce in fresh]
        self._refuse_lost(partition)
        slots = self._store.keys.append(partition.name, wrapped)
        return {
            session: (Key(uid, session, slot), key, form)
            for (session, uid, key, _), slot, form in zip(fresh, slots, wrapped, strict=True)
        }

    def _refuse_lost(self, partition: Partition) -> None:
        """A file of keys made anew beside rows that name slots of the lost one would give those slots twice."""
        if partition.name not in self._store.keys.files() and self._store.partition(partition.name).slots():
            raise LostError(f"the file of keys of {partition.name} is missing: restore it; nothing was changed")

    def adopt(self, partition: Partition, keys: Mapping[Key, bytes]) -> dict[Key, Key]:
        """Keys of another partition, wrapped for this one and written."""
        self.root()
        wrapped = [self._sealed_key(partition, one.session, one.uid, key, self._nonce()) for one, key in keys.items()]
        slots = self._store.keys.append(partition.name, wrapped)
        return {one: replace(one, slot=slot, rows=(0, 0)) for one, slot in zip(keys, slots, strict=True)}

    def open(self, partition: Partition, keys: Sequence[Key]) -> dict[bytes, bytes]:
        """Session keys by uid; those destroyed are left out. Raises DamagedError for one that does not open."""
        self.root()
        found = {}
        for one, form in zip(keys, self._store.keys.read(partition.name, [key.slot for key in keys]), strict=True):
            if form:
                found[one.uid] = self._opened(partition, one, form)
        return found

    def _opened(self, partition: Partition, key: Key, form: bytes) -> bytes:
        by = self._by(partition, key.session.organisation, epoch_of(form))
        plain = by and unwrap(by, form, _session(key.uid))
        if not plain:
            raise DamagedError(
                f"slot {key.slot} of the keys of {partition.name} does not open: the file of keys is damaged, or not "
                "the one these records were sealed with; restore it, or delete the session"
            )
        return plain

    def rewrap(self, partition: Partition, keys: Sequence[Key]) -> int:
        """Wrap session keys by the newest key of their organisations; how many were by an older one."""
        self.root()
        fresh = {}
        for one, form in zip(keys, self._store.keys.read(partition.name, [key.slot for key in keys]), strict=True):
            if form and epoch_of(form) != self._newest(one.session.organisation)[0]:
                plain = self._opened(partition, one, form)
                fresh[one.slot] = self._sealed_key(partition, one.session, one.uid, plain, self._nonce())
        self._store.keys.overwrite(partition.name, fresh)
        return len(fresh)

    def _sealed_key(self, partition: Partition, session: Session, uid: bytes, key: bytes, nonce: bytes) -> bytes:
        epoch, _ = self._newest(session.organisation)
        by = self._by(partition, session.organisation, epoch)
        if by is None:
            raise StoreError(f"the key of organisation {session.organisation} is gone; nothing more is kept for it")
        return wrap(by, key, _session(uid), epoch, nonce)

    def _by(self, partition: Partition, organisation: int, epoch: int) -> bytes | None:
        """The key that wraps session keys there; None where the organisation's or the partition's was destroyed."""
        place = partition.slot, organisation, epoch  # a slot is never given twice
        if place not in self._wrapping:
            slot = self._store.catalogue.org_keys().get((organisation, epoch))
            if slot is None or not all(self._store.keys.read(RING, [slot, partition.slot])):
                return None
            org = self._from_ring(self._root, slot, _org(organisation, epoch))
            self._wrapping[place] = combined(org, self._from_ring(self._root, partition.slot, _part(partition.name)))
        return self._wrapping[place]

    def _from_ring(self, root: bytes, slot: int, what: str) -> bytes:
        form = self._store.keys.read(RING, [slot])[0]
        plain = unwrap(root, form, what) if form else None
        if plain is None:
            raise DamagedError(f"slot {slot} of the key ring ({what}) does not open: restore the file of keys")
        return plain

    def _wrap(self, by: bytes, key: bytes, what: str, epoch: int = 0) -> bytes:
        return wrap(by, key, what, epoch, self._nonce())

    def _nonce(self) -> bytes:
        return self._random(NONCE_BYTES)


def _org(organisation: int, epoch: int) -> str:
    return f"organisation {organisation} {epoch}"


def _part(name: str) -> str:
    return f"partition {name}"


def _session(uid: bytes) -> str:
    return f"session key {uid.hex()}"
