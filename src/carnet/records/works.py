"""What is under way: which records an erasure, or a change of terms, still means, and where it has not come by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.model.record import HOLD, Session

if TYPE_CHECKING:
    from carnet.model.record import Work
    from carnet.stores.records_contract import RecordStore

ERASE, RECLASSIFY = "erase", "reclassify"


def means(work: Work, session: Session, partition: str = "") -> bool:
    """Whether something under way means a session (in one partition).

    Once it has come by, it means only what it had to leave: sessions that were held, and all of its scope in the
    partitions that could not be read. What its scope got since is none of it.
    """
    left, unread = left_of(work), unread_of(work)
    if work.kind == RECLASSIFY and unread:
        left, unread = set(), {*unread, HOLD}  # what lay in those may have been brought to what is held
    if left is None or session in left:
        return work.scope.covers(session)
    return bool(unread) and (not partition or partition in unread) and work.scope.covers(session)


def left_of(work: Work) -> set[Session] | None:
    """Held sessions that an erasure had to leave; None before its first pass is over."""
    left = work.done.get("left")
    return {Session(*one) for one in left} if isinstance(left, list) else None


def unread_of(work: Work) -> set[str]:
    """Partitions that could not be read when it came by."""
    unread = work.done.get("unread")
    return {str(one) for one in unread} if isinstance(unread, list) else set()


def is_due(store: RecordStore, work: Work) -> bool:
    """Whether an erasure has something to do: it has not come by yet, could not read something, or something it waits
    for was released.
    """
    left = left_of(work)
    return left is None or bool(unread_of(work)) or bool(left - {one.session for one in store.catalogue.holds()})


def waiting(store: RecordStore) -> list[Work]:
    """Erasures that wait: for a release, or until something can be read."""
    holds = store.catalogue.holds()
    return [
        work
        for work in store.catalogue.works()
        if work.kind == ERASE and (unread_of(work) or any(means(work, one.session) for one in holds))
    ]
