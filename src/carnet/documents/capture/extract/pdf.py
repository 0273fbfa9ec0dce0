"""The text of a PDF."""

from __future__ import annotations

import io
import logging

from carnet.errors import FetchError

MOST_PAGES = 2_000


def pdf_text(body: bytes) -> str:
    """The text of all pages. Raises FetchError for a damaged or protected file, or one without text."""
    from pypdf import PdfReader  # noqa: PLC0415 - most documents are no PDF
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise FetchError("the PDF is protected by a password", "pdf")
        if len(reader.pages) > MOST_PAGES:
            raise FetchError(f"the PDF has more than {MOST_PAGES:,} pages", "too-large")
        pages = [page.extract_text() for page in reader.pages]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, NotImplementedError) as error:
        raise FetchError(f"the PDF cannot be read: {str(error)[:200] or type(error).__name__}", "pdf") from error
    text = "\n\n".join(filter(None, (_tidy(page) for page in pages)))
    if not text:
        raise FetchError("the PDF holds no text (pages of images?)", "no-text")
    return f"{text}\n"


def _tidy(page: str) -> str:
    characters = page.replace("\x00", "").encode("utf-8", "replace").decode()
    return "\n".join(line.rstrip() for line in characters.splitlines()).strip("\n")
