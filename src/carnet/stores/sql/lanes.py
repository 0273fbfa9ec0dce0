"""Decisions of a partition, each written once."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carnet.errors import DamagedError
from carnet.model.record import Lane
from carnet.stores.sql.inserting import insert_row
from carnet.stores.sql.partition_tables import lane
from carnet.stores.sql.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALL = Prepared(sa.select(lane))


def lane_ids(connection: sa.Connection, wanted: Iterable[Lane]) -> dict[Lane, int]:
    """The ids of lanes, added where they are new."""
    found = {_lane(row): int(row.id) for row in _ALL.run(connection)}
    for one in wanted:
        if one not in found:
            found[one] = insert_row(connection, lane, _values(one))
    return found


def lanes(connection: sa.Connection) -> dict[int, Lane]:
    return {int(row.id): _lane(row) for row in _ALL.run(connection)}


def _lane(row: Any) -> Lane:
    try:
        return _read(*row[1:])
    except (ValueError, TypeError):
        raise DamagedError(f"row {row.id} of `lane` is damaged: it does not say which rules decided") from None


@lru_cache(1024)
def _read(
    kind: str,
    flow: str,
    provider: str,
    retention: str,
    training: int,
    purposes: str,
    rules: str,
) -> Lane:
    """The lane that a row says, in just the words it was written with; every batch reads the same few."""
    found = Lane(
        kind,
        flow,
        provider,
        retention,
        bool(training),
        tuple(json.loads(purposes)),
        tuple(json.loads(rules)),
    )
    if (training, purposes, rules) != tuple(map(_values(found).get, ("training", "purposes", "rules"))):
        raise ValueError
    return found


def _values(one: Lane) -> dict[str, object]:
    return {
        "kind": one.kind,
        "flow": one.flow,
        "provider": one.provider,
        "retention": one.retention,
        "training": one.training,
        "purposes": json.dumps(one.purposes),
        "rules": json.dumps(one.rules),
    }
