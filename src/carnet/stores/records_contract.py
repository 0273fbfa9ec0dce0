"""What a store of records can do. The station `records` knows these Protocols only.

Every method is one transaction and durable when it returns, unless it says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime
    from pathlib import Path

    from carnet.model.account import Account, Act, ApiKey, Caller, Organisation
    from carnet.model.record import (
        Chunk,
        DayTally,
        Entry,
        Hold,
        Key,
        Partition,
        Record,
        Scope,
        Sealed,
        Session,
        Tally,
        Work,
    )
    from carnet.model.upstream import Upstream
    from carnet.stores.objects_contract import Objects
    from carnet.stores.sinks_contract import Sinks


class Directory(Protocol):
    """Organisations and accounts. Every change raises `Catalogue.generation`."""

    def add_organisation(self, organisation: Organisation) -> Organisation:
        """Add it. Raises AlreadyThereError where the name is taken."""

    def change_organisation(self, organisation: Organisation, acts: Sequence[Act]) -> None:
        """Write all attributes of the organisation with that id, and the acts that changed them.

        Raises NotFoundError where it is gone.
        """

    def organisations(self) -> list[Organisation]:
        """All, ordered by name."""

    def add_account(self, account: Account, acts: Sequence[Act]) -> Account:
        """Add it, its acts with the id it gets.

        Raises AlreadyThereError where the address is taken, NotFoundError where the organisation is gone.
        """

    def change_account(self, account: Account, acts: Sequence[Act]) -> None:
        """Write all attributes of the account with that id, and the acts that changed them.

        Raises NotFoundError where it is gone.
        """

    def accounts(self, organisation: int | None = None) -> list[Account]:
        """All, or an organisation's, ordered by address."""

    def account(self, email: str) -> Account | None:
        """The account with that address (compared without regard to case)."""

    def remove_account(self, account: int) -> None:
        """Forget an account with its acts."""

    def remove_organisation(self, organisation: int) -> None:
        """Forget an organisation with its accounts, acts and keys."""

    def acts(self, organisation: int, account: int | None = None) -> list[Act]:
        """The dated acts of an organisation (or of one of its accounts), oldest first."""


class Keys(Protocol):
    """Clients' keys, as hashes. Every change but `mark_used` raises `Catalogue.generation`."""

    def add(self, key: ApiKey) -> None:
        """Add one. Raises AlreadyThereError where the id is taken, NotFoundError where the account is gone."""

    def find(self, ids: Sequence[str]) -> Mapping[str, Caller]:
        """Those there are of these keys, by id."""

    def listed(self, account: int | None = None) -> list[Caller]:
        """All, or an account's, in the order they were made."""

    def revoke(self, id_: str, at: datetime) -> ApiKey:
        """Make a key worthless; one that is revoked already stays as it is. Raises NotFoundError for none."""

    def limit(self, id_: str, caps: Mapping[str, int | None]) -> ApiKey:
        """Write those attributes of a key's Caps that are given. Raises NotFoundError for none."""

    def mark_used(self, days: Mapping[str, date]) -> None:
        """Remember the last day of use of keys by id; an earlier day changes nothing."""


class Upstreams(Protocol):
    """Where model traffic goes. Every change raises `Catalogue.generation`."""

    def add(self, upstream: Upstream) -> None:
        """Add one. Raises AlreadyThereError where the name is taken, NotFoundError where its organisation is gone."""

    def change(self, upstream: Upstream) -> None:
        """Write all attributes of the one with that name. Raises NotFoundError where there is none."""

    def remove(self, name: str) -> None:
        """Forget one. Raises NotFoundError where there is none."""

    def listed(self) -> list[Upstream]:
        """All, in the order they are tried: by priority, then by name."""


class Catalogue(Protocol):
    """What spans partitions: which there are, whose keys, what is held, what is under way, the log's entries."""

    def generation(self) -> int:
        """Grows with every change of organisations, accounts, upstreams, partitions, holds, works and keys, the root's
        included.
        """

    def pulse(self) -> tuple[int, datetime | None]:
        """The generation and the clock, in one look: every put takes it."""

    def partitions(self) -> list[Partition]:
        """All, by name."""

    def add_partition(self, partition: Partition) -> None:
        """Add one, or write its slot again."""

    def remove_partition(self, name: str) -> None:
        """Forget one."""

    def org_keys(self) -> Mapping[tuple[int, int], int]:
        """(organisation, epoch) -> slot in the key ring."""

    def add_org_key(self, organisation: int, epoch: int, slot: int) -> None:
        """Say where an organisation's key of an epoch lies."""

    def remove_org_keys(self, keys: Sequence[tuple[int, int]]) -> None:
        """Forget (organisation, epoch) keys."""

    def holds(self) -> list[Hold]:
        """What is held now."""

    def add_hold(self, hold: Hold) -> Hold:
        """Hold a session; one that is held already stays as it is and is returned."""

    def remove_hold(self, hold: int) -> None:
        """Forget a hold (what it was stands in the log)."""

    def works(self) -> list[Work]:
        """What is under way, oldest first."""

    def add_work(self, work: Work) -> Work:
        """Begin something that must be finished."""

    def change_work(self, work: Work) -> None:
        """Write what a step has done."""

    def remove_work(self, work: int) -> None:
        """Forget something finished; no byte of its scope remains."""

    def add_entry(self, entry: bytes, opening: Mapping[str, object] | None, subject: tuple[int, int]) -> int:
        """Append an entry to the log and return its index.

        The opening (salt and words) of the entry's commitment is kept until its subject, an (organisation, account),
        is erased; None keeps none.
        """

    def entries(self, start: int, stop: int) -> Sequence[bytes]:
        """Entries of the log."""

    def size(self) -> int:
        """Number of entries of the log."""

    def openings(self, newest: int) -> list[tuple[int, Mapping[str, object]]]:
        """(index, opening) of the newest entries that still have one, newest first."""

    def forget_openings(self, organisation: int, account: int | None = None) -> None:
        """Make the entries about an erased subject unlinkable."""

    def forget_sessions(self, sessions: Sequence[Session]) -> None:
        """The same of entries whose opening's details name one of these sessions (`session`, `repository`)."""

    def clock(self) -> datetime | None:
        """The latest instant ever marked."""

    def mark_clock(self, at: datetime) -> None:
        """Remember an instant, unless a later one is."""

    def reset_clock(self, at: datetime) -> None:
        """Remember an instant whatever is remembered: an operator says that the clock was wrong."""

    def check(self) -> list[str]:
        """Faults of the catalogue itself: damaged pages, rows that lead nowhere."""

    def fact(self, key: str) -> str | None:
        """A small named value."""

    def set_fact(self, key: str, value: str) -> None:
        """Write a small named value."""

    def checkpoint(self) -> None:
        """Leave no byte of what was removed, as far as readers let us."""


class PartitionStore(Protocol):
    """Records of one partition."""

    def keys(self, sessions: Sequence[Session]) -> Mapping[Session, Key]:
        """The newest key of each session that has one."""

    def removals(self) -> int:
        """Grows whenever a chunk is removed, sealed anew or given another end."""

    def look(self, sessions: Sequence[Session]) -> tuple[int, Mapping[Session, Key]]:
        """The removals, and the newest keys of these sessions, in one look."""

    def add(self, keys: Sequence[Key], sealed: Sequence[Sealed]) -> Sequence[Key]:
        """Write keys and chunks with their records; those that are there already (by uid) stay as they are.

        Returns the keys with the rows they have, which a later call may give instead of having them looked up.
        """

    def find(self, record: str) -> Record | None:
        """A record by its id."""

    def records(self, scope: Scope, kind: str = "") -> Iterator[Record]:
        """Records in the order they were created, by their ids where that is the same instant; few are in memory."""

    def newest(self, scope: Scope, kind: str, most: int, before: str = "") -> list[Record]:
        """Records with the greatest ids, greatest first, of those below `before`: an id begins with its second."""

    def walk(self, scope: Scope) -> Iterator[Chunk]:
        """Chunks in the order they were created, by their uids where that is the same instant; few are in memory."""

    def by_session(self, scope: Scope) -> Iterator[Chunk]:
        """Chunks, those of a session together and oldest first; few are in memory, and those given may be removed."""

    def ending(self, due: datetime) -> Iterator[Chunk]:
        """Chunks that expire by an instant, in that order; few are in memory, and those given may be removed."""

    def sessions(self, scope: Scope) -> list[Session]:
        """Sessions with anything in this partition."""

    def scoped_keys(self, scope: Scope) -> list[Key]:
        """All keys of the sessions meant."""

    def keys_of(self, sessions: Collection[Session]) -> list[Key]:
        """All keys of these sessions."""

    def chunks_of(self, sessions: Collection[Session]) -> list[Chunk]:
        """All chunks of these sessions."""

    def chunks(self, scope: Scope, due: datetime | None = None) -> list[Chunk]:
        """Chunks of the sessions meant, oldest first; with `due` only those that expire at or before it."""

    def since(self, uid: bytes, organisation: int, flows: Collection[str], most: int) -> list[bytes]:
        """Uids from this one on of an organisation's chunks of some flows, in their order."""

    def chunk(self, uid: bytes) -> Chunk | None:
        """A chunk by its uid."""

    def there(self, uids: Collection[bytes]) -> set[bytes]:
        """Those of these uids that are of chunks here."""

    def data(self, uids: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Sealed bytes of chunks that are not packed."""

    def entries(self, uids: Sequence[bytes]) -> Mapping[bytes, tuple[Entry, ...]]:
        """Records of chunks, in their order."""

    def remove(self, uids: Sequence[bytes]) -> None:
        """Remove chunks with their records, and the rows of keys and sessions that nothing is sealed under any more."""

    def replace(self, sealed: Sequence[Sealed]) -> None:
        """Write other sealed forms of chunks (by uid), unpacked, with what was decided of them; their records stay."""

    def end(self, ends: Mapping[bytes, datetime]) -> None:
        """Write other ends of chunks (by uid)."""

    def settle(self, packed: Sequence[Chunk]) -> None:
        """Say where chunks are packed now, and drop the bytes the index held."""

    def move_keys(self, keys: Sequence[Key]) -> None:
        """Write other slots of keys (by session and uid)."""

    def loose(self, idle: datetime, bytes_: int) -> list[Session]:
        """Sessions with unpacked chunks, the newest older than an instant or all of them that many bytes."""

    def objects(self) -> set[str]:
        """Names of all objects that chunks are packed in."""

    def slots(self) -> set[int]:
        """Slots of all keys."""

    def tallies(self) -> list[Tally]:
        """How much of what there is."""

    def by_day(self, flows: Collection[str]) -> list[DayTally]:
        """The same of some flows, by day, oldest first. It reads the row of each chunk; `tallies` does not."""

    def latest(self, scope: Scope, flows: Collection[str], most: int) -> list[Chunk]:
        """Chunks of some flows, newest first."""

    def check(self) -> list[str]:
        """Faults of the index itself: damaged pages, rows that lead nowhere, tallies that do not count."""

    def checkpoint(self) -> None:
        """Leave no byte of what was removed, as far as readers let us."""


class KeyFiles(Protocol):
    """Wrapped keys in slots of files; what is destroyed is overwritten in place and cannot be read by any snapshot."""

    def append(self, file: str, wrapped: Sequence[bytes]) -> list[int]:
        """Write keys and return their slots."""

    def read(self, file: str, slots: Sequence[int]) -> list[bytes]:
        """Keys by slot; empty where there is none (any more)."""

    def overwrite(self, file: str, wrapped: Mapping[int, bytes]) -> None:
        """Write other keys into slots."""

    def destroy(self, file: str, slots: Sequence[int]) -> None:
        """Overwrite slots; irrevocable when this returns."""

    def used(self, file: str) -> list[int]:
        """Slots that hold a key."""

    def drop(self, file: str) -> None:
        """Remove a whole file of slots."""

    def files(self) -> list[str]:
        """All files of slots."""


class RecordStore(Protocol):
    """A store of records, opened."""

    directory: Directory
    api_keys: Keys
    upstreams: Upstreams
    catalogue: Catalogue
    keys: KeyFiles
    objects: Objects
    spool: Path
    """Folder on this machine where processes leave, sealed, what this store could not take."""

    @property
    def sinks(self) -> Sinks:
        """Collectors of organisations."""

    def lock(self) -> AbstractContextManager[None]:
        """Hold everybody else's changes back, across processes; may be taken again by whoever has it."""

    def partition(self, name: str) -> PartitionStore:
        """A partition, made at its first use."""

    def partition_names(self) -> list[str]:
        """Partitions that exist in this store, whatever the catalogue says."""

    def drop_partition(self, name: str) -> None:
        """Remove a partition whole, in a time independent of what is in it."""

    def root(self) -> bytes:
        """The root key, made at the first use.

        Raises StoreError naming the file where it is missing, damaged, or others can read it.
        """

    def replace_root(self, ring: Mapping[int, bytes], root: bytes) -> None:
        """Make another root key the root, with every key of the ring as that root wraps it: both or neither."""

    def close(self) -> None:
        """Release files and connections."""
