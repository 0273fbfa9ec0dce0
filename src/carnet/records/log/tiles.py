"""The files of a log, as c2sp.org/tlog-tiles names and fills them: tiles of 256 hashes, bundles of 256 entries.

A partial one ends where its log ended; once the full one stands it says the same, and more.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.errors import NotFoundError, StoreError
from carnet.records.log.merkle import HASH_SIZE, root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.stores.objects_contract import Objects

HEIGHT = 8
WIDTH = 1 << HEIGHT
LONGEST_ENTRY = 65535
CHECKPOINT = "log/checkpoint"
ENTRIES = "entries"
"""What stands in the place of a level in the name of an entry bundle."""


def tile_name(level: int | str, index: int, width: int = WIDTH) -> str:
    """The name of a tile, or of a bundle where the level is `entries`."""
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *outer, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
    path = "/".join([*(f"x{part}" for part in outer), last])
    return f"log/tile/{level}/{path}" + (f".p/{width}" if width < WIDTH else "")


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """A bundle. Raises ValueError for an entry that is too long."""
    for entry in entries:
        if len(entry) > LONGEST_ENTRY:
            raise ValueError(f"an entry has {len(entry)} bytes; the log takes at most {LONGEST_ENTRY}")
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def unpack_entries(bundle: bytes) -> Iterator[bytes]:
    """The entries of a bundle. Raises ValueError where it is cut off."""
    at = 0
    while at < len(bundle):
        start = at + 2
        at = start + int.from_bytes(bundle[at:start], "big")
        if start > len(bundle) or at > len(bundle):
            raise ValueError("the bundle is cut off")
        yield bundle[start:at]


@dataclass(frozen=True, slots=True)
class Tiles:
    """What a log of one size holds in an object store. Raises StoreError for what is damaged."""

    objects: Objects
    size: int
    _read: dict[tuple[int, int], list[bytes]] = field(default_factory=dict, compare=False, repr=False)

    def width(self, level: int, index: int) -> int:
        """How many of a tile's hashes are this log's."""
        return max(0, min(WIDTH, (self.size >> HEIGHT * level) - index * WIDTH))

    def data(self, level: int | str, index: int, width: int) -> bytes:
        """The bytes of a tile or bundle. Raises NotFoundError where there is neither this one nor the full one."""
        try:
            return self.objects.get(tile_name(level, index, width))
        except NotFoundError:
            return self.objects.get(tile_name(level, index))

    def hashes(self, level: int, index: int) -> list[bytes]:
        """The hashes of a tile, as far as they are this log's."""
        if (level, index) not in self._read:
            width = self.width(level, index)
            data = self.data(level, index, width)[: width * HASH_SIZE]
            if len(data) < width * HASH_SIZE:
                raise StoreError(f"{tile_name(level, index, width)} is damaged: it has {len(data)} bytes")
            self._read[level, index] = [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]
        return self._read[level, index]

    def entries(self, index: int) -> list[bytes]:
        """The entries of a bundle, as far as they are this log's."""
        width = self.width(0, index)
        try:
            entries = list(unpack_entries(self.data(ENTRIES, index, width)))[:width]
        except ValueError as error:
            raise StoreError(f"{tile_name(ENTRIES, index, width)} is damaged: {error}") from error
        if len(entries) < width:
            raise StoreError(f"{tile_name(ENTRIES, index, width)} is damaged: it has {len(entries)} entries")
        return entries

    def subtree(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree, as merkle.py asks for it."""
        tile_level, inside = divmod(level, HEIGHT)
        tile, at = divmod(index << inside, WIDTH)
        return root(self.hashes(tile_level, tile)[at : at + (1 << inside)])
