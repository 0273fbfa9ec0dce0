"""The newest records of a scope: of each partition no more than are shown, and none of what is certainly older."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.records.retention import created_within
from carnet.records.surveying import Unread, hand_over, partitions

if TYPE_CHECKING:
    from carnet.model.record import Record, Scope
    from carnet.stores.records_contract import RecordStore


def newest(
    store: RecordStore, scope: Scope, kind: str, most: int, before: str = "", unread: list[Unread] | None = None
) -> list[Record]:
    """Records, newest first; `before` is the id of one that all of them are older than (ids sort by time).

    What cannot be read is added to `unread`.
    """
    found: list[Record] = []
    for partition in sorted(partitions(store), key=lambda one: created_within(one)[1], reverse=True):
        if len(found) == most and found[-1].created >= created_within(partition)[1]:
            break
        try:
            fresh = store.partition(partition.name).newest(scope, kind, most, before)
        except CarnetError as error:
            hand_over([Unread(partition.name, error)], unread)
            continue
        rows = {one.id: one for one in found} | {one.id: one for one in fresh}
        found = heapq.nlargest(most, rows.values(), key=lambda one: one.id)
    return found
