"""One captured version as a page."""

from __future__ import annotations

from carnet.documents.render.blocks import Pen, Slugs, draw
from carnet.documents.render.escape import escape
from carnet.documents.render.parse import parse
from carnet.documents.render.text import lines_of
from carnet.model.document import Media

LARGEST_PROSE = 4_000_000
"""Texts above this (the largest vendor page seen is 3.7 MB) are shown as plain lines."""
_MOST_BRACKETS = 60_000
_MOST_SIGNS = 500_000
"""A hundred times what the largest vendor page has: only texts made to keep a parser busy have more."""


def is_prose(media: Media | None, text: bytes) -> bool:
    """True when the canonical text is Markdown that is worth laying out."""
    if media not in {None, Media.MARKDOWN, Media.HTML} or len(text) > LARGEST_PROSE:
        return False
    return (
        text.count(b"[") <= _MOST_BRACKETS
        and sum(map(text.count, (b"*", b"_", b"`", b"<", b"!", b"\\"))) <= _MOST_SIGNS
    )


def document_html(text: bytes, media: Media | None = Media.MARKDOWN) -> str:
    """A captured version, laid out; nothing of it becomes markup of its own, a script or a request."""
    lines = lines_of(text)
    if not is_prose(media, text):
        body = "\n".join(map(escape, lines))
        return f'<div class="cn-doc">\n<pre class="cn-plain">{body}</pre>\n</div>\n'
    tree = parse("\n".join(lines))
    pen = Pen(tree.references, Slugs())
    return f'<div class="cn-doc">\n{"".join(draw(block, pen) for block in tree.blocks)}</div>\n'
