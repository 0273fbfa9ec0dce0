"""Sentences that came, went or moved between two texts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz.distance import Indel

from carnet.documents.layout import Placed, placed
from carnet.model.difference import Mark, SentenceChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.documents.blocks import Block


class PlacedChange(NamedTuple):
    """A changed sentence and the lines it stands on (of the old text for one that went)."""

    change: SentenceChange
    first: int
    last: int


def changed_sentences(old: Sequence[Block], new: Sequence[Block]) -> list[PlacedChange]:
    """What went and what came, in order; empty exactly where both say the same in the same order."""
    start, old_end, new_end = _differing(old, new)
    olds, news = placed(old, start, old_end), placed(new, start, new_end)
    gone: list[Placed] = []
    come: list[Placed] = []
    keys: dict[str, int] = {}
    for code in Indel.opcodes(_interned(olds, keys), _interned(news, keys)):
        if code.tag != "equal":
            gone += olds[code.src_start : code.src_end]
            come += news[code.dest_start : code.dest_end]
    moved = Counter(_keys(gone)) & Counter(_keys(come))
    return [
        *_marked(gone, moved.copy(), Mark.REMOVED, Mark.MOVED_FROM),
        *_marked(come, moved.copy(), Mark.ADDED, Mark.MOVED_TO),
    ]


def _differing(old: Sequence[Block], new: Sequence[Block]) -> tuple[int, int, int]:
    """The blocks between those that say the same at the beginning and at the end."""
    start, old_end, new_end = 0, len(old), len(new)
    while start < min(old_end, new_end) and old[start].canonicals == new[start].canonicals:
        start += 1
    while min(old_end, new_end) > start and old[old_end - 1].canonicals == new[new_end - 1].canonicals:
        old_end, new_end = old_end - 1, new_end - 1
    return start, old_end, new_end


def _keys(units: Sequence[Placed]) -> list[str]:
    return [one.unit.canonical for one in units]


def _interned(units: Sequence[Placed], keys: dict[str, int]) -> list[int]:
    return [keys.setdefault(key, len(keys)) for key in _keys(units)]


def _marked(units: Sequence[Placed], moved: Counter[str], mark: Mark, mark_if_moved: Mark) -> Iterator[PlacedChange]:
    for one in units:
        is_moved = moved[one.unit.canonical] > 0
        moved[one.unit.canonical] -= is_moved
        change = SentenceChange(mark_if_moved if is_moved else mark, one.unit.text, one.unit.fingerprint)
        yield PlacedChange(change, one.first, one.last)
