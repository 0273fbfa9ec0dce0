"""Records of one partition, in SQL: what every put does runs without SQLAlchemy, all else is with those queries."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from carnet.stores.sql.direct import Statement
from carnet.stores.sql.partition_writing import move_keys, newest_keys, removals, write

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from carnet.model.record import Chunk, DayTally, Entry, Key, Record, Scope, Sealed, Session, Tally
    from carnet.stores.sql.database import Database
    from carnet.stores.sql.partition_queries import PartitionQueries

_SLOTS, _CHUNK_ID = Statement("partition.slots"), Statement("partition.chunk_id")


class SqlPartition:
    """See PartitionStore, whose words are the contract."""

    def __init__(
        self, name: str, database: Database, checkpoint: Callable[[], object], check: Callable[[], list[str]]
    ) -> None:
        self.name = name
        self._database = database
        self._checkpoint = checkpoint
        self._check = check

    def keys(self, sessions: Sequence[Session]) -> dict[Session, Key]:
        with self._database.looking() as direct:
            return newest_keys(direct, sessions)

    def removals(self) -> int:
        with self._database.glancing() as direct:
            return removals(direct)

    def look(self, sessions: Sequence[Session]) -> tuple[int, dict[Session, Key]]:
        with self._database.looking() if sessions else self._database.glancing() as direct:
            return removals(direct), newest_keys(direct, sessions)

    def add(self, keys: Sequence[Key], sealed: Sequence[Sealed]) -> list[Key]:
        with self._database.putting() as direct:
            return write(direct, keys, sealed)

    def move_keys(self, keys: Sequence[Key]) -> None:
        with self._database.putting() as direct:
            move_keys(direct, keys)

    def slots(self) -> set[int]:
        with self._database.glancing() as direct:
            return {slot for (slot,) in _SLOTS.run(direct).fetchall()}

    def there(self, uids: Collection[bytes]) -> set[bytes]:
        with self._database.looking() as direct:
            return {uid for uid in uids if _CHUNK_ID.first(direct, uid)}

    def check(self) -> list[str]:
        return self._check() or self._queries.faults()  # on damaged pages no count means anything

    def checkpoint(self) -> None:
        self._checkpoint()

    # --- with SQLAlchemy, which takes a quarter of what a process of the relay may have

    @cached_property
    def _queries(self) -> PartitionQueries:
        from carnet.stores.sql.partition_queries import PartitionQueries  # noqa: PLC0415

        return PartitionQueries(self.name, self._database)

    def find(self, record: str) -> Record | None:
        return self._queries.find(record)

    def records(self, scope: Scope, kind: str = "") -> Iterator[Record]:
        return self._queries.records(scope, kind)

    def newest(self, scope: Scope, kind: str, most: int, before: str = "") -> list[Record]:
        return self._queries.newest(scope, kind, most, before)

    def walk(self, scope: Scope) -> Iterator[Chunk]:
        return self._queries.walk(scope)

    def by_session(self, scope: Scope) -> Iterator[Chunk]:
        return self._queries.by_session(scope)

    def ending(self, due: datetime) -> Iterator[Chunk]:
        return self._queries.ending(due)

    def sessions(self, scope: Scope) -> list[Session]:
        return self._queries.sessions(scope)

    def scoped_keys(self, scope: Scope) -> list[Key]:
        return self._queries.scoped_keys(scope)

    def keys_of(self, sessions: Collection[Session]) -> list[Key]:
        return self._queries.keys_of(sessions)

    def chunks_of(self, sessions: Collection[Session]) -> list[Chunk]:
        return self._queries.chunks_of(sessions)

    def chunks(self, scope: Scope, due: datetime | None = None) -> list[Chunk]:
        return self._queries.chunks(scope, due)

    def since(self, uid: bytes, organisation: int, flows: Collection[str], most: int) -> list[bytes]:
        return self._queries.since(uid, organisation, flows, most)

    def chunk(self, uid: bytes) -> Chunk | None:
        return self._queries.chunk(uid)

    def data(self, uids: Sequence[bytes]) -> dict[bytes, bytes]:
        return self._queries.data(uids)

    def entries(self, uids: Sequence[bytes]) -> dict[bytes, tuple[Entry, ...]]:
        return self._queries.entries(uids)

    def remove(self, uids: Sequence[bytes]) -> None:
        self._queries.remove(uids)

    def replace(self, sealed: Sequence[Sealed]) -> None:
        self._queries.replace(sealed)

    def end(self, ends: Mapping[bytes, datetime]) -> None:
        self._queries.end(ends)

    def settle(self, packed: Sequence[Chunk]) -> None:
        self._queries.settle(packed)

    def loose(self, idle: datetime, bytes_: int) -> list[Session]:
        return self._queries.loose(idle, bytes_)

    def objects(self) -> set[str]:
        return self._queries.objects()

    def tallies(self) -> list[Tally]:
        return self._queries.tallies()

    def by_day(self, flows: Collection[str]) -> list[DayTally]:
        return self._queries.by_day(flows)

    def latest(self, scope: Scope, flows: Collection[str], most: int) -> list[Chunk]:
        return self._queries.latest(scope, flows, most)
