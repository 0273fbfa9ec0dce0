"""Line differences, counted as `git diff --numstat` counts.

Counts and hunks come from one source, libgit2: what is shown always adds up to what is counted.
(A minimal diff such as rapidfuzz's differs from git on about one pair in twenty.)
Texts are always compared as text: where git would call a file binary because of a NUL byte (and give no figures),
these are the figures it gives under the attribute `diff`.
"""

from __future__ import annotations

from typing import NamedTuple


class Change(NamedTuple):
    """Lines `old_start:old_end` of the old text stand for `new_start:new_end` of the new one (0-based, end open)."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def numstat(old: bytes, new: bytes) -> tuple[int, int]:
    """Lines (added, removed), as `git diff --numstat` counts."""
    if old == new:
        return 0, 0
    if not old or not new:  # what needs no comparison needs no libgit2 either
        return count(new), count(old)
    _, added, removed = _patch(old, new).line_stats
    return added, removed


def changes(old: bytes, new: bytes) -> list[Change]:
    """Runs of changed lines in order; their lengths add up to `numstat` on every pair."""
    if old == new:
        return []
    if not old or not new:
        return [Change(0, count(old), 0, count(new))]
    return [
        Change(*_bounds(hunk.old_start, hunk.old_lines), *_bounds(hunk.new_start, hunk.new_lines))
        for hunk in _patch(old, new).hunks
    ]


def count(text: bytes) -> int:
    """Number of lines; a last line without line end counts."""
    return text.count(b"\n") + (not text.endswith(b"\n") and bool(text))


def split(text: bytes) -> list[str]:
    """Lines without their line feeds, for people: nothing else ends a line; bytes that are no UTF-8 are replaced."""
    lines = text.decode("utf-8", "replace").split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def shown(line: str) -> str:
    """A line with its carriage returns made visible."""
    return line.replace("\r", "␍") if "\r" in line else line


def _bounds(start: int, length: int) -> tuple[int, int]:
    # an empty side names the line before it, a full one its first line, both counted from 1
    first = start - 1 if length else start
    return first, first + length


def _patch(old: bytes, new: bytes):  # type: ignore[no-untyped-def]  # noqa: ANN202 - pygit2 stays out of import time
    from pygit2 import Patch  # noqa: PLC0415 - 0.1 s that most commands do not need
    from pygit2.enums import DiffOption  # noqa: PLC0415

    return Patch.create_from(old, new, flag=DiffOption.FORCE_TEXT, context_lines=0)
