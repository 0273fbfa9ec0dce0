"""From an answer to the canonical text, and which derivation made it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from carnet.documents.capture.extract.order import Order
from carnet.documents.capture.media import media_of
from carnet.errors import FetchError
from carnet.model.document import Media

if TYPE_CHECKING:
    from carnet.documents.capture.apart import Extractor
    from carnet.model.document import Document

PAGE = "html-1"
"""Our own reading of web pages; its number changes with every change of what it makes of the same bytes."""
FILE = "pdf-1"


@dataclass(frozen=True, slots=True)
class Derived:
    """Canonical text of an answer."""

    text: bytes
    raw: bytes | None
    """The bytes as they came, where the text is not they."""
    normaliser: str


async def derive(document: Document, content_type: str, body: bytes, extractor: Extractor) -> Derived:
    """Canonical text of a body. Raises FetchError when it is not the document, or holds no text.

    Markdown and plain text are the bytes as they came, whatever they are; pages and PDFs are read in a process apart.
    """
    media = media_of(document, content_type, body)
    if media in {Media.MARKDOWN, Media.TEXT}:
        if not body:
            raise FetchError("the answer is empty", "no-text")
        return Derived(body, None, "")
    text = await extractor.extract(_order(document, media, content_type, body))
    return Derived(text, body, normaliser(document, media))


def normaliser(document: Document, media: Media) -> str:
    """Id of the derivation of a document's text: our version, the libraries', and the parts of the page chosen.

    Whatever may change the text of the same bytes is in it: an update, or another selector, is then known for what it
    is and never taken for a change of the vendor's.
    """
    if media is Media.PDF:
        return f"{FILE}+pypdf-{_version('pypdf')}"
    if media is not Media.HTML:
        return ""
    finder = "" if document.selector else f"+trafilatura-{_version('trafilatura')}"
    return f"{PAGE}{finder}{_choice(document)}"


def _choice(document: Document) -> str:
    if not document.selector and not document.filters:
        return ""
    chosen = json.dumps([document.selector, *document.filters])
    return f"~{hashlib.sha256(chosen.encode()).hexdigest()[:8]}"


def _order(document: Document, media: Media, content_type: str, body: bytes) -> Order:
    return Order(media.value, body, document.url, _charset(content_type), document.selector, document.filters)


def _charset(content_type: str) -> str:
    header = Message()
    header["content-type"] = content_type
    try:
        return header.get_content_charset("")
    except (LookupError, UnicodeError, ValueError):
        return ""


@lru_cache
def _version(name: str) -> str:
    return version(name)
