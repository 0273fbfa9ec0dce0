"""Holds: what is held outlives expiry and deletion, in a partition that never ends, until it is released."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from carnet.errors import CarnetError, DamagedError, NotFoundError
from carnet.model.record import HOLD, Hold, Scope
from carnet.records.chronicle import publish_log, write
from carnet.records.moving import Move, move
from carnet.records.removing import remove
from carnet.records.retention import HELD, partition_of
from carnet.records.surveying import Unread, asked, hand_over, partitions, refuse_unread
from carnet.records.witnessing import WHOSE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from carnet.model.record import Chunk, Session
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import PartitionStore, RecordStore


def hold(store: RecordStore, keyring: Keyring, sessions: Sequence[Session], reason: str, now: datetime) -> list[Hold]:
    """Hold sessions, from now on and with all they have; what has ended before does not come back."""
    with store.lock():
        settle(store, keyring, now, [])  # what a crash left of an earlier release ends as it should have
        placed = [store.catalogue.add_hold(Hold(0, one, reason, now)) for one in sessions]
        for one in placed:
            write(store, "hold", now, _details(one, reason), _subject(one))
        unread = list[Unread]()
        settle(store, keyring, now, unread)
        publish_log(store, keyring)
        refuse_unread(unread, "the hold stands, and nothing of it ends, but not all of it may have been secured")
        _refuse_damaged(store, placed)
    return placed


def _refuse_damaged(store: RecordStore, placed: Sequence[Hold]) -> None:
    """A hold that secured less than all of a session says so. What is left is not ended either, wherever it lies."""
    left = [
        one.session.name
        for one in placed
        for partition, chunks in asked(store, partial(_chunks_of, one.session), [])
        if partition.name != HOLD
        for chunk in chunks
        if chunk.key.session == one.session and chunk.expires > one.placed
    ]
    if left:
        raise DamagedError(
            f"the hold stands, but {len(left)} chunks of the session could not be opened and lie where they were; "
            "nothing of them ends while it stands. carnet records verify names what is damaged"
        )


def release(
    store: RecordStore, keyring: Keyring, sessions: Sequence[Session], reason: str, now: datetime
) -> list[Hold]:
    """Release sessions: what should have ended ends now, the rest goes on as if it had never been held."""
    with store.lock():
        found = [one for one in store.catalogue.holds() if one.session in set(sessions)]
        if not found:
            raise NotFoundError("nothing of that session is held; carnet records list shows what is")
        for one in found:
            write(store, "release", now, _details(one, reason), _subject(one))
            store.catalogue.remove_hold(one.id)
        unread = list[Unread]()
        settle(store, keyring, now, unread)
        publish_log(store, keyring)
        mine = [one for one in unread if one.name == HOLD]
        refuse_unread(mine, "the release stands, and what it ends is ended when that can be done")
    return found


def settle(store: RecordStore, keyring: Keyring, now: datetime, unread: list[Unread] | None = None) -> None:
    """Bring what is held into the partition of holds, and what is not held any more out of it. Safe to repeat.

    What cannot be read or written keeps no other from its hold; it is added to `unread`, or raised at the end.
    """
    with store.lock():
        held = {one.session: one.placed for one in store.catalogue.holds()}
        found = list[Unread]()
        for partition in reversed(partitions(store)):  # what is held comes last
            try:
                if partition.name == HOLD:
                    _let_out(store, keyring, held, now)
                elif held:
                    _bring_in(store, keyring, partition.name, held)
            except CarnetError as error:
                found.append(Unread(partition.name, error))
        hand_over(found, unread)


def _bring_in(store: RecordStore, keyring: Keyring, name: str, held: Mapping[Session, datetime]) -> None:
    partition = next(one for one in partitions(store) if one.name == name)
    chunks = [
        chunk
        for session, placed in held.items()
        for chunk in store.partition(name).chunks(_scope(session))
        if chunk.key.session == session and chunk.expires > placed
    ]
    if chunks:
        move(store, keyring, partition, [Move(one, HELD, one.lane, one.expires) for one in chunks])


def _let_out(store: RecordStore, keyring: Keyring, held: Mapping[Session, datetime], now: datetime) -> None:
    partition = next(one for one in partitions(store) if one.name == HOLD)
    where = store.partition(HOLD)
    loose = [one for one in where.sessions(Scope()) if one not in held]
    chunks = [one for session in loose for one in where.chunks(_scope(session)) if one.key.session == session]
    remove(store, keyring, partition, [one for one in chunks if one.expires <= now])
    left = [one for session in loose for one in where.chunks(_scope(session)) if one.key.session == session]
    moves = [Move(one, partition_of(one.lane.retention, one.expires), one.lane, one.expires) for one in left]
    move(store, keyring, partition, moves)


def _chunks_of(session: Session, where: PartitionStore) -> list[Chunk]:
    return where.chunks(_scope(session))


def _scope(session: Session) -> Scope:
    return Scope(session.organisation, session.account, session.name, session.repository)


def _details(one: Hold, reason: str) -> dict[str, object]:
    return {
        "session": one.session.name,
        "repository": one.session.repository,
        "reason": reason,
        WHOSE: list(_subject(one)),
    }


def _subject(one: Hold) -> tuple[int, int]:
    return one.session.organisation, one.session.account
