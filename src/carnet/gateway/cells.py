"""Numbers of one process by name, in memory that others read while it writes: appended, never moved, eight bytes each.

Kinds: `sum` grows for ever and outlives its process; `now` is of the present and is added up over living processes;
`max` is of the present too, and all see the same thing (the spool, say): the largest counts.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["sum", "now", "max"]
KINDS: tuple[Kind, ...] = ("sum", "now", "max")
_HEAD = struct.Struct("<HBx")
"""Length of the name, kind."""
_REST = "(others)"
"""Stands for every name there is no room for."""


class Cells:
    """Numbers that one process writes and others read; `used` says how many bytes of them may be read."""

    def __init__(self, memory: memoryview, used: memoryview) -> None:
        self._memory = memory
        self._used = used
        self.numbers = memory[: len(memory) // 8 * 8].cast("d")
        """Add to these at the index `index` gave; nobody else writes them."""
        self._index: dict[tuple[str, str], int] = {}
        for kind, name, at in _walk(memory[: used[0]]):
            self._index[kind, name] = at
            if kind != "sum":
                self.numbers[at] = 0.0

    @classmethod
    def private(cls) -> Cells:
        """Numbers that nobody else reads."""
        return cls(memoryview(bytearray(128 << 10)), memoryview(bytearray(8)).cast("q"))

    def index(self, kind: Kind, name: str) -> int:
        """Where a number stands; it begins with 0."""
        found = self._index.get((kind, name))
        return self._appended(kind, name) if found is None else found

    def all(self) -> Iterator[tuple[tuple[str, str], float]]:
        """((kind, name), number) of each."""
        return read_cells(self._memory[: self._used[0]], alive=True)

    def _appended(self, kind: Kind, name: str) -> int:
        raw, start = name.encode(), self._used[0]
        value = start + -(-(_HEAD.size + len(raw)) // 8) * 8
        if value + 8 > len(self._memory) - 64 and name != _REST:
            return self.index(kind, _REST)
        _HEAD.pack_into(self._memory, start, len(raw), KINDS.index(kind))
        self._memory[start + _HEAD.size : start + _HEAD.size + len(raw)] = raw
        self.numbers[value // 8] = 0.0
        self._used[0] = value + 8  # the last step: whoever reads meanwhile sees whole ones only
        self._index[kind, name] = value // 8
        return value // 8


def read_cells(memory: memoryview, *, alive: bool) -> Iterator[tuple[tuple[str, str], float]]:
    """((kind, name), number) of each; of a process that is gone, only what outlives it."""
    numbers = memory[: len(memory) // 8 * 8].cast("d")
    for kind, name, at in _walk(memory):
        if alive or kind == "sum":
            yield (kind, name), numbers[at]


def _walk(memory: memoryview) -> Iterator[tuple[Kind, str, int]]:
    start = 0
    while start < len(memory):
        length, kind = _HEAD.unpack_from(memory, start)
        name = str(memory[start + _HEAD.size : start + _HEAD.size + length], "utf-8", "replace")
        value = start + -(-(_HEAD.size + length) // 8) * 8
        yield KINDS[kind], name, value // 8
        start = value + 8
