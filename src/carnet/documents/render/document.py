"""One captured version as a page."""

from __future__ import annotations

from carnet.documents.render.blocks import Pen, Slugs, draw
from carnet.documents.render.escape import escape
from carnet.documents.render.parse import parse
from carnet.documents.render.text import lines_of
from carnet.model.document import Media

LARGEST_PROSE = 4_000_000
"""Texts above this (the largest vendor page seen is 3.7 MB) are shown as plain lines."""


def is_prose(media: Media | None, size: int) -> bool:
    """True when the canonical text is Markdown that is worth laying out."""
    return media in {None, Media.MARKDOWN, Media.HTML} and size <= LARGEST_PROSE


def document_html(text: bytes, media: Media | None = Media.MARKDOWN) -> str:
    """A captured version, laid out; nothing of it becomes markup of its own, a script or a request."""
    lines = lines_of(text)
    if not is_prose(media, len(text)):
        body = "\n".join(map(escape, lines))
        return f'<div class="cn-doc">\n<pre class="cn-plain">{body}</pre>\n</div>\n'
    tree = parse("\n".join(lines))
    pen = Pen(tree.references, Slugs())
    return f'<div class="cn-doc">\n{"".join(draw(block, pen) for block in tree.blocks)}</div>\n'
