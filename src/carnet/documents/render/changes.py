"""Changes only: each under its section, a few lines around it, the rest folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.render.counts import unchanged
from carnet.documents.render.escape import escape
from carnet.documents.render.rows import Change, Same, parts
from carnet.documents.render.source import (
    NAMES,
    changed_html,
    number_cell,
    path_html,
    same_html,
    sign_of,
    title_html,
    what_of,
)
from carnet.documents.render.text import lines_of
from carnet.model.difference import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.model.difference import Comparison, Hunk, Line, SentenceChange

_COLUMNS = '<colgroup><col class="cn-col-number"><col class="cn-col-number"><col class="cn-col-sign"><col></colgroup>'


def changes_html(comparison: Comparison, old_text: bytes, new_text: bytes) -> str:
    """Hunks in order, with their sections, word marks and sentences; unchanged parts fold."""
    del old_text  # unchanged lines are the same on both sides
    return f'<div class="cn-changes">\n{"".join(_parts(comparison, lines_of(new_text)))}</div>\n'


def _parts(comparison: Comparison, new: Sequence[str]) -> Iterator[str]:
    if not comparison.hunks:
        yield '<p class="cn-nothing">The two texts are equal.</p>\n'
        return
    total, section = len(comparison.hunks), ""
    for part in parts(comparison, len(new)):
        if isinstance(part, Change):
            yield title_html(part, total, section=section) + _change(part.hunk)
            section = path_html(part.hunk)
        else:
            section = "" if part.folded else section
            yield _same(part, new)


def _change(hunk: Hunk) -> str:
    rows = "".join(map(_changed_row, hunk.lines))
    return f"{_table(rows, f'cn-hunk cn-{what_of(hunk)}')}{_sentences(hunk)}"


def _table(rows: str, classes: str = "") -> str:
    return f'<table class="cn-single {classes}">{_COLUMNS}<tbody>\n{rows}</tbody></table>\n'


def _changed_row(line: Line) -> str:
    return (
        f"<tr>{number_cell('L', line.old)}{number_cell('R', line.new)}"
        f'<td class="cn-sign">{sign_of(line)}</td>'
        f'<td class="cn-line cn-{NAMES[line.mark]}">{changed_html(line)}</td></tr>\n'
    )


def _same(part: Same, new: Sequence[str]) -> str:
    rows = "".join(
        f"<tr>{number_cell('L', part.old + at)}{number_cell('R', part.new + at)}"
        f'<td class="cn-sign"></td><td class="cn-line">{same_html(new[part.new + at])}</td></tr>\n'
        for at in range(part.size)
    )
    if not part.folded:
        return _table(rows)
    return f'<details class="cn-fold"><summary>{unchanged(part.size)}</summary>\n{_table(rows)}</details>\n'


def _sentences(hunk: Hunk) -> str:
    """What the change says, sentence by sentence: for readers who hear the page rather than see its colours."""
    if not hunk.sentences:
        return ""
    came = [sentence for sentence in hunk.sentences if sentence.mark in {Mark.ADDED, Mark.MOVED_TO}]
    went = [sentence for sentence in hunk.sentences if sentence.mark in {Mark.REMOVED, Mark.MOVED_FROM}]
    told = ", ".join(filter(None, (_told(len(came), "added"), _told(len(went), "removed"))))
    items = "".join(map(_sentence, hunk.sentences))
    return f'<details class="cn-sentences"><summary>{told}</summary>\n<ul>{items}</ul></details>\n'


def _told(size: int, what: str) -> str:
    return f"{size} sentence{'' if size == 1 else 's'} {what}" if size else ""


def _sentence(change: SentenceChange) -> str:
    tag, word = ("ins", "Added") if change.mark in {Mark.ADDED, Mark.MOVED_TO} else ("del", "Removed")
    return f"<li>{word}: <{tag}>{escape(change.text)}</{tag}></li>\n"
