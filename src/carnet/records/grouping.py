"""Drafts that may be kept, by what may be sealed together: one session, one decision, one instant."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - a Struct reads its annotations
from itertools import accumulate
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from carnet.model.record import UID_BYTES, Form, Lane, Partition, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from carnet.model.record import Draft

CHUNK_BYTES = 1 << 20
"""Bodies sealed as one, about: reading one record opens all of its chunk."""
_CHANCE = UID_BYTES - 4
"""Bytes of a uid beside its time."""
_LAST_SECOND = 2**32 - 1
"""Of 2106: what comes later is sorted behind all else."""
_SECOND = struct.Struct(">I")


class Ground(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """Where something goes and under what decision, since when and until when."""

    partition: Partition
    session: Session
    lane: Lane
    created: datetime
    expires: datetime


@dataclass(slots=True)
class Group:
    """Bodies that become one chunk."""

    ground: Ground
    uid: bytes = b""
    places: list[int] = field(default_factory=list)
    """Of its drafts in the batch."""
    bodies: list[bytes] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    bytes: int = 0

    def take(self, first: int, drafts: Sequence[Draft], size: int) -> None:
        """These drafts, too, whose bodies have so many bytes and the first of which stands there in the batch."""
        self.places.extend(range(first, first + len(drafts)))
        self.bodies.extend(map(_BODY, drafts))
        self.forms.extend(map(_FORM, drafts))
        self.bytes += size


class Stretch(NamedTuple):
    """Drafts that stand side by side in a batch and have one ground."""

    ground: Ground
    first: int
    """Place of the first."""
    drafts: Sequence[Draft]


_BODY, _FORM, _GIVEN = attrgetter("body"), attrgetter("form"), attrgetter("body", "form")


def grouped(stretches: Iterable[Stretch], random: Callable[[int], bytes]) -> list[Group]:
    """Groups in the order their first bodies came."""
    growing: dict[Ground, Group] = {}
    groups: list[Group] = []
    for ground, first, drafts in stretches:
        if len(drafts) == 1 and ground not in growing:
            ((body, form),) = map(_GIVEN, drafts)
            groups.append(Group(ground, b"", [first], [body], [form], len(body)))
            growing[ground] = groups[-1]
            continue
        sizes = [len(one.body) for one in drafts]
        at = 0
        while at < len(drafts):
            group = growing.get(ground)
            many = 0 if group is None else _fitting(sizes[at:], CHUNK_BYTES - group.bytes)
            if group is None or not many:
                group = growing[ground] = Group(ground)
                groups.append(group)
                many = _fitting(sizes[at:], CHUNK_BYTES) or 1
            group.take(first + at, drafts[at : at + many], sum(sizes[at : at + many]))
            at += many
    chance = random(_CHANCE * len(groups))
    for number, group in enumerate(groups):
        group.uid = new_uid(group.ground.created, chance[number * _CHANCE : (number + 1) * _CHANCE])
    return groups


def _fitting(sizes: Sequence[int], room: int) -> int:
    """How many of these, from the first on, have room."""
    if sum(sizes) <= room:
        return len(sizes)
    return next(many for many, size in enumerate(accumulate(sizes)) if size > room)


def new_uid(created: datetime, chance: bytes) -> bytes:
    """Sorted by seconds, so that rows come to lie side by side; the rest is chance enough for a day's ratings."""
    second = int(created.timestamp())
    return _SECOND.pack(second if 0 <= second <= _LAST_SECOND else _LAST_SECOND if second > 0 else 0) + chance
