"""How chunks and their records come into a partition, and leave it."""

from __future__ import annotations

import secrets
import struct
from itertools import chain
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from carnet.model.record import Key, Session
from carnet.stores.sql.direct import Statement
from carnet.stores.sql.instants import micros
from carnet.stores.sql.lanes import lane_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from carnet.model.record import Sealed
    from carnet.stores.sql.direct import Direct

REMOVALS = "removals"
_SESSION_ID, _THIS_KEY = Statement("partition.session_id"), Statement("partition.key_rows")
_KEYS_OF_ONE, _KEYS_OF_SOME = Statement("partition.keys_of_one"), Statement("partition.keys_of_some")
_MOVE_KEY, _CHUNK_ID = Statement("partition.move_key"), Statement("partition.chunk_id")
_LAST = {table: Statement(f"partition.last_{table}") for table in ("session", "key", "chunk")}
_ADD_SESSION, _ADD_KEY = Statement("partition.add_session"), Statement("partition.add_key")
_ADD_CHUNK, _ADD_LOOSE = Statement("partition.add_chunk"), Statement("partition.add_loose")
_FACT, _COUNT = Statement("partition.fact"), Statement("partition.count")
_FORGET_TALLIES, _FORGET_LANES = Statement("partition.forget_tallies"), Statement("partition.forget_lanes")
_FEW, AT_ONCE = 4, 16
"""Sessions asked for together: so many cost as much as three or four one by one."""


def write(direct: Direct, keys: Sequence[Key], sealed: Sequence[Sealed]) -> list[Key]:
    """Add keys and chunks with their records; chunks that are there already stay as they are."""
    known = settled(direct, keys)
    if sealed:
        _write_chunks(direct, sealed, {one.uid: one.rows for one in known})
    return known


def settled(direct: Direct, keys: Sequence[Key]) -> list[Key]:
    """Keys with the rows they have; sessions and keys that are new get some."""
    strange = [one for one in keys if not all(one.rows)]
    if not strange:
        return list(keys)
    sessions = _session_rows(direct, list(dict.fromkeys(one.session for one in strange)))
    rows = _key_rows(direct, strange, sessions)
    return [replace(one, rows=rows[one.uid]) if one.uid in rows else one for one in keys]


def _session_rows(direct: Direct, wanted: Sequence[Session]) -> dict[Session, int]:
    """Rows of sessions, which are most often new."""
    first = _next(direct, "session")
    made = [(first + at, *_session_values(one)) for at, one in enumerate(wanted)]
    if _ADD_SESSION.run_all(direct, made).rowcount == len(made):
        return {one: first + at for at, one in enumerate(wanted)}
    return {one: _only(_SESSION_ID, direct, *_session_values(one))[0] for one in wanted}


def session_rows(direct: Direct, wanted: Iterable[Session]) -> list[int]:
    """Rows of those sessions that are there."""
    asked = (_SESSION_ID.value(direct, *_session_values(one)) for one in wanted)
    return [row for row in asked if row is not None]


def _key_rows(direct: Direct, keys: Sequence[Key], sessions: Mapping[Session, int]) -> dict[bytes, tuple[int, int]]:
    """(session, key) rows of keys by uid."""
    first = _next(direct, "key")
    made = [(first + at, one.uid, sessions[one.session], one.slot) for at, one in enumerate(keys)]
    if _ADD_KEY.run_all(direct, made).rowcount == len(made):
        return {uid: (owner, number) for number, uid, owner, _ in made}
    return {one.uid: _only(_THIS_KEY, direct, sessions[one.session], one.uid) for one in keys}


def move_keys(direct: Direct, keys: Sequence[Key]) -> None:
    """Write other slots of keys."""
    for one in keys:
        _MOVE_KEY.run(direct, one.slot, *_session_values(one.session), one.uid)


def _write_chunks(direct: Direct, sealed: Sequence[Sealed], rows: Mapping[bytes, tuple[int, int]]) -> None:
    lanes = lane_ids(direct, [one.chunk.lane for one in sealed])
    numbered = list(zip(_numbers(direct, sealed), sealed, strict=True))
    made = [_chunk_row(number, one, rows[one.chunk.key.uid], lanes[one.chunk.lane]) for number, one in numbered]
    if _ADD_CHUNK.run_all(direct, made).rowcount < len(made):
        numbered = [(at, one) for at, one in numbered if _only(_CHUNK_ID, direct, one.chunk.uid) == (at,)]
        forget(direct)
    if numbered:
        _ADD_LOOSE.run_all(direct, [(number, one.data) for number, one in numbered])
        chunks = [one.chunk for _, one in numbered]
        count(direct, [(one.key.session.organisation, lanes[one.lane], one.count, one.size) for one in chunks])


def _numbers(direct: Direct, sealed: Sequence[Sealed]) -> Iterator[int]:
    """Ids for chunks: one after the other, but by chance for nobody's, which must not lie between two people's."""
    for number, one in enumerate(sealed, _next(direct, "chunk")):
        yield number if one.chunk.key.session.account else -1 - secrets.randbits(62)


def _chunk_row(number: int, one: Sealed, rows: tuple[int, int], lane: int) -> tuple[object, ...]:
    """In the order of the columns."""
    given = one.chunk
    return (
        number,
        given.uid,
        *rows,
        lane,
        micros(given.created),
        micros(given.expires),
        given.base,
        given.depth,
        given.size,
        given.count,
        given.length,
        given.digest,
        "",
        0,
        packed_sizes(one.sizes),
    )


def forget(direct: Direct) -> None:
    """Remove tallies that count nothing, and decisions of which nothing is left."""
    _FORGET_TALLIES.run(direct)
    _FORGET_LANES.run(direct)


def removals(direct: Direct) -> int:
    return int(_FACT.value(direct, REMOVALS) or 0)


def count(direct: Direct, changes: Iterable[tuple[int, int, int, int]]) -> None:
    """Add (organisation, lane, records, bytes) to the tallies."""
    sums: dict[tuple[int, int], tuple[int, int]] = {}
    for organisation, number, more, size in changes:
        records, bytes_ = sums.get((organisation, number), (0, 0))
        sums[organisation, number] = records + more, bytes_ + size
    if sums:
        _COUNT.run_all(direct, [(*place, *numbers) for place, numbers in sums.items()])


def newest_keys(direct: Direct, sessions: Sequence[Session]) -> dict[Session, Key]:
    """The newest key of each session that has one."""
    found: dict[Session, Key] = {}
    for some, asked in _in_groups(sessions):
        for organisation, account, name, repository, uid, slot, *rows in asked.run(direct, *some).fetchall():
            one = Session(organisation, account, name, repository)
            found[one] = Key(uid, one, slot, tuple(rows))
    return found


def _in_groups(sessions: Sequence[Session]) -> Iterator[tuple[list[object], Statement]]:
    """The values to ask for sessions with, and how; the last of a group is asked for until it is full."""
    if len(sessions) < _FEW:
        yield from ((list(_session_values(one)), _KEYS_OF_ONE) for one in sessions)
        return
    for at in range(0, len(sessions), AT_ONCE):
        some = [_session_values(one) for one in sessions[at : at + AT_ONCE]]
        some += some[-1:] * (AT_ONCE - len(some))
        yield list(chain.from_iterable(some)), _KEYS_OF_SOME


def _session_values(one: Session) -> tuple[int, int, str, str]:
    """In the order of the columns."""
    return one.organisation, one.account, one.name, one.repository


def _next(direct: Direct, table: str) -> int:
    """A free id above zero, below which lies what is nobody's: this transaction has no other writer beside it."""
    return max(0, _LAST[table].value(direct) or 0) + 1


def _only(statement: Statement, direct: Direct, *values: object) -> Any:
    """The one row there is."""
    (row,) = statement.run(direct, *values).fetchall()
    return row


def packed_sizes(sizes: Sequence[int]) -> bytes:
    """As `chunk.sizes` has them."""
    return struct.pack(f">{len(sizes)}I", *sizes)
