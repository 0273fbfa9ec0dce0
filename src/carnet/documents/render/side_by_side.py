"""Old and new text in two columns, unchanged parts folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.render.counts import unchanged
from carnet.documents.render.rows import Change, Same, parts, side_by_side
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.model.difference import Comparison, Hunk, Line

_COLUMNS = '<colgroup><col class="cn-col-number"><col><col class="cn-col-number"><col></colgroup>'


def side_by_side_html(comparison: Comparison, old_text: bytes, new_text: bytes) -> str:
    """Two columns of source lines with word marks; every line has a permalink (#L12 old, #R15 new)."""
    body = "".join(_parts(comparison, lines_of(old_text), lines_of(new_text)))
    return f'<div class="cn-sides">\n{body}</div>\n'


def _parts(comparison: Comparison, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    total, section = len(comparison.hunks), ""
    if not comparison.hunks:
        yield '<p class="cn-nothing">The two texts are equal.</p>\n'
    for part in parts(comparison, len(new)):
        if isinstance(part, Change):
            yield title_html(part, total, section=section) + _change(part.hunk)
            section = path_html(part.hunk)
        else:
            section = "" if part.folded else section
            yield _same(part, old, new)


def _change(hunk: Hunk) -> str:
    rows = "".join(_row(left, right) for left, right in side_by_side(hunk.lines))
    return _table(rows, f"cn-hunk cn-{what_of(hunk)}")


def _table(rows: str, classes: str = "") -> str:
    return f'<table class="cn-pair {classes}">{_COLUMNS}<tbody>\n{rows}</tbody></table>\n'


def _row(left: Line | None, right: Line | None) -> str:
    return f"<tr>{_side('L', left)}{_side('R', right)}</tr>\n"


def _side(side: str, line: Line | None) -> str:
    if line is None:
        return '<td class="cn-number"></td><td class="cn-none"></td>'
    number = line.old if side == "L" else line.new
    sign = f'<span class="cn-sign">{sign_of(line)}</span>'
    return f'{number_cell(side, number)}<td class="cn-line cn-{NAMES[line.mark]}">{sign}{changed_html(line)}</td>'


def _same(part: Same, old: Sequence[str], new: Sequence[str]) -> str:
    table = _table("".join(_same_rows(part, old, new)))
    if not part.folded:
        return table
    return f'<details class="cn-fold"><summary>{unchanged(part.size)}</summary>\n{table}</details>\n'


def _same_rows(part: Same, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for at in range(part.size):
        left, right = part.old + at, part.new + at
        text = same_html(new[right])
        before = text if old[left] == new[right] else same_html(old[left])
        yield (
            f'<tr>{number_cell("L", left)}<td class="cn-line">{before}</td>'
            f'{number_cell("R", right)}<td class="cn-line">{text}</td></tr>\n'
        )
