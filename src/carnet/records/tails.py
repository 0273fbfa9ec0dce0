"""The last chunk of each session that a writer knows: what the next one is compressed against."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from carnet.model.record import Key  # noqa: TC001 - a Struct reads its annotations

if TYPE_CHECKING:
    from carnet.model.record import Lane, Session

KEYFRAME_EVERY = 16
REACH = 16 << 20
"""Most plain bytes to open for one record, about."""
_MOST_BYTES = 64 << 20
_MOST_KEYS = 20_000
_MOST_CIPHERS = 512


class Tail(msgspec.Struct, frozen=True, gc=False):
    """The last chunk of a session under one decision."""

    uid: bytes
    text: bytes
    depth: int
    reach: int
    """Plain bytes of this chunk and of all it rests on."""

    def carries(self, size: int) -> bool:
        """Whether another chunk of that size may rest on this one."""
        return self.depth + 1 < KEYFRAME_EVERY and self.reach + size <= REACH


class Known(msgspec.Struct, frozen=True, gc=False):
    """A session's key, as it was when this writer last used it."""

    key: Key
    secret: bytes
    form: bytes
    """Its wrapped form: while the slot holds just these bytes, the key stands."""


class Tails:
    """Bounded memory of keys and last chunks; the least used go first."""

    def __init__(self) -> None:
        self.keys: OrderedDict[tuple[str, Session], Known] = OrderedDict()
        self._marks: dict[str, tuple[int, int]] = {}
        self._tails: OrderedDict[tuple[str, bytes, Lane], Tail] = OrderedDict()
        self._bytes = 0
        self._ciphers: dict[bytes, AESGCM] = {}

    def cipher(self, secret: bytes) -> AESGCM:
        """That of a key: making one takes longer than sealing an exchange with it."""
        found = self._ciphers.get(secret)
        if found is None:
            if len(self._ciphers) >= _MOST_CIPHERS:
                self._ciphers.clear()
            found = self._ciphers[secret] = AESGCM(secret)
        return found

    def tail(self, partition: str, key: bytes, lane: Lane) -> Tail | None:
        place = partition, key, lane
        found = self._tails.get(place)
        if found is not None:
            self._tails.move_to_end(place)
        return found

    def remember(self, partition: str, key: bytes, lane: Lane, tail: Tail) -> None:
        place = partition, key, lane
        self._drop(place)
        self._tails[place] = tail
        self._bytes += len(tail.text)
        while self._bytes > _MOST_BYTES:
            self._drop(next(iter(self._tails)))

    def know(self, partition: str, known: Known) -> None:
        place = partition, known.key.session
        self.keys[place] = known
        self.keys.move_to_end(place)
        while len(self.keys) > _MOST_KEYS:
            self.keys.popitem(last=False)

    def trust(self, partition: str, mark: tuple[int, int]) -> None:
        """Go on with what is remembered of a partition only if it is the same (its slot), and nothing was removed."""
        if self._marks.get(partition) != mark:
            self.forget(partition)
            self._marks[partition] = mark

    def forget(self, partition: str) -> None:
        """Drop the last chunks of a partition from which something was removed: they may be gone."""
        for place in [place for place in self._tails if place[0] == partition]:
            self._drop(place)

    def _drop(self, place: tuple[str, bytes, Lane]) -> None:
        found = self._tails.pop(place, None)
        if found is not None:
            self._bytes -= len(found.text)
