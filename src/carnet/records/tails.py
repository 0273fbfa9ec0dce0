"""The last chunk of each session that a writer knows: what the next one is compressed against."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec.structs import replace

from carnet.model.record import Key, Lane
from carnet.records.sealing import compressed, expanded

if TYPE_CHECKING:
    from carnet.model.record import Session

_Place = tuple[str, bytes, Lane]
"""The partition, the uid of the key, the decision."""

KEYFRAME_EVERY = 16
REACH = 16 << 20
"""Most plain bytes to open for one record, about."""
_BESIDE = 500
"""Bytes that a chunk takes beside its text, about."""
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
    """Bounded memory of keys and last chunks; the least used go first, chunks through a second memory of packed ones.

    zstd leaves a third of a conversation, and opens it in a fraction of what a turn costs that is written whole.
    """

    def __init__(self, plain: int = 64 << 20, packed: int = 0, keys: int = 20_000) -> None:
        """Bytes of chunks as they are, of packed ones beside, and how many keys."""
        self.keys: OrderedDict[tuple[str, Session], Known] = OrderedDict()
        self._most_keys = keys
        self._marks: dict[str, tuple[int, int]] = {}
        self._plain = _Shelf(plain)
        self._packed = _Shelf(packed)
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
        found = self._plain.get(place)
        if found is None and (packed := self._packed.get(place)) is not None:
            found = replace(packed, text=expanded(packed.text, b"", 0))
        return found

    def remember(self, partition: str, key: bytes, lane: Lane, tail: Tail) -> None:
        place = partition, key, lane
        self._packed.drop(place)
        for other, one in self._plain.put(place, tail):
            if self._packed.most:
                # Copied: what comes from zstandard keeps all the room that it might have needed.
                self._packed.put(other, replace(one, text=bytes(memoryview(compressed(one.text, b"")))))

    def know(self, partition: str, known: Known) -> None:
        place = partition, known.key.session
        self.keys[place] = known
        self.keys.move_to_end(place)
        while len(self.keys) > self._most_keys:
            self.keys.popitem(last=False)

    def trust(self, partition: str, mark: tuple[int, int]) -> None:
        """Go on with what is remembered of a partition only if it is the same (its slot), and nothing was removed."""
        if self._marks.get(partition) != mark:
            self.forget(partition)
            self._marks[partition] = mark

    def forget(self, partition: str) -> None:
        """Drop the last chunks of a partition from which something was removed: they may be gone."""
        for shelf in (self._plain, self._packed):
            for place in [place for place in shelf.tails if place[0] == partition]:
                shelf.drop(place)

    @property
    def bytes(self) -> int:
        """Of chunks, about, and of what names them."""
        return self._plain.bytes + self._packed.bytes


class _Shelf:
    """Chunks of so many bytes at most, the least used first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.bytes = 0
        self.tails: OrderedDict[_Place, Tail] = OrderedDict()

    def get(self, place: _Place) -> Tail | None:
        found = self.tails.get(place)
        if found is not None:
            self.tails.move_to_end(place)
        return found

    def put(self, place: _Place, tail: Tail) -> list[tuple[_Place, Tail]]:
        """Those that had to go for it; itself, where it alone is too large."""
        self.drop(place)
        self.tails[place] = tail
        self.bytes += len(tail.text) + _BESIDE
        gone: list[tuple[_Place, Tail]] = []
        while self.bytes > self.most:
            oldest = next(iter(self.tails))
            gone.append((oldest, self.tails[oldest]))
            self.drop(oldest)
        return gone

    def drop(self, place: _Place) -> None:
        found = self.tails.pop(place, None)
        if found is not None:
            self.bytes -= len(found.text) + _BESIDE
