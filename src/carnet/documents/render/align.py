"""Which old block became which new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from carnet.documents.render.tree import Block, Kind, signature, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Pair(NamedTuple):
    """A block of each text, or of one only."""

    old: Block | None
    new: Block | None
    same: bool = False
    """True when a reader sees no difference between the two."""


ALIKE = 50.0
"""Blocks less alike than this (per cent of characters kept) are two blocks, not one that changed."""
_MOST_COMPARED = 900
_LARGEST_MATRIX = 200_000_000
"""Bits of memory the alignment may take; larger texts are paired by what stands near."""
_LONGEST_COMPARED = 3_000
_NEAR = 6
_SAME_FAMILY = {Kind.TIGHT: Kind.PARAGRAPH, Kind.NUMBERS: Kind.BULLETS, Kind.SCRIPT: Kind.CODE}
_MERGED_BY_PART = frozenset({Kind.BULLETS, Kind.NUMBERS, Kind.TABLE, Kind.QUOTE, Kind.CALLOUT, Kind.PART})
"""Containers are merged part by part, which reads well even when half of the parts are new."""


def pairs(old: Sequence[Block], new: Sequence[Block]) -> Iterator[Pair]:
    """Old and new blocks in reading order: kept or changed ones paired, others alone, removed before added."""
    from rapidfuzz.distance import Indel  # noqa: PLC0415 -- pages without changes need not pay the import

    known: dict[object, int] = {}
    before = [known.setdefault(signature(block), len(known)) for block in old]
    after = [known.setdefault(signature(block), len(known)) for block in new]
    gone: list[Block] = []
    come: list[Block] = []
    if len(before) * len(after) > _LARGEST_MATRIX:
        yield from _changed(list(old), list(new))
        return
    for op in Indel.opcodes(before, after):
        gone_here, come_here = old[op.src_start : op.src_end], new[op.dest_start : op.dest_end]
        if op.tag == "equal":
            yield from _changed(gone, come)
            gone, come = [], []
            yield from (Pair(*both, same=True) for both in zip(gone_here, come_here, strict=True))
        else:
            gone.extend(gone_here)
            come.extend(come_here)
    yield from _changed(gone, come)


def _changed(gone: list[Block], come: list[Block]) -> Iterator[Pair]:
    at = 0
    for block, partner in _partners(gone, come):
        if partner is None:
            yield Pair(block, None)
            continue
        yield from (Pair(None, other) for other in come[at:partner])
        yield Pair(block, come[partner], signature(block) == signature(come[partner]))
        at = partner + 1
    yield from (Pair(None, other) for other in come[at:])


def _partners(gone: list[Block], come: list[Block]) -> list[tuple[Block, int | None]]:
    if len(gone) * len(come) > _MOST_COMPARED:
        return _near_partners(gone, come)
    return _best_partners(gone, come)


def _near_partners(gone: list[Block], come: list[Block]) -> list[tuple[Block, int | None]]:
    """In order, each with the first alike among the next few: for long rewrites, where the best is too dear."""
    found: list[tuple[Block, int | None]] = []
    at = 0
    for block in gone:
        near = range(at, min(at + _NEAR, len(come)))
        partner = next((number for number in near if likeness(block, come[number]) >= ALIKE), None)
        found.append((block, partner))
        at = at if partner is None else partner + 1
    return found


def _best_partners(gone: list[Block], come: list[Block]) -> list[tuple[Block, int | None]]:
    """The pairing without crossings that keeps most."""
    score = [[likeness(block, other) for other in come] for block in gone]
    best = [[0.0] * (len(come) + 1) for _ in range(len(gone) + 1)]
    for i in range(len(gone) - 1, -1, -1):
        for j in range(len(come) - 1, -1, -1):
            here = score[i][j] + best[i + 1][j + 1] if score[i][j] >= ALIKE else 0.0
            best[i][j] = max(here, best[i + 1][j], best[i][j + 1])
    found: list[tuple[Block, int | None]] = []
    j = 0
    for i, block in enumerate(gone):
        while j < len(come) and best[i][j] == best[i][j + 1] and best[i][j] != best[i + 1][j]:
            j += 1
        taken = j < len(come) and best[i][j] != best[i + 1][j]
        found.append((block, j if taken else None))
        j += taken
    return found


def likeness(old: Block, new: Block) -> float:
    """0 to 100: how much of the one is in the other; 0 for blocks of different kinds."""
    from rapidfuzz import fuzz  # noqa: PLC0415 -- as above

    if _SAME_FAMILY.get(old.kind, old.kind) is not _SAME_FAMILY.get(new.kind, new.kind):
        return 0.0
    if old.kind is Kind.ROW and old.children and new.children and _key(old) == _key(new) != "":
        return 100.0
    kept = float(fuzz.ratio(words_of(old)[:_LONGEST_COMPARED], words_of(new)[:_LONGEST_COMPARED]))
    if old.kind in _MERGED_BY_PART and kept >= ALIKE / 2:
        return max(ALIKE, kept)
    return kept


def _key(row: Block) -> str:
    return row.children[0].text
