"""Decisions of a partition, each written once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carnet.errors import DamagedError
from carnet.model.record import Lane
from carnet.stores.sql.inserting import insert_row
from carnet.stores.sql.partition_tables import lane

if TYPE_CHECKING:
    from collections.abc import Iterable


def lane_ids(connection: sa.Connection, wanted: Iterable[Lane]) -> dict[Lane, int]:
    """The ids of lanes, added where they are new."""
    found = {_lane(row): int(row.id) for row in connection.execute(sa.select(lane))}
    for one in wanted:
        if one not in found:
            found[one] = insert_row(connection, lane, _values(one))
    return found


def lanes(connection: sa.Connection) -> dict[int, Lane]:
    return {int(row.id): _lane(row) for row in connection.execute(sa.select(lane))}


def _lane(row: Any) -> Lane:
    try:
        purposes, rules = tuple(json.loads(row.purposes)), tuple(json.loads(row.rules))
    except (ValueError, TypeError):
        raise DamagedError(f"row {row.id} of `lane` is damaged: it does not say which rules decided") from None
    return Lane(
        row.kind,
        row.flow,
        row.provider,
        row.retention,
        row.training,
        purposes,
        rules,
        row.sealed_retention,
        row.sealed_training,
    )


def _values(one: Lane) -> dict[str, object]:
    return {
        "kind": one.kind,
        "flow": one.flow,
        "provider": one.provider,
        "retention": one.retention,
        "training": one.training,
        "purposes": json.dumps(one.purposes),
        "rules": json.dumps(one.rules),
        "sealed_retention": one.sealed_retention,
        "sealed_training": one.sealed_training,
    }
