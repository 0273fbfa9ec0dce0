"""The changes in short, for feeds and mail: bare elements, no classes, no styles, no scripts."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from carnet.documents.render.counts import counts_line
from carnet.documents.render.escape import escape
from carnet.documents.render.rows import side_by_side
from carnet.documents.render.source import path_html
from carnet.model.difference import Mark, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.model.difference import Comparison, Hunk, Line

MOST_HUNKS = 40
_MOST_LINES = 60
_MOST_CHARACTERS = 4_000


def feed_html(comparison: Comparison) -> str:
    """The changes of a comparison as an entry's content."""
    meant = [hunk for hunk in comparison.hunks if not hunk.cosmetic] or list(comparison.hunks)
    rest = len(comparison.hunks) - len(meant[:MOST_HUNKS])
    body = "".join(map(_hunk, meant[:MOST_HUNKS]))
    more = f"<p>and {rest} more change{'' if rest == 1 else 's'} on the page</p>\n" if rest else ""
    return f"<p>{escape(counts_line(comparison))}</p>\n{body}{more}"


def _hunk(hunk: Hunk) -> str:
    rows = list(side_by_side(hunk.lines))
    shown = "".join(_row(left, right) for left, right in rows[:_MOST_LINES])
    more = f"<p>and {len(rows) - _MOST_LINES} more lines</p>\n" if len(rows) > _MOST_LINES else ""
    return f"<h4>{path_html(hunk)}</h4>\n{shown}{more}"


def _row(left: Line | None, right: Line | None) -> str:
    if left is not None and right is not None:
        return f"<p>{''.join(_both(left, right))}</p>\n"
    line = left if left is not None else right
    if line is None or not line.text.strip():
        return ""
    tag = "del" if line.new is None else "ins"
    note = {Mark.MOVED_FROM: "moved away: ", Mark.MOVED_TO: "moved here: "}.get(line.mark, "")
    return f"<p>{note}<{tag}>{_short(line.text)}</{tag}></p>\n"


def _both(left: Line, right: Line) -> Iterator[str]:
    """Two counterparts as one line: what they share once, what differs struck and added."""
    old = deque(left.spans or (Span(Mark.REMOVED, left.text),))
    new = deque(right.spans or (Span(Mark.ADDED, right.text),))
    while old or new:
        if old and old[0].mark is not Mark.SAME:
            yield f"<del>{_short(old.popleft().text)}</del>"
        elif new and new[0].mark is not Mark.SAME:
            yield f"<ins>{_short(new.popleft().text)}</ins>"
        elif new:
            yield _short(new.popleft().text)
            if old:
                old.popleft()
        else:
            yield _short(old.popleft().text)


def _short(text: str) -> str:
    words = text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]} …"
    return escape(words)
