"""Drafts that may be kept, by what may be sealed together: one session, one decision, one instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from carnet.model.record import Lane, Partition, Session
    from carnet.records.sealing import Body

CHUNK_BYTES = 1 << 20
"""Bodies sealed as one, about: reading one record opens all of its chunk."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A draft that may be kept: where, under what decision, and since when."""

    partition: Partition
    session: Session
    lane: Lane
    created: datetime
    expires: datetime
    body: Body


@dataclass(frozen=True, slots=True)
class Group:
    """Bodies that become one chunk."""

    partition: Partition
    session: Session
    lane: Lane
    created: datetime
    expires: datetime
    bodies: tuple[Body, ...]


def grouped(placed: Sequence[Placed]) -> list[Group]:
    """Groups in the order their first bodies came."""
    open_: dict[tuple[object, ...], _Stack] = {}
    stacks: list[_Stack] = []
    for one in placed:
        place = (one.partition.name, one.session, one.lane, one.created)
        stack = open_.get(place)
        if stack is None or stack.bytes + len(one.body.data) > CHUNK_BYTES:
            stack = open_[place] = _Stack(one)
            stacks.append(stack)
        stack.bodies.append(one.body)
        stack.bytes += len(one.body.data)
    return [stack.group() for stack in stacks]


@dataclass(slots=True)
class _Stack:
    """A group that is still growing."""

    first: Placed
    bodies: list[Body] = field(default_factory=list)
    bytes: int = 0

    def group(self) -> Group:
        one = self.first
        return Group(one.partition, one.session, one.lane, one.created, one.expires, tuple(self.bodies))
