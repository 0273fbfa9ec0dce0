"""What a text has in common with the one before it, in long runs: agents send the whole conversation again.

zstd finds them, too, but reads all of the text before into its tables first, which takes nine tenths of its time.
A few looks with `bytes.find` find the runs in a fraction of that, and only what is new is left to compress.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ANCHOR = 32
"""Bytes that are looked for."""
_FIRST_STEP = 64
_MOST_MISSES = 14
"""Looks for nothing, in a row; each step is twice the one before, so that they reach over half a megabyte."""
_MOST_LOOKS = 96
_BLOCK = 1 << 14
"""Bytes that are compared at once."""
_COUNT = struct.Struct(">I")
_RUN = struct.Struct(">III")


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes that both texts have."""

    at: int
    """Where it begins in the text."""
    below: int
    """Where it begins in the text before."""
    length: int


def runs(text: bytes, base: bytes, first: int = 0) -> list[Run]:
    """Runs that both have, in the order of both. Not all there are: those that a few looks find, from `first` on."""
    found: list[Run] = []
    at, end, below, misses = first, 0, 0, 0
    for _ in range(_MOST_LOOKS):
        if at + ANCHOR > len(text) or misses >= _MOST_MISSES:
            break
        place = base.find(text[at : at + ANCHOR], below)
        if place < 0:
            at += _FIRST_STEP << misses
            misses += 1
            continue
        back = _alike_before(text[end:at], base[max(below, place - (at - end)) : place])
        length = back + _alike(text, at, base, place)
        found.append(Run(at - back, place - back, length))
        at = end = at - back + length
        below, misses = place - back + length, 0
    return found


def _alike(text: bytes, at: int, base: bytes, place: int) -> int:
    """How many bytes are the same from two places on."""
    low, most = 0, min(len(text) - at, len(base) - place)
    while low < most and text[at + low : at + low + _BLOCK] == base[place + low : place + low + _BLOCK]:
        low += _BLOCK
    low, high = min(low, most), min(low + _BLOCK, most)
    middle = high
    while low < high:
        if text[at + low : at + middle] == base[place + low : place + middle]:
            low = middle
        else:
            high = middle - 1
        middle = (low + high + 1) // 2
    return low


def _alike_before(text: bytes, base: bytes) -> int:
    """How many bytes at the ends of both are the same."""
    most = min(len(text), len(base))
    return _alike(text[len(text) - most :][::-1], 0, base[len(base) - most :][::-1], 0)


def rest(text: bytes, found: Sequence[Run]) -> bytes:
    """What stands outside the runs."""
    ends = [0, *(run.at + run.length for run in found)]
    starts = [*(run.at for run in found), len(text)]
    return b"".join([text[end:start] for end, start in zip(ends, starts, strict=True)])


def written(found: Sequence[Run]) -> bytes:
    """Runs as bytes."""
    return _COUNT.pack(len(found)) + b"".join([_RUN.pack(run.at, run.below, run.length) for run in found])


def read(data: bytes) -> tuple[list[Run], int]:
    """Runs from bytes, and where these end. Raises ValueError for bytes that are none."""
    try:
        (count,) = _COUNT.unpack_from(data)
        end = _COUNT.size + count * _RUN.size
        found = [Run(*_RUN.unpack_from(data, at)) for at in range(_COUNT.size, end, _RUN.size)]
    except struct.error:
        raise ValueError("not a list of runs") from None
    return found, end


def joined(found: Sequence[Run], new: bytes, base: bytes) -> bytes:
    """The text again. Raises ValueError for runs that do not fit."""
    parts = b"".join(_parts(found, new, base))
    if len(parts) != len(new) + sum(run.length for run in found):
        raise ValueError("runs reach over the end of the text before")
    return parts


def _parts(found: Sequence[Run], new: bytes, base: bytes) -> Iterator[bytes]:
    at = taken = 0
    for run in found:
        gap = run.at - at
        if gap < 0 or taken + gap > len(new):
            raise ValueError("runs overlap, or reach over the end of what is new")
        yield new[taken : taken + gap]
        yield base[run.below : run.below + run.length]
        at, taken = run.at + run.length, taken + gap
    yield new[taken:]
