"""What is kept: records, the chunks they are sealed in, and what happens to them.

What is made for every record or chunk is a Struct, no dataclass: to make one and to look it up takes a tenth of the
time, and the collector of garbage has nothing to look at in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the spool reads drafts by their annotations
from enum import IntEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

KINDS = ("exchange", "metric", "error", "feedback", "rating", "transcript", "session-event", "sighting")
HOLD = "hold"
"""Name of the partition of what is held: it never expires."""


class Form(IntEnum):
    """How a body was given, so that it comes back as it came."""

    TEXT = 0
    JSON = 1
    BYTES = 2


class Draft(msgspec.Struct, frozen=True, gc=False):
    """Something that is to be kept, before anybody has decided whether it may be."""

    account: str
    """E-mail address of the account."""
    session: str
    kind: str
    flow: str
    body: bytes
    form: Form = Form.TEXT
    provider: str = ""
    """Empty: not given."""
    repository: str = ""
    at: datetime | None = None
    """When it came about; None: when it is kept."""


class Session(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """Whose records are sealed under one key: one session of one account, in one repository."""

    organisation: int
    account: int
    """0: of nobody (ratings)."""
    name: str
    repository: str = ""


class Lane(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """What was decided of a record, all of it vouched for by the seal; records of a session that share it are sealed
    together.
    """

    kind: str
    flow: str
    provider: str
    retention: str
    """Retention class."""
    training: bool
    """Eligible when it was written, and not withdrawn since."""
    purposes: tuple[str, ...]
    rules: tuple[str, ...]
    """Ids of the rules that decided."""


class Partition(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """Where records lie that end in the same stretch of days: the whole of it is dropped at once."""

    name: str
    """`CLASS-FIRSTDAY`, or `hold`."""
    end: date | None
    """First day (UTC) on which nothing in it may be kept; None: never."""
    slot: int = -1
    """Place of its secret in the key ring."""


class Key(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """A session's key in one partition: where its wrapped form lies."""

    uid: bytes
    session: Session
    slot: int
    rows: tuple[int, int] = (0, 0)
    """Where the store has the session and the key; zeros: it does not say."""


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """Some records of one session, compressed and sealed as one; all expire at the same instant."""

    uid: bytes
    key: Key
    lane: Lane
    created: datetime
    expires: datetime
    base: bytes
    """Uid of the chunk it was compressed against; empty: none."""
    depth: int
    """Chunks to open before this one."""
    size: int
    """Bytes of its bodies, before compression."""
    count: int
    """Records in it."""
    length: int
    """Bytes of the sealed form."""
    digest: bytes
    """SHA-256 of the sealed form."""
    object: str = ""
    """Name of the object it is packed in; empty: it lies in the index, not packed yet."""
    offset: int = 0


UID_BYTES = 12
"""Of a chunk: four of time, so that rows come to lie side by side, and eight of chance."""


def record_id(chunk: bytes, place: int) -> bytes:
    """The id of a record: its chunk's uid and its place in it, 16 bytes. No index of records is needed to find one."""
    return chunk + place.to_bytes(4, "big")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """Where one record's body lies in its chunk."""

    id: bytes
    start: int
    size: int


class Sealed(msgspec.Struct, frozen=True, gc=False):
    """A chunk with its sealed bytes and its records, ready to be written."""

    chunk: Chunk
    data: bytes
    sizes: tuple[int, ...]
    """Bytes of each record's body, in their order."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """Something stored, as the index tells it."""

    id: str
    session: Session
    lane: Lane
    created: datetime
    expires: datetime
    size: int
    """Bytes of the body as it was put."""
    chunk: bytes
    """Uid of the chunk it is sealed in."""
    partition: str
    start: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How much of one kind an organisation has in a partition."""

    partition: str
    organisation: int
    lane: Lane
    records: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DayTally:
    """The same for what was created on one day (UTC)."""

    day: date
    tally: Tally
    ends: datetime
    """When the last of it goes."""
    newest: bytes
    """Uid of its newest chunk."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A session that must be kept whatever expires or is asked to be deleted."""

    id: int
    session: Session
    reason: str
    placed: datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """Which records are meant; empty parts do not narrow."""

    organisation: int = 0
    account: int = 0
    session: str = ""
    repository: str = ""

    def covers(self, session: Session) -> bool:
        return (
            self.organisation in {0, session.organisation}
            and self.account in {0, session.account}
            and self.session in {"", session.name}
            and self.repository in {"", session.repository}
        )


@dataclass(frozen=True, slots=True)
class Work:
    """Something under way that is finished after any crash: an erasure, a hold, a release, a change of class."""

    id: int
    kind: str
    scope: Scope
    asked: datetime
    done: Mapping[str, object]
    """What its finished steps say of themselves."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not kept."""

    why: str


class Kept(msgspec.Struct, frozen=True, gc=False):
    """The id of what was kept, durably."""

    id: str
