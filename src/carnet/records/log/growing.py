"""A log that grows: what it holds from one size to another, part by part. Who writes it and who checks it ask here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from carnet.errors import StoreError
from carnet.records.log import merkle
from carnet.records.log.tiles import ENTRIES, HEIGHT, WIDTH, pack_entries, tile_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.records.log.tiles import Tiles

Entries: TypeAlias = Callable[[int, int], Sequence[bytes]]
"""Gives the log's entries from one index up to another."""


@dataclass(frozen=True, slots=True)
class Part:
    """A tile, or a bundle of entries."""

    level: int | str
    index: int
    width: int
    data: bytes

    @property
    def name(self) -> str:
        return tile_name(self.level, self.index, self.width)


@dataclass(frozen=True, slots=True)
class Growing:
    """A log up to some leaf: the hashes of the unfinished tile of every level, lowest level first."""

    unfinished: list[list[bytes]]

    def root(self) -> bytes:
        """The root, from these hashes alone."""
        below = list[bytes]()
        for hashes in self.unfinished:
            below = [merkle.root(hashes + below)] if hashes or below else []
        return merkle.root(below)

    def grow(self, entries: Entries, start: int, size: int) -> Iterator[Part]:
        """Append the entries up to a size; every part that is new or wider. What is full comes before what is partial.

        It begins at the bundle that holds `start`, whose entries are asked for again.
        """
        for index in range(start // WIDTH, -(-size // WIDTH)):
            bundle = _fetched(entries, index * WIDTH, min((index + 1) * WIDTH, size))
            yield Part(ENTRIES, index, len(bundle), pack_entries(bundle))
            self.unfinished[0] = [merkle.leaf_hash(entry) for entry in bundle]
            yield from self._full(index)
        for level, hashes in enumerate(self.unfinished):
            if hashes:
                yield _tile(level, size >> HEIGHT * (level + 1), hashes)

    def _full(self, index: int) -> Iterator[Part]:
        """The tiles that the last entry made full; each is one hash of the level above."""
        level = 0
        while len(self.unfinished[level]) == WIDTH:
            if len(self.unfinished) == level + 1:
                self.unfinished.append([])
            yield _tile(level, index, self.unfinished[level])
            self.unfinished[level + 1].append(merkle.root(self.unfinished[level]))
            self.unfinished[level] = []
            level, index = level + 1, index // WIDTH


def resumed(tiles: Tiles, start: int) -> Growing:
    """A stored log up to the last full bundle before `start`: one tile of each level is read."""
    unfinished, above = [list[bytes]()], start >> HEIGHT
    while above:
        tile, width = divmod(above, WIDTH)
        unfinished.append(tiles.hashes(len(unfinished), tile)[:width] if width else [])
        above = tile
    return Growing(unfinished)


def _tile(level: int, index: int, hashes: list[bytes]) -> Part:
    return Part(level, index, len(hashes), b"".join(hashes))


def _fetched(entries: Entries, start: int, stop: int) -> Sequence[bytes]:
    found = entries(start, stop)
    if len(found) != stop - start:
        raise StoreError(f"the log's entries {start} to {stop} were asked for, {len(found)} of them are there")
    return found
