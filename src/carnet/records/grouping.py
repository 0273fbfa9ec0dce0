"""Drafts that may be kept, by what may be sealed together: one session, one decision, one instant."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.model.record import UID_BYTES, record_id
from carnet.records.sealing import Body

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from carnet.model.record import Draft, Lane, Partition, Session

CHUNK_BYTES = 1 << 20
"""Bodies sealed as one, about: reading one record opens all of its chunk."""
_TIME_BYTES = 4
_LAST_SECOND = 2**32 - 1
"""Of 2106: what comes later is sorted behind all else."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where something goes and under what decision, since when and until when."""

    partition: Partition
    session: Session
    lane: Lane
    created: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """Bodies that become one chunk."""

    ground: Ground
    uid: bytes
    bodies: tuple[Body, ...]


@dataclass(slots=True)
class _Stack:
    """A group that is still growing."""

    ground: Ground
    uid: bytes
    bodies: list[Body] = field(default_factory=list)
    bytes: int = 0


def grouped(placed: Sequence[tuple[Ground, Draft]], random: Callable[[int], bytes]) -> tuple[list[Group], list[bytes]]:
    """Groups in the order their first bodies came, and the id of each body in the order they came."""
    growing: dict[Ground, _Stack] = {}
    by_identity: dict[int, _Stack] = {}  # hashing a ground costs more than everything else here
    stacks: list[_Stack] = []
    ids: list[bytes] = []
    for ground, draft in placed:
        size = len(draft.body)
        stack = by_identity.get(id(ground))
        if stack is None or stack.bytes + size > CHUNK_BYTES:
            stack = growing.get(ground)
            if stack is None or stack.bytes + size > CHUNK_BYTES:
                stack = growing[ground] = _Stack(ground, new_uid(ground.created, random))
                stacks.append(stack)
            by_identity[id(ground)] = stack
        bodies = stack.bodies
        ids.append(record_id(stack.uid, len(bodies)))
        bodies.append(Body(ids[-1], draft.body, draft.form))
        stack.bytes += size
    return [Group(stack.ground, stack.uid, tuple(stack.bodies)) for stack in stacks], ids


def new_uid(created: datetime, random: Callable[[int], bytes]) -> bytes:
    """Sorted by seconds, so that rows come to lie side by side; the rest is chance enough for a day's ratings."""
    seconds = min(max(0, int(created.timestamp())), _LAST_SECOND)
    return struct.pack(">I", seconds) + random(UID_BYTES - _TIME_BYTES)
