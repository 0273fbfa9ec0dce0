"""A large set of names: small in memory, found by what they look like, compared by every byte.

Names lie one behind the other in one text. A table of open addressing holds, for each, 32 bits of its skeleton's hash
and its number; whatever the table finds is compared with the name itself, so that no hash ever blocks a name.
"""

from __future__ import annotations

from array import array
from itertools import accumulate, islice, repeat
from typing import TYPE_CHECKING

from carnet.gateway.domains.skeleton import ascii_skeleton_bytes, skeleton

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

EXACT, BELOW, PASS_EXACT, PASS_BELOW = 1, 2, 4, 8
"""What an entry says: of the name itself, of all names below it; and that these are excepted from its list."""

MOST = 20_000_000
_NUMBER, _TAG = 0xFFFFFFFF, 0xFFFFFFFF00000000
_PIECE = 4096
"""Rows that are taken at once."""
_LEAST = 16


class NameIndex:
    """Names with what is said of them and the line they stand on."""

    __slots__ = ("_dotless", "_ends", "_flags", "_lines", "_mask", "_names", "_table", "count")

    def __init__(self, rows: Iterable[tuple[bytes, int, int]]) -> None:
        """Take (name, flags, line) rows; flags of a name that comes again are added to it."""
        names, hashes = bytearray(), array("q")
        self._ends = array("Q", [0])
        self._flags = bytearray()
        self._lines = array("I")
        self._dotless = False
        """Whether any name has one label: only then is a host's last label looked up."""
        rows = iter(rows)
        while piece := list(islice(rows, _PIECE)):
            hashes.extend(self._take(piece, names))
        self._names = bytes(names)
        del names
        size = _LEAST
        while size < 1.4 * len(self._flags):
            size *= 2
        self._mask = size - 1
        self._table = array("Q", bytes(8 * size))
        self.count = self._fill(hashes)

    def _take(self, piece: list[tuple[bytes, int, int]], names: bytearray) -> Iterable[int]:
        """Take thousands of rows at once, in loops that are not Python's; the hashes of their skeletons."""
        some, flags, lines = zip(*piece, strict=True)
        if max(lines) > MOST:
            raise ValueError(f"more than {MOST:,} lines")
        self._ends.extend(islice(accumulate(map(len, some), initial=len(names)), 1, None))
        self._flags += bytes(flags)
        self._lines.extend(lines)
        names += b"".join(some)
        self._dotless = self._dotless or not all(map(bytes.count, some, repeat(b".")))
        text = b"\n".join(some)
        return map(hash, map(looks, some) if b"xn--" in text else ascii_skeleton_bytes(text).split(b"\n"))

    def _fill(self, hashes: Iterable[int]) -> int:
        """Give each name its place, and a name that comes again the flags of both; how many there are."""
        table, mask, again = self._table, self._mask, 0
        for number, hashed in enumerate(hashes, 1):
            place = hashed & mask
            if table[place]:
                place = self._free(place, hashed & _TAG, number)
                if place < 0:
                    again += 1
                    continue
            table[place] = hashed & _TAG | number
        return len(self._flags) - again

    def _free(self, place: int, tag: int, number: int) -> int:
        """The next free place for a name; -1 where the name has one."""
        table, mask = self._table, self._mask
        while slot := table[place]:
            if slot & _TAG == tag and self._again(number - 1, (slot & _NUMBER) - 1):
                return -1
            place = (place + 1) & mask
        return place

    def _again(self, number: int, other: int) -> bool:
        """Whether two numbers are of one name, which then has the flags of both."""
        if self.name(number) != self.name(other):
            return False
        self._flags[other] |= self._flags[number]
        return True

    def find(self, names: Sequence[bytes], looks_like: Sequence[bytes]) -> tuple[int, bool] | None:
        """The entry nearest to a host, whose name is given from each label on, with skeletons: (number, listed).

        False stands for an exception: the list leaves that host alone. None: it says nothing of it.
        """
        table, mask, ends, block, passes = self._table, self._mask, self._ends, EXACT, PASS_EXACT
        most = len(looks_like) - (not self._dotless and len(looks_like) > 1)
        for place in range(most):
            looks_so = looks_like[place]
            hashed = hash(looks_so)
            slot_at, tag = hashed & mask, hashed >> 32 & _NUMBER
            while slot := table[slot_at]:
                if slot >> 32 == tag:
                    number = (slot & _NUMBER) - 1
                    if self._names[ends[number] : ends[number + 1]] == names[place]:
                        if self._flags[number] & (block | passes):
                            return number, not self._flags[number] & passes
                        break
                slot_at = slot_at + 1 & mask
            block, passes = BELOW, PASS_BELOW
        return None

    def alike(self, looks_like: bytes) -> Iterator[int]:
        """The numbers of all names with that skeleton."""
        hashed = hash(looks_like)
        place, tag = hashed & self._mask, hashed >> 32 & _NUMBER
        while slot := self._table[place]:
            if slot >> 32 == tag and looks(self.name((slot & _NUMBER) - 1)) == looks_like:
                yield (slot & _NUMBER) - 1
            place = (place + 1) & self._mask

    def name(self, number: int) -> bytes:
        return self._names[self._ends[number] : self._ends[number + 1]]

    def flags(self, number: int) -> int:
        return self._flags[number]

    def line(self, number: int) -> int:
        return self._lines[number]

    @property
    def bytes(self) -> int:
        """Memory it takes."""
        arrays = sum(len(one) * one.itemsize for one in (self._ends, self._lines, self._table))
        return arrays + len(self._names) + len(self._flags)


def looks(name: bytes) -> bytes:
    """The skeleton of a listed name, which is in ASCII: other scripts as A-labels."""
    if b"xn--" in name:
        return skeleton(shown(name)).encode("utf-8", "surrogatepass")
    return ascii_skeleton_bytes(name)


def shown(name: bytes) -> str:
    """A listed name in its own letters; labels that cannot be read stay as they are."""
    return ".".join(_label(label) for label in name.split(b"."))


def _label(label: bytes) -> str:
    try:
        return label[4:].decode("punycode") if label.startswith(b"xn--") else label.decode("ascii")
    except UnicodeError:
        return label.decode("ascii")
