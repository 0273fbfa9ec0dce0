"""What a text has in common with the one before it, in long runs: agents send the whole conversation again.

zstd finds them, too, but reads all of the text before into its tables first, which takes nine tenths of its time.
A few looks with `bytes.find` find the runs in a fraction of that, and only what is new is left to compress.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ANCHOR = 32
"""Bytes that are looked for."""
_FIRST_STEP = 64
_MOST_MISSES = 14
"""Looks for nothing, in a row; each step is twice the one before, so that they reach over half a megabyte."""
_MOST_LOOKS = 96
_FIRST_BLOCK, _BLOCK = 1 << 7, 1 << 13
"""Bytes that are compared at once: at first, and after many that were the same."""
_COUNT = struct.Struct(">I")
_RUN = struct.Struct(">III")


class Run(msgspec.Struct, frozen=True, gc=False):
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
        looked_for = text[at : at + ANCHOR]
        if len(looked_for) < ANCHOR or misses >= _MOST_MISSES:
            break
        place = below + at - end  # most often nothing came between
        if base[place : place + ANCHOR] != looked_for:
            place = base.find(looked_for, below)
        if place < 0:
            at += _FIRST_STEP << misses
            misses += 1
            continue
        back = _alike_before(text[end:at], base[max(below, place - (at - end)) : place]) if at > end else 0
        length = back + _alike(text, at, base, place)
        found.append(Run(at - back, place - back, length))
        end = at - back + length
        at = end + _FIRST_STEP  # what comes next is no part of a run; one that begins before that is found from there
        below, misses = place - back + length, 0
    return found


def _alike(text: bytes, at: int, base: bytes, place: int) -> int:
    """How many bytes are the same from two places on."""
    low, most, step = 0, min(len(text) - at, len(base) - place), _FIRST_BLOCK
    while low < most:
        end = min(most, low + step)
        other = base[place + low : place + end]
        if text.startswith(other, at + low):
            low = end
            step = step * 4 if step < _BLOCK else step
        elif end - low <= _FIRST_BLOCK:
            mine = text[at + low : at + end]
            return low + _trailing(int.from_bytes(mine, "little") ^ int.from_bytes(other, "little"))
        else:
            step, most = (end - low + 1) // 2, end
    return most


def _trailing(number: int) -> int:
    """Bytes of zeros at its end."""
    return (number & -number).bit_length() - 1 >> 3


def _alike_before(text: bytes, base: bytes) -> int:
    """How many bytes at the ends of both are the same."""
    if text[-1:] != base[-1:]:
        return 0
    most = min(len(text), len(base))
    if len(text) == len(base) <= _FIRST_BLOCK and text != base:
        return _trailing(int.from_bytes(text, "big") ^ int.from_bytes(base, "big"))
    return _alike(text[len(text) - most :][::-1], 0, base[len(base) - most :][::-1], 0)


def rest(text: bytes, found: Sequence[Run]) -> bytes:
    """What stands outside the runs."""
    parts, end = [], 0
    for run in found:
        parts.append(text[end : run.at])
        end = run.at + run.length
    parts.append(text[end:])
    return b"".join(parts)


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
