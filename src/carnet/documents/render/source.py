"""Source lines as cells of a table, for side by side and changes only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carnet.documents.render.escape import escape
from carnet.documents.render.numbering import SIGNS, anchor
from carnet.documents.render.text import line_html
from carnet.model.difference import Mark

if TYPE_CHECKING:
    from carnet.documents.render.rows import Change
    from carnet.model.difference import Hunk, Line

_PADDING = re.compile(r"-{12,}| {6,}")

NAMES = {
    Mark.ADDED: "added",
    Mark.REMOVED: "removed",
    Mark.MOVED_FROM: "moved",
    Mark.MOVED_TO: "moved",
    Mark.SAME: "same",
}


def same_html(text: str) -> str:
    """An unchanged line; the padding of source tables is narrowed, not removed."""
    return _narrow(escape(text))


def changed_html(line: Line) -> str:
    """A changed line with its word marks, and the other end of a move."""
    content = _narrow(line_html(line)) if line.text.strip() else '<span class="cn-blank">blank line</span>'
    if line.unended:
        content += ' <span class="cn-blank">no line end at the end of the text</span>'
    if line.mark is Mark.MOVED_FROM and line.pair is not None:
        return f'{content} <a class="cn-move" href="#R{line.pair + 1}">moved to line {line.pair + 1}</a>'
    if line.mark is Mark.MOVED_TO and line.pair is not None:
        return f'{content} <a class="cn-move" href="#L{line.pair + 1}">moved from line {line.pair + 1}</a>'
    if line.spans:
        return content
    tag = "del" if line.new is None else "ins"
    return f'<{tag} class="cn-all">{content}</{tag}>'


def _narrow(markup: str) -> str:
    return _PADDING.sub(lambda found: f'<span class="cn-padding">{found[0]}</span>', markup)


def sign_of(line: Line) -> str:
    """The sign beside a changed line."""
    name = NAMES[line.mark]
    return SIGNS.get(name, "")


def number_cell(side: str, number: int | None) -> str:
    """A line number that is a permalink: `L` for the old side, `R` for the new."""
    if number is None:
        return '<td class="cn-number"></td>'
    name = f"{side}{number + 1}"
    return f'<td class="cn-number"><a id="{name}" href="#{name}">{number + 1}</a></td>'


def path_html(hunk: Hunk) -> str:
    """The section a change stands in."""
    return " › ".join(map(escape, hunk.section)) or "Top of the document"


def title_html(part: Change, total: int, *, section: str) -> str:
    """What stands above a hunk: its anchor, and its section when that is not the one before (`section`)."""
    hunk = part.hunk
    path = path_html(hunk)
    note = '<span class="cn-remark">layout only</span>' if hunk.cosmetic else ""
    mark = anchor(part.number, total, what_of(hunk))
    if path == section:
        return f'<p class="cn-path cn-again">{mark} <span>change {part.number + 1} of {total}</span> {note}</p>\n'
    return f'<p class="cn-path">{mark} {path} {note}</p>\n'


def what_of(hunk: Hunk) -> str:
    """What a hunk does, in one word."""
    if hunk.cosmetic:
        return "layout"
    marks = {line.mark for line in hunk.lines}
    if marks <= {Mark.MOVED_FROM, Mark.MOVED_TO}:
        return "moved"
    came, went = marks & {Mark.ADDED, Mark.MOVED_TO}, marks & {Mark.REMOVED, Mark.MOVED_FROM}
    return "changed" if came and went else "added" if came else "removed"
