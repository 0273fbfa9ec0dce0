"""Blocks of lines that stand somewhere else now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.documents.lines import Change

LONG_LINE = 40
"""Characters of a line that counts as moved on its own; shorter ones only in a block of two or more."""
_COMMON = 8
"""A line that was added more often than this says nothing about where a block went."""


class Moves(NamedTuple):
    """Moved lines on both sides: line number there by line number here."""

    old: dict[int, int]
    new: dict[int, int]


def moves(old: Sequence[str], new: Sequence[str], changes: Sequence[Change]) -> Moves:
    """Runs of removed lines that were added elsewhere, longest match first come first served in the text's order."""
    places = _places(new, changes)
    found = Moves({}, {})
    if not places:
        return found
    added = {line for change in changes for line in range(change.new_start, change.new_end)}
    for change in changes:
        at = change.old_start
        while at < change.old_end:
            at += _move(old, new, at, change.old_end, places, added, found) or 1
    return found


def _places(new: Sequence[str], changes: Sequence[Change]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for change in changes:
        for line in range(change.new_start, change.new_end):
            if new[line].strip():
                places.setdefault(new[line], []).append(line)
    return places


def _move(
    old: Sequence[str],
    new: Sequence[str],
    at: int,
    end: int,
    places: dict[str, list[int]],
    added: set[int],
    found: Moves,
) -> int:
    """Record the longest block that begins on an old line; return its length, 0 for none."""
    candidates = places.get(old[at], [])
    if not candidates or len(candidates) > _COMMON:
        return 0
    start, length = max(
        ((line, _length(old, new, at, end, line, added, found)) for line in candidates), key=lambda it: it[1]
    )
    if not _tells(old[at : at + length]):
        return 0
    found.old.update(zip(range(at, at + length), range(start, start + length), strict=True))
    found.new.update(zip(range(start, start + length), range(at, at + length), strict=True))
    return length


def _length(old: Sequence[str], new: Sequence[str], at: int, end: int, line: int, added: set[int], found: Moves) -> int:
    length = 0
    while at + length < end and line + length in added and line + length not in found.new:
        if old[at + length] != new[line + length]:
            break
        length += 1
    while length and not old[at + length - 1].strip():
        length -= 1
    return length


def _tells(block: Sequence[str]) -> bool:
    """Two written lines or one long one: less may stand alike in two places by chance."""
    written = [line for line in block if line.strip()]
    return any(len(line.strip()) >= LONG_LINE for line in written) or (
        len(written) >= 2 and sum(len(line.strip()) for line in written) >= LONG_LINE / 2
    )
