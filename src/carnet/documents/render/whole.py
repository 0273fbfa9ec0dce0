"""The whole document with its changes marked where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.render.blocks import draw
from carnet.documents.render.document import is_prose
from carnet.documents.render.escape import escape
from carnet.documents.render.merge import Merge
from carnet.documents.render.numbering import SIGNS, Numbering, anchor
from carnet.documents.render.parse import dialect_of, parse
from carnet.documents.render.regions import Region, regions
from carnet.documents.render.text import line_html, lines_of
from carnet.model.difference import Mark
from carnet.model.document import Media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.model.difference import Comparison, Hunk, Line

_MOST_SOURCE_LINES = 200


def whole_html(comparison: Comparison, old_text: bytes, new_text: bytes, media: Media | None = Media.MARKDOWN) -> str:
    """The new document in full, what was added and removed marked in place, each change with an anchor."""
    prose = is_prose(media, old_text) and is_prose(media, new_text)
    parts = _prose(comparison, old_text, new_text) if prose else _lines(comparison, new_text)
    return f'<div class="cn-doc">\n{"".join(parts)}</div>\n'


def _prose(comparison: Comparison, old_text: bytes, new_text: bytes) -> Iterator[str]:
    old, new = lines_of(old_text), lines_of(new_text)
    text = "\n".join(new)
    dialect = "mdx" if "mdx" in {dialect_of(text), dialect_of("\n".join(old))} else "commonmark"
    tree = parse(text, dialect)
    numbering = Numbering(comparison)
    merge = Merge(numbering, tree.references, tree.references)
    for region in regions(tree.blocks, numbering.extents):
        if not region.hunks:
            yield from (draw(block, merge.plain) for block in region.blocks)
            continue
        before = parse("\n".join(old[region.old.start : region.old.stop]), dialect, region.old.start, tree.references)
        yield merge.blocks(before.blocks, region.blocks)
        yield from _unseen(region, numbering)


def _unseen(region: Region, numbering: Numbering) -> Iterator[str]:
    """Changes a rendered document cannot show (blank lines, reference definitions): their source, never nothing."""
    for number in numbering.unshown(region.hunks):
        hunk = numbering.hunks[number]
        lines = "".join(map(_source_line, hunk.lines[:_MOST_SOURCE_LINES]))
        yield (
            f'<details class="cn-source cn-layout"><summary>{numbering.lead([number], "layout")}'
            f"{_told(hunk)}</summary><pre><code>{lines}</code></pre></details>\n"
        )


def _told(hunk: Hunk) -> str:
    if all(not line.text.strip() for line in hunk.lines):
        return f"blank lines changed ({len(hunk.lines)})"
    return f"{len(hunk.lines)} lines of source changed, nothing of it is shown on the page"


def _source_line(line: Line) -> str:
    sign = SIGNS["added"] if line.old is None else SIGNS["removed"]
    end = " (no line end at the end of the text)" if line.unended else ""
    return f"{sign} {escape(line.text)}{end}\n"


def _lines(comparison: Comparison, new_text: bytes) -> Iterator[str]:
    """Plain text: lines as they stand."""
    new = lines_of(new_text)
    yield '<pre class="cn-plain">'
    at = 0
    total = len(comparison.hunks)
    for number, hunk in enumerate(comparison.hunks):
        yield "".join(f"{escape(line)}\n" for line in new[at : hunk.new_start])
        yield anchor(number, total, "layout" if hunk.cosmetic else _what(hunk))
        yield from map(_plain_line, hunk.lines)
        at = hunk.new_start + sum(line.new is not None for line in hunk.lines)
    yield "".join(f"{escape(line)}\n" for line in new[at:])
    yield "</pre>\n"


def _what(hunk: Hunk) -> str:
    came, went = (any(line.mark in marks for line in hunk.lines) for marks in (_CAME, _WENT))
    return "changed" if came and went else "added" if came else "removed"


_CAME = {Mark.ADDED, Mark.MOVED_TO}
_WENT = {Mark.REMOVED, Mark.MOVED_FROM}


def _plain_line(line: Line) -> str:
    tag, name = ("ins", "added") if line.old is None else ("del", "removed")
    if line.spans:
        return f'<span class="cn-{name}">{line_html(line)}</span>\n'
    return f'<{tag} class="cn-{name}">{escape(line.text)}</{tag}>\n'
