"""Word marks inside changed lines, few enough for a person to read."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from carnet.model.difference import Mark, Span

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
LONGEST = 20_000
"""Characters of a line up to which words are marked; a longer one is marked as a whole."""
ALIKE = 50
"""Likeness in per cent above which a removed and an added line count as one changed line."""
_CELLS = 20_000_000
"""Characters times characters a hunk may cost when every removed line is weighed against every added one."""

Spans = tuple[Span, ...]


def word_spans(old: str, new: str) -> tuple[Spans, Spans]:
    """Spans of both lines; marks parted by white space or by at most two tokens are one."""
    if max(len(old), len(new)) > LONGEST:
        return (Span(Mark.REMOVED, old),), (Span(Mark.ADDED, new),)
    olds, news = _TOKEN.findall(old), _TOKEN.findall(new)
    removed: list[tuple[Mark, int, int]] = []
    added: list[tuple[Mark, int, int]] = []
    for same, old_start, old_end, new_start, new_end in _merged(olds, news):
        removed.append((Mark.SAME if same else Mark.REMOVED, old_start, old_end))
        added.append((Mark.SAME if same else Mark.ADDED, new_start, new_end))
    return _spans(olds, removed), _spans(news, added)


def pairs(removed: Sequence[str], added: Sequence[str]) -> list[tuple[int, int]]:
    """Which removed line became which added one: indices, in order, never crossing."""
    size = sum(map(len, removed)) * sum(map(len, added))
    if len(removed) == len(added) == 1 or size > _CELLS or len(removed) * len(added) > 2_500:
        likely = _by_beginning(removed, added)
        return [(old, new) for old, new in likely if _alike(removed[old], added[new]) > 0]
    return _best_chain([[_alike(old, new) for new in added] for old in removed])


def _alike(old: str, new: str) -> float:
    if max(len(old), len(new)) > LONGEST or not (old.strip() and new.strip()):
        return 0.0
    likeness = fuzz.ratio(old, new, score_cutoff=ALIKE)
    return likeness if likeness > ALIKE else 0.0


def _best_chain(likeness: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """The non-crossing pairs of the greatest total likeness."""
    rows, columns = len(likeness), len(likeness[0]) if likeness else 0
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            skip = max(best[row + 1][column], best[row][column + 1])
            take = likeness[row][column] and likeness[row][column] + best[row + 1][column + 1]
            best[row][column] = max(skip, take)
    chain: list[tuple[int, int]] = []
    row = column = 0
    while row < rows and column < columns:
        if likeness[row][column] and best[row][column] == likeness[row][column] + best[row + 1][column + 1]:
            chain.append((row, column))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return chain


def _by_beginning(removed: Sequence[str], added: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of lines that begin alike, for hunks too large to weigh every line against every other."""
    if len(removed) == len(added):
        return [(index, index) for index in range(len(removed))]
    blocks = Indel.opcodes([_beginning(line) for line in removed], [_beginning(line) for line in added])
    return [
        (block.src_start + offset, block.dest_start + offset)
        for block in blocks
        if block.tag == "equal"
        for offset in range(block.src_end - block.src_start)
    ]


def _beginning(line: str) -> Hashable:
    return tuple(_TOKEN.findall(line[:80])[:7])


def _merged(olds: Sequence[str], news: Sequence[str]) -> list[tuple[bool, int, int, int, int]]:
    """(same, old start, old end, new start, new end) over tokens, short sameness between changes taken as changed."""
    runs: list[tuple[bool, int, int, int, int]] = []
    codes = list(Indel.opcodes(olds, news))
    for index, code in enumerate(codes):
        same = code.tag == "equal" and not (0 < index < len(codes) - 1 and _slight(olds[code.src_start : code.src_end]))
        run = (same, code.src_start, code.src_end, code.dest_start, code.dest_end)
        if runs and runs[-1][0] == same:
            run = (same, runs[-1][1], run[2], runs[-1][3], run[4])
            runs.pop()
        runs.append(run)
    return runs


def _slight(tokens: Sequence[str]) -> bool:
    return len(tokens) <= 2 or sum(not token.isspace() for token in tokens) <= 1


def _spans(tokens: Sequence[str], runs: Sequence[tuple[Mark, int, int]]) -> Spans:
    # a run that is empty on this side leaves two of the same mark beside each other
    by_mark = groupby((run for run in runs if run[2] > run[1]), key=lambda run: run[0])
    return tuple(
        Span(mark, "".join(token for _, start, end in beside for token in tokens[start:end]))
        for mark, beside in by_mark
    )
