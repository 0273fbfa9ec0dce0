"""Canonical text of an imported file, derived as a live capture derives it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from carnet.model.document import Media

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

    from carnet.documents.capture.apart import Extractor
    from carnet.model.document import Document

NORMALISERS = {Media.HTML: "html-1", Media.PDF: "pdf-1"}


class Derivation:
    """Turns files into canonical text; pages and PDFs in a process of their own, started when the first one comes."""

    def __init__(self) -> None:
        self._running: tuple[asyncio.Runner, Extractor] | None = None

    def derive(self, document: Document, data: bytes | None) -> tuple[bytes | None, bytes | None, str]:
        """(canonical text, raw bytes where they differ, normaliser). Raises FetchError where no text can be had."""
        if data is None or document.media not in NORMALISERS:
            return data, None, ""
        from carnet.documents.capture.extract.order import Order  # noqa: PLC0415 - most histories are Markdown

        runner, extractor = self._started()
        url = document.url if document.url.startswith(("https:", "http:")) else ""
        order = Order(document.media.value, data, url, "", document.selector, document.filters)
        return runner.run(extractor.extract(order)), data, NORMALISERS[document.media]

    def close(self) -> None:
        """End the process."""
        if self._running:
            runner, extractor = self._running
            runner.run(extractor.close())
            runner.close()

    def _started(self) -> tuple[asyncio.Runner, Extractor]:
        import asyncio  # noqa: PLC0415

        from carnet.documents.capture.apart import Extractor  # noqa: PLC0415

        if self._running is None:
            self._running = asyncio.Runner(), Extractor()
        return self._running


@contextmanager
def deriving() -> Iterator[Derivation]:
    """A derivation whose process ends with the block."""
    derivation = Derivation()
    try:
        yield derivation
    finally:
        derivation.close()
