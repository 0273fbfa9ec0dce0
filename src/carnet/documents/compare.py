"""Comparing two versions: hunks of lines, the sentences they change, the words inside them."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from carnet.documents.changed_sentences import PlacedChange, changed_sentences
from carnet.documents.layout import layout, sections
from carnet.documents.lines import Change, changes, shown, split
from carnet.documents.moves import Moves, moves
from carnet.documents.words import Spans, pairs, word_spans
from carnet.model.difference import Comparison, Hunk, Line, Mark, SentenceChange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.document import Document, Version
    from carnet.stores.contract import DocumentStore


def read_comparison(store: DocumentStore, document: Document, old: Version, new: Version) -> Comparison:
    """Two stored versions of a document, compared."""
    return compare(document.full_name, old, new, version_text(store, old), version_text(store, new))


def version_text(store: DocumentStore, version: Version) -> bytes:
    """Canonical text of a version; empty while the document was gone."""
    return b"" if version.gone else store.text(version.digest)


def compare(name: str, old: Version, new: Version, old_text: bytes, new_text: bytes) -> Comparison:
    """Two texts, compared. The lines of all hunks add up to `added` and `removed`."""
    runs = changes(old_text, new_text)
    sides = _Side(old_text), _Side(new_text)
    sentences = changed_sentences(sides[0].blocks, sides[1].blocks) if runs else []
    by_run = _by_run(runs, sentences)
    moved = moves(sides[0].lines, sides[1].lines, runs)
    hunks = tuple(_hunk(run, *sides, moved, by_run.get(index, ())) for index, run in enumerate(runs))
    added = sum(run.new_end - run.new_start for run in runs)
    removed = sum(run.old_end - run.old_start for run in runs)
    return Comparison(name, old, new, added, removed, not sentences, hunks)


class _Side:
    """One of the two texts: its lines, its blocks, its sections."""

    def __init__(self, text: bytes) -> None:
        self.lines = split(text)
        self.blocks = layout(text)
        self.unended = len(self.lines) - 1 if text and not text.endswith(b"\n") else -1
        self._sections = sections(self.blocks)
        self._starts = [line for line, _ in self._sections]

    def section(self, start: int, end: int) -> tuple[str, ...]:
        written = next((line for line in range(start, end) if self.lines[line].strip()), start)
        at = bisect_right(self._starts, written) - 1
        return self._sections[at][1] if at >= 0 else ()


def _by_run(runs: Sequence[Change], sentences: Sequence[PlacedChange]) -> dict[int, list[SentenceChange]]:
    """Changed sentences under the run of lines that changed them: the one they overlap, or the nearest."""
    found: dict[int, list[SentenceChange]] = {}
    bounds = {
        True: [(run.old_start, run.old_end) for run in runs],
        False: [(run.new_start, run.new_end) for run in runs],
    }
    starts = {side: [start for start, _ in ranges] for side, ranges in bounds.items()}
    for change, first, last in sentences:
        side = change.mark in {Mark.REMOVED, Mark.MOVED_FROM}
        found.setdefault(_nearest(bounds[side], starts[side], first, last), []).append(change)
    return found


def _nearest(bounds: Sequence[tuple[int, int]], starts: Sequence[int], first: int, last: int) -> int:
    after = bisect_right(starts, last)
    near = range(max(0, after - 2), min(len(bounds), after + 1))
    return min(near, key=lambda index: max(0, first - bounds[index][1] + 1, bounds[index][0] - last))


def _hunk(run: Change, old: _Side, new: _Side, moved: Moves, sentences: Sequence[SentenceChange]) -> Hunk:
    removed, added = range(run.old_start, run.old_end), range(run.new_start, run.new_end)
    marked = _marked(
        old, new, [at for at in removed if at not in moved.old], [at for at in added if at not in moved.new]
    )
    lines = (
        *(_removed(at, old, moved, marked) for at in removed),
        *(_added(at, new, moved, marked) for at in added),
    )
    section = new.section(added.start, added.stop) if added else old.section(removed.start, removed.stop)
    return Hunk(section, run.old_start, run.new_start, lines, tuple(sentences), not sentences)


def _marked(old: _Side, new: _Side, removed: list[int], added: list[int]) -> dict[tuple[Mark, int], tuple[int, Spans]]:
    """(counterpart, spans) by side and line number, for lines that were changed rather than dropped or written."""
    found: dict[tuple[Mark, int], tuple[int, Spans]] = {}
    for left, right in pairs([old.lines[at] for at in removed], [new.lines[at] for at in added]):
        before, after = removed[left], added[right]
        old_spans, new_spans = word_spans(shown(old.lines[before]), shown(new.lines[after]))
        found[Mark.REMOVED, before] = after, old_spans
        found[Mark.ADDED, after] = before, new_spans
    return found


def _removed(at: int, side: _Side, moved: Moves, marked: dict[tuple[Mark, int], tuple[int, Spans]]) -> Line:
    text, unended = shown(side.lines[at]), at == side.unended
    if at in moved.old:
        return Line(Mark.MOVED_FROM, at, None, text, (), moved.old[at], unended)
    pair, spans = marked.get((Mark.REMOVED, at), (None, ()))
    return Line(Mark.REMOVED, at, None, text, spans, pair, unended)


def _added(at: int, side: _Side, moved: Moves, marked: dict[tuple[Mark, int], tuple[int, Spans]]) -> Line:
    text, unended = shown(side.lines[at]), at == side.unended
    if at in moved.new:
        return Line(Mark.MOVED_TO, None, at, text, (), moved.new[at], unended)
    pair, spans = marked.get((Mark.ADDED, at), (None, ()))
    return Line(Mark.ADDED, None, at, text, spans, pair, unended)
