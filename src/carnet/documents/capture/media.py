"""Which kind of text an answer is, and whether that is the kind the document is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from yarl import URL

from carnet.errors import FetchError
from carnet.model.document import Media

if TYPE_CHECKING:
    from carnet.model.document import Document

TYPES = {
    "text/markdown": Media.MARKDOWN,
    "text/x-markdown": Media.MARKDOWN,
    "application/markdown": Media.MARKDOWN,
    "text/html": Media.HTML,
    "application/xhtml+xml": Media.HTML,
    "text/plain": Media.TEXT,
    "application/pdf": Media.PDF,
    "application/x-pdf": Media.PDF,
}
SUFFIXES = {
    ".md": Media.MARKDOWN,
    ".mdx": Media.MARKDOWN,
    ".markdown": Media.MARKDOWN,
    ".txt": Media.TEXT,
    ".pdf": Media.PDF,
    ".html": Media.HTML,
    ".htm": Media.HTML,
}
ACCEPT = {
    Media.MARKDOWN: "text/markdown, text/plain;q=0.9, */*;q=0.1",
    Media.TEXT: "text/plain, text/markdown;q=0.9, */*;q=0.1",
    Media.HTML: "text/html, application/xhtml+xml, */*;q=0.1",
    Media.PDF: "application/pdf, */*;q=0.1",
    None: "text/html, application/xhtml+xml, text/markdown;q=0.9, text/plain;q=0.8, application/pdf;q=0.8, */*;q=0.1",
}

_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL
)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def expected(document: Document) -> Media | None:
    """The kind of text a document is: as its owner said, else as the end of its address says."""
    path = URL(document.url).path.lower()
    guessed = next((media for suffix, media in SUFFIXES.items() if path.endswith(suffix)), None)
    # A page called data.html may be anything today; one called data.md is not a web page.
    return document.media or (None if guessed is Media.HTML else guessed)


def media_of(document: Document, content_type: str, body: bytes) -> Media:
    """The kind of text of an answer. Raises FetchError when it is no text, or not the document's kind."""
    wanted, declared = expected(document), content_type.partition(";")[0].strip().lower()
    found = TYPES.get(declared) if declared else _sniffed(body, wanted)
    if found is Media.TEXT and wanted is Media.MARKDOWN:
        found = Media.MARKDOWN
    if found is Media.MARKDOWN and document.media is Media.TEXT:
        found = Media.TEXT
    if found is None:
        raise FetchError(f"the answer is {_named(declared)}, which is no document Carnet can read", "content-type")
    found = _as_it_looks(found, body)
    if wanted is not None and found is not wanted:
        raise FetchError(f"the answer is {_article(found)}, not {_article(wanted)} as the document is", "content-type")
    return found


def _as_it_looks(declared: Media, body: bytes) -> Media:
    """A web page or PDF sent under another name is what it is."""
    if declared in {Media.MARKDOWN, Media.TEXT}:
        return Media.HTML if looks_like_page(body) else Media.PDF if body.startswith(b"%PDF-") else declared
    if declared is Media.PDF and not body[:1024].lstrip().startswith(b"%PDF-"):
        if looks_like_page(body):
            return Media.HTML
        raise FetchError("the answer is called a PDF and is none", "content-type")
    return declared


def looks_like_page(body: bytes) -> bool:
    """Whether bytes begin as an HTML page does."""
    return _PAGE.match(body[:4096].removeprefix(_BYTE_ORDER_MARK)) is not None


def _sniffed(body: bytes, wanted: Media | None) -> Media | None:
    """The kind of an answer without a Content-Type."""
    if body.startswith(b"%PDF-"):
        return Media.PDF
    if looks_like_page(body):
        return Media.HTML
    return wanted if wanted in {Media.MARKDOWN, Media.TEXT} else None


def _named(declared: str) -> str:
    return f"of type {declared[:80]}" if declared else "of no declared type"


def _article(media: Media) -> str:
    return {
        Media.HTML: "a web page",
        Media.MARKDOWN: "Markdown",
        Media.TEXT: "plain text",
        Media.PDF: "a PDF",
    }[media]
