"""Decisions of a partition, each written once."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from carnet.errors import DamagedError
from carnet.model.record import Lane
from carnet.stores.sql.direct import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carnet.stores.sql.direct import Direct

_ALL, _ADD = Statement("partition.lanes"), Statement("partition.add_lane")


def lane_ids(direct: Direct, wanted: Iterable[Lane]) -> dict[Lane, int]:
    """The ids of lanes, added where they are new."""
    known = _known(direct)
    found = {one: number for number, one in known}
    new = [one for one in dict.fromkeys(wanted) if one not in found]
    if new:
        first = max((number for number, _ in known), default=0) + 1
        found |= {one: first + at for at, one in enumerate(new)}
        _ADD.run_all(direct, [(found[one], *_values(one)) for one in new])
    return found


def lanes(direct: Direct) -> dict[int, Lane]:
    return dict(_known(direct))


def _known(direct: Direct) -> tuple[tuple[int, Lane], ...]:
    return _read(tuple(_ALL.run(direct).fetchall()))


@lru_cache(256)
def _read(rows: tuple[tuple[Any, ...], ...]) -> tuple[tuple[int, Lane], ...]:
    """The lanes that rows say; every batch reads the same few."""
    return tuple([(int(row[0]), _lane(row)) for row in rows])


def _lane(row: tuple[Any, ...]) -> Lane:
    """The lane that a row says, in just the words it was written with."""
    try:
        kind, flow, provider, retention, training, purposes, rules = row[1:]
        words = tuple(json.loads(purposes)), tuple(json.loads(rules))
        found = Lane(kind, flow, provider, retention, bool(training), *words)
    except (ValueError, TypeError):
        found = None
    if found is None or row[1:] != _values(found):
        raise DamagedError(f"row {row[0]} of `lane` is damaged: it does not say which rules decided")
    return found


def _values(one: Lane) -> tuple[object, ...]:
    return (
        one.kind,
        one.flow,
        one.provider,
        one.retention,
        one.training,
        json.dumps(one.purposes),
        json.dumps(one.rules),
    )
